#include "choose/recommend.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/elapsed.h"
#include "forecast/kin.h"
#include "forecast/load.h"
#include "machine/contention.h"
#include "rehearse/extend.h"
#include "rehearse/layer_plan.h"

namespace tokcast {
namespace {

using Clock = std::chrono::steady_clock;

// A candidate while its evidence is still being gathered.
struct Entry {
  Shape shape;
  KinFacts facts{};
  Workload workload{};
  std::optional<Timings> timings{};  // of a rehearsal of its own
  std::optional<Timings> cheaper{};  // of the ladder's best rung
  std::optional<Timings> busy{};     // of a rehearsal made while others had the processors
  bool tried = false;                // rehearsed just now
  std::optional<std::string> problem{};
  Merit merit{};
  // Kept until what it rests on changes: with many candidates, asking anew each time would take minutes.
  mutable std::optional<Forecast> now{};
};

class Recommender {
 public:
  Recommender(std::vector<Shape> shapes, const Engine& engine, const Machine& machine,
              const RehearsalStore& store, const RecommendOptions& options)
      : engine_(engine), machine_(machine), store_(store), options_(options) {
    for (Shape& shape : shapes) {
      KinFacts facts = kin_facts(shape);
      const Workload workload = placed(options_.workload, shape, options_.on_gpu, options_.memory);
      entries_.push_back({.shape = std::move(shape), .facts = std::move(facts), .workload = workload});
      if (options_.merit) entries_.back().merit = options_.merit(entries_.back().shape);
    }
    // What a rehearsal costs grows with what it writes and what it reads.
    std::ranges::sort(entries_, {}, [](const Entry& entry) {
      return entry.facts.decode_bytes + static_cast<double>(rehearsal_byte_budget(entry.shape).value);
    });
  }

  Result<Recommendation> run() {
    for (Entry& entry : entries_) {
      const bool ladder_asked = options_.only != Evidence::kRehearsed;
      auto timings = timings_from(options_.ladder, entry.shape, ladder_asked ? options_.only : std::nullopt,
                                  entry.workload);
      if (timings) entry.cheaper = std::move(*timings);
      take_stored(entry);
      // It completed the rehearsal, but is no answer itself.
      if (!ladder_asked) entry.cheaper.reset();
    }
    if (auto ok = rehearse_within_effort(); !ok) return std::unexpected(ok.error());
    return answer();
  }

 private:
  bool may_rehearse() const {
    return !options_.on_gpu && options_.only.value_or(Evidence::kRehearsed) == Evidence::kRehearsed;
  }

  void take_stored(Entry& entry) {
    if (options_.on_gpu) return;
    if (options_.measured && options_.only.value_or(Evidence::kMeasured) == Evidence::kMeasured) {
      entry.timings = options_.measured(entry.shape);
    }
    if (entry.timings || !may_rehearse()) return;
    const auto rehearsal = store_.find(entry.shape, engine_, machine_, options_.threads);
    if (!rehearsal) return;
    auto timings = extend(entry.shape, *rehearsal);
    if (!timings) return;
    if (is_busy(*timings)) {
      entry.busy = std::move(*timings);
    } else {
      take(entry, std::move(*timings));
    }
  }

  static void take(Entry& entry, Timings rehearsed) {
    if (entry.cheaper) complete_from(*entry.cheaper, rehearsed);
    entry.timings = std::move(rehearsed);
  }

  // The best that is known of it now.
  std::optional<Timings> timings_of(const Entry& entry) const {
    std::optional<Timings> timings = entry.timings;
    if (!timings && entry.cheaper && entry.cheaper->evidence == Evidence::kCalibrated)
      timings = entry.cheaper;
    if (!timings && !options_.only) timings = from_kin(entry);
    if (!timings) timings = entry.cheaper;
    if (entry.busy && (!timings || is_busy(*timings) || entry.tried)) timings = entry.busy;
    if (!timings) return std::nullopt;
    // What was stored in quieter times says nothing of now.
    if (busy_now_) {
      timings->taken_by_others = busy_now_->taken_by_others;
      timings->undisturbed_threads = busy_now_->undisturbed_threads;
    }
    const bool on_processor = entry.workload.gpu_layers <= entry.shape.layers.size();
    add_load(*timings, entry.shape, options_.disk_read_rate, on_processor);
    return options_.learned ? options_.learned(std::move(*timings)) : timings;
  }

