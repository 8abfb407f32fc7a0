#include "choose/recommend.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "forecast/kin.h"
#include "forecast/load.h"
#include "machine/contention.h"
#include "rehearse/extend.h"
#include "rehearse/layer_plan.h"

namespace tokcast {
namespace {

using Clock = std::chrono::steady_clock;

Seconds since(Clock::time_point start) {
  return Seconds(std::chrono::duration<double>(Clock::now() - start).count());
}

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
    Recommendation out;
    for (const Entry& entry : entries_) {
      out.rehearsed += entry.timings ? 1 : 0;
      out.not_reached += is_open(entry) ? 1 : 0;
      // Shapes are copied, not moved: each may be the kin of the next.
      out.ranked.push_back({entry.shape, forecast_of(entry), entry.problem});
    }
    rank(out.ranked);
    for (const Candidate& one : out.ranked) note_skipped(one, out.skipped);
    return out;
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
  Forecast forecast_of(const Entry& entry) const {
    std::optional<Timings> timings = entry.timings;
    if (!timings && entry.cheaper && entry.cheaper->evidence == Evidence::kCalibrated)
      timings = entry.cheaper;
    if (!timings && !options_.only) timings = from_kin(entry);
    if (!timings) timings = entry.cheaper;
    if (entry.busy && (!timings || is_busy(*timings) || entry.tried)) timings = entry.busy;
    // What was stored in quieter times says nothing of now.
    if (timings && busy_now_) {
      timings->taken_by_others = busy_now_->taken_by_others;
      timings->undisturbed_threads = busy_now_->undisturbed_threads;
    }
    if (timings) {
      const bool on_processor = entry.workload.gpu_layers <= entry.shape.layers.size();
      add_load(*timings, entry.shape, options_.disk_read_rate, on_processor);
      if (options_.learned) timings = options_.learned(std::move(*timings));
    }
    return forecast(entry.shape, timings, entry.workload, options_.memory);
  }

  // Would a rehearsal say more? Not where it is known, cannot be, does not fit, or breaks the budget as far
  // as is known. A calibrated one that keeps it is only confirmed if it leads.
  bool is_open(const Entry& entry) const {
    if (!may_rehearse() || entry.timings || entry.problem || entry.tried || !entry.shape.not_modelled.empty())
      return false;
    const Forecast now = forecast_of(entry);
    const bool calibrated = now.turn && now.turn->evidence == Evidence::kCalibrated;
    if (calibrated && now.verdict == Verdict::kKeeps) return &entry == leader();
    return now.verdict != Verdict::kDoesNotFit && now.verdict != Verdict::kBreaks;
  }

  // Why a candidate was not rehearsed, if it was not.
  void note_skipped(const Candidate& one, std::vector<Skipped>& out) const {
    const auto& entry = *std::ranges::find(entries_, one.shape.id, [](const Entry& e) { return e.shape.id; });
    if (!may_rehearse() || entry.timings || entry.tried) return;
    const auto why = [&]() -> std::string {
      if (entry.problem) return *entry.problem;
      if (!entry.shape.not_modelled.empty()) return entry.shape.not_modelled.front();
      if (is_open(entry)) return busy_now_ ? "others had the processors" : "not reached within the effort";
      const std::string_view from = one.forecast.turn ? evidence_name(one.forecast.turn->evidence) : "";
      if (one.forecast.verdict == Verdict::kDoesNotFit) return "does not fit";
      if (one.forecast.verdict == Verdict::kBreaks)
        return fmt::format("breaks the budget, as {} tells", from);
      return fmt::format("settled as {}: it keeps the budget and does not lead", from);
    };
    out.push_back({one.shape.id, why()});
  }

  const Entry* leader() const {
    const auto key = [this](const Entry& entry) { return rank_key(entry.shape, forecast_of(entry)); };
    return &*std::ranges::min_element(entries_, {}, key);
  }

  // Of the open ones: by rank where all are calibrated, else the cheapest; nullptr if there is none.
  Entry* next() {
    Entry* best = nullptr;
    const bool by_rank = options_.ladder.calibrated.has_value();
    for (Entry& entry : entries_) {
      if (!is_open(entry)) continue;
      if (best == nullptr) best = &entry;
      if (by_rank && rank_key(entry.shape, forecast_of(entry)) < rank_key(best->shape, forecast_of(*best))) {
        best = &entry;
      }
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

  // Good verdicts first; among those that may answer in time the larger model, among the others the quicker
  // one.
  static std::pair<int, double> rank_key(const Shape& shape, const Forecast& forecast) {
    constexpr int kOrder[] = {0, 1, 3, 4, 2};  // of Verdict's values: unknown stands before what breaks
    const int verdict = kOrder[static_cast<int>(forecast.verdict)];
    const double size = -static_cast<double>(shape.parameters());
    const double seconds = forecast.turn ? forecast.turn->turn.expected.value : -size;
    return std::pair(verdict, verdict <= 1 ? size : seconds);
  }

  static void rank(std::vector<Candidate>& candidates) {
    std::ranges::stable_sort(candidates, {},
                             [](const Candidate& one) { return rank_key(one.shape, one.forecast); });
  }

  const Engine& engine_;
  const Machine& machine_;
  const RehearsalStore& store_;
  const RecommendOptions& options_;
  std::vector<Entry> entries_;
  std::optional<Timings> busy_now_{};  // of a rehearsal just now during which others took too much
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
