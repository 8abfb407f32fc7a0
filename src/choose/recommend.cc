#include "choose/recommend.h"

#include <algorithm>
#include <chrono>

#include "forecast/kin.h"
#include "forecast/load.h"
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
  std::optional<Timings> timings{};  // of a rehearsal of its own
  std::optional<Timings> cheaper{};  // of the ladder's best rung
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
      entries_.push_back({.shape = std::move(shape), .facts = std::move(facts)});
      if (options_.merit) entries_.back().merit = options_.merit(entries_.back().shape);
    }
    // What a rehearsal costs grows with what it writes and what it reads.
    std::ranges::sort(entries_, {}, [](const Entry& entry) {
      return entry.facts.decode_bytes + static_cast<double>(rehearsal_byte_budget(entry.shape).value);
    });
  }

  Result<Recommendation> run() {
    for (Entry& entry : entries_) {
      take_stored(entry);
      if (auto timings = timings_from(options_.ladder, entry.shape)) entry.cheaper = std::move(*timings);
    }
    if (auto ok = rehearse_within_effort(); !ok) return std::unexpected(ok.error());
    Recommendation out;
    for (const Entry& entry : entries_) {
      out.rehearsed += entry.timings ? 1 : 0;
      out.not_reached += is_open(entry) ? 1 : 0;
    }
    // From here on nothing is asked: the shapes, which are large, move.
    for (Entry& entry : entries_) {
      const Forecast answer = forecast_of(entry);
      auto timings = timings_of(entry);
      out.ranked.push_back({std::move(entry.shape), answer, entry.problem, entry.merit, std::move(timings)});
    }
    std::ranges::stable_sort(
        out.ranked, {}, [](const Candidate& one) { return RankKey(one.shape, one.forecast, one.merit); });
    return out;
  }

 private:
  void take_stored(Entry& entry) {
    if (options_.on_gpu) return;
    const auto rehearsal = store_.find(entry.shape, engine_, machine_, options_.threads);
    if (!rehearsal) return;
    if (auto timings = extend(entry.shape, *rehearsal)) entry.timings = std::move(*timings);
  }

  // The best that is known of it now.
  std::optional<Timings> timings_of(const Entry& entry) const {
    std::optional<Timings> timings = entry.timings;
    if (!timings && entry.cheaper && entry.cheaper->evidence == Evidence::kCalibrated)
      timings = entry.cheaper;
    if (!timings) timings = from_kin(entry);
    if (!timings) timings = entry.cheaper;
    if (timings) add_cold_load(*timings, entry.shape, options_.disk_read_rate);
    return timings;
  }

  const Forecast& forecast_of(const Entry& entry) const {
    if (!entry.now) {
      entry.now = forecast(entry.shape, timings_of(entry),
                           placed(options_.workload, entry.shape, options_.on_gpu), options_.memory);
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
    if (options_.on_gpu || entry.timings || entry.problem || !entry.shape.not_modelled.empty()) return false;
    const Forecast& now = forecast_of(entry);
    if (now.verdict == Verdict::kDoesNotFit || now.verdict == Verdict::kBreaks) return false;
    if (!now.turn || now.turn->evidence != Evidence::kCalibrated) return true;
    const Entry& best = *leader();
    if (now.verdict == Verdict::kKeeps) return &entry == &best;
    const bool may_turn_out_well = expected_within(now);
    return may_turn_out_well && key_of(entry).preferred_to(key_of(best));
  }

  static bool expected_within(const Forecast& now) {
    const auto within = [](const Interval<Seconds>& is, const std::optional<Seconds>& budget) {
      return !budget || is.expected <= *budget;
    };
    return within(now.turn->turn, now.workload.turn_budget) &&
           within(now.turn->first_token, now.workload.first_token_budget);
  }

  const Entry* leader() const {
    if (leader_ == nullptr)
      leader_ = &*std::ranges::min_element(entries_, {}, [this](const Entry& one) { return key_of(one); });
    return leader_;
  }

  // Of the open ones: by rank where all are calibrated, else the cheapest; nullptr if there is none.
  Entry* next() {
    Entry* best = nullptr;
    const bool by_rank = options_.ladder.calibrated.has_value();
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
      auto timings = extend(entry->shape, *rehearsal);
      if (timings) {
        entry->timings = std::move(*timings);
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
  if (!fresh) {
    if (auto stored = store.find(shape, engine, machine, options.threads)) return std::move(*stored);
  }
  auto rehearsal = rehearse(shape, engine, machine, options);
  if (!rehearsal) return rehearsal;
  // A cache that cannot be written costs time later, not truth now.
  [[maybe_unused]] const Result<void> saved = store.save(*rehearsal);
  return rehearsal;
}

}  // namespace tokcast