  const Forecast& forecast_of(const Entry& entry) const {
    if (!entry.now) {
      entry.now = forecast(entry.shape, timings_of(entry), entry.workload, options_.memory);
    }
    return *entry.now;
  }

  // A new rehearsal may be the nearest kin of any.
  void forget_forecasts() {
    for (Entry& entry : entries_) entry.now.reset();
    leader_ = nullptr;
  }

  RankKey key_of(const Entry& entry) const { return {entry.shape, forecast_of(entry), entry.merit}; }

  // Would a rehearsal say more? Not where it is known, cannot be, does not fit, or breaks the budget as far
  // as is known. Of calibrated ones, only those that lead, or would if they turned out to keep it; and those
  // whose budget lies above what is expected: a rehearsal seldom moves that.
  bool is_open(const Entry& entry) const {
    if (!may_rehearse() || entry.timings || entry.problem || entry.tried || !entry.shape.not_modelled.empty())
      return false;
    const Forecast& now = forecast_of(entry);
    if (now.verdict == Verdict::kDoesNotFit || now.verdict == Verdict::kBreaks) return false;
    if (!now.turn || now.turn->evidence != Evidence::kCalibrated) return true;
    const Entry& best = *leader();
    if (now.verdict == Verdict::kKeeps) return &entry == &best;
    return expected_within(now) && key_of(entry).preferred_to(key_of(best));
  }

  static bool expected_within(const Forecast& now) {
    const auto within = [](const Interval<Seconds>& is, const std::optional<Seconds>& budget) {
      return !budget || is.expected <= *budget;
    };
    return within(now.turn->turn, now.workload.turn_budget) &&
           within(now.turn->first_token, now.workload.first_token_budget);
  }

  Recommendation answer() {
    Recommendation out;
    std::vector<Entry*> order;
    for (Entry& entry : entries_) {
      if (entry.timings) ++(entry.timings->evidence == Evidence::kMeasured ? out.measured : out.rehearsed);
      out.not_reached += is_open(entry) ? 1 : 0;
      order.push_back(&entry);
    }
    std::ranges::stable_sort(order, {}, [this](const Entry* one) { return key_of(*one); });
    for (const Entry* entry : order) note_skipped(*entry, out.skipped);
    // From here on nothing is asked: the shapes, which are large, move.
    for (Entry* entry : order) {
      auto timings = timings_of(*entry);
      Forecast now = forecast_of(*entry);
      out.ranked.push_back({std::move(entry->shape), std::move(now), std::move(entry->problem),
                            std::move(entry->merit), std::move(timings)});
    }
    return out;
  }

  // Why a candidate was not rehearsed, if it was not.
  void note_skipped(const Entry& entry, std::vector<Skipped>& out) const {
    if (may_rehearse() && !entry.timings && !entry.tried)
      out.push_back({entry.shape.id, why_skipped(entry), entry.shape.quantization});
  }

  std::string why_skipped(const Entry& entry) const {
    if (entry.problem) return *entry.problem;
    if (!entry.shape.not_modelled.empty()) return entry.shape.not_modelled.front();
    if (is_open(entry)) return busy_now_ ? "others had the processors" : "not reached within the effort";
    const Forecast& now = forecast_of(entry);
    if (now.verdict == Verdict::kDoesNotFit) return now.reasons.front();
    const std::string_view from = now.turn ? evidence_name(now.turn->evidence) : "";
    if (now.verdict == Verdict::kBreaks) return fmt::format("breaks the budget, as {} tells", from);
    if (now.verdict == Verdict::kKeeps)
      return fmt::format("settled as {}: it keeps the budget and does not lead", from);
    return fmt::format("settled as {}: {}", from,
                       expected_within(now) ? "it would not lead if it kept the budget"
                                            : "more than the budget is expected");
  }

  const Entry* leader() const {
    if (leader_ == nullptr)
      leader_ = &*std::ranges::min_element(entries_, {}, [this](const Entry& one) { return key_of(one); });
    return leader_;
  }

  // Of the open ones: by rank where all are calibrated, else the cheapest; nullptr if there is none.
  Entry* next() {
    Entry* best = nullptr;
    const bool by_rank = options_.ladder.calibrated.has_value() && !options_.only;
    for (Entry& entry : entries_) {
      if (!is_open(entry)) continue;
      if (best == nullptr || (by_rank && key_of(entry).preferred_to(key_of(*best)))) best = &entry;
    }
    return best;
  }

  Result<void> rehearse_within_effort() {
    const auto start = Clock::now();
    std::size_t number = 0;
    Seconds last_cost{};
    while (Entry* entry = next()) {
      const Seconds left = options_.effort - since(start);
      // The next one hardly costs less than the last one did.
      if (left <= last_cost * 0.8 || left <= Seconds(0)) break;
      const auto open = static_cast<std::size_t>(
          std::ranges::count_if(entries_, [this](const Entry& other) { return is_open(other); }));
      if (options_.progress) options_.progress(number + 1, number + open, entry->shape.id);
      ++number;
      auto rehearsal = rehearsal_of(
          entry->shape, engine_, machine_, store_,
          {.threads = options_.threads, .allowance = std::min(options_.allowance_each, left)}, false);
      if (!rehearsal && rehearsal.error().kind == ErrorKind::kInterrupted)
        return std::unexpected(rehearsal.error());
      forget_forecasts();
      if (!rehearsal) {
        entry->problem = describe(rehearsal.error());
        continue;
      }
      last_cost = rehearsal->wall;
      entry->tried = true;
      auto timings = extend(entry->shape, *rehearsal);
      if (timings && is_busy(*timings)) {
        busy_now_ = *timings;
        entry->busy = std::move(*timings);
        break;  // the next one would fare no better
      }
      if (timings) {
        take(*entry, std::move(*timings));
      } else {
        entry->problem = describe(timings.error());
      }
    }
    return {};
  }

  std::optional<Timings> from_kin(const Entry& entry) const {
    const Entry* nearest = nullptr;
    for (const Entry& other : entries_) {
      if (!other.timings) continue;
      if (!nearest || kin_distance(other.facts, entry.facts) < kin_distance(nearest->facts, entry.facts)) {
        nearest = &other;
      }
    }
    if (!nearest || !entry.shape.not_modelled.empty()) return std::nullopt;
    return scale_from_kin(*nearest->timings, nearest->facts, entry.facts);
  }

  const Engine& engine_;
  const Machine& machine_;
  const RehearsalStore& store_;
  const RecommendOptions& options_;
  std::vector<Entry> entries_;
  std::optional<Timings> busy_now_{};      // of a rehearsal just now during which others took too much
  mutable const Entry* leader_ = nullptr;  // as long as no forecast changes
};

}  // namespace

Result<Recommendation> recommend(std::vector<Shape> shapes, const Engine& engine, const Machine& machine,
                                 const RehearsalStore& store, const RecommendOptions& options) {
  if (shapes.empty()) return fail(ErrorKind::kNotFound, "no models to choose from");
  return Recommender(std::move(shapes), engine, machine, store, options).run();
}

Result<Rehearsal> rehearsal_of(const Shape& shape, const Engine& engine, const Machine& machine,
                               const RehearsalStore& store, const RehearsalOptions& options, bool fresh) {
  std::optional<Rehearsal> stored;
  if (!fresh) stored = store.find(shape, engine, machine, options.threads);
  if (stored && !stored->busy()) return std::move(*stored);
  auto rehearsal = rehearse(shape, engine, machine, options);
  if (!rehearsal) return rehearsal;
  const auto taken = [](const Rehearsal& one) { return taken_share(one.contention, one.threads); };
  if (stored && taken(*stored) <= taken(*rehearsal)) return std::move(*stored);
  // A cache that cannot be written costs time later, not truth now.
  [[maybe_unused]] const Result<void> saved = store.save(*rehearsal);
  return rehearsal;
}

}  // namespace tokcast
