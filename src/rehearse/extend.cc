#include "rehearse/extend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "forecast/cost_model.h"
#include "rehearse/batch_growth.h"
#include "rehearse/extrapolate.h"
#include "rehearse/layer_kinds.h"
#include "rehearse/prior_costs.h"
#include "rehearse/samples.h"
#include "rehearse/skeleton.h"
#include "rehearse/statistics.h"

namespace tokcast {
namespace {

// What skeletons cannot show (cache residency, layer order, memory placement), as a share of the duration:
// the residuals of docs/ACCURACY.md once sampling is taken out.
constexpr double kFloor = 0.05;
// One round cannot show drift; this stands in for it.
constexpr double kUnknownDrift = 0.06;

// A large server's last-level cache holds more of a small skeleton than of the whole, so it looks quicker:
// by 22 to 47 % at 110 MB, 5 to 18 % at 160, 0 to 6 % at 260, 0 at 350 (Q4_K_M and Q8_0, a guest that shares
// 480 MiB with others). How much is the machine's secret, so the small skeleton counts for less.
constexpr double kUncachedBytes = 350e6;
constexpr double kCachedDeviation = 0.4;

class Extension {
 public:
  Extension(const Shape& shape, const Rehearsal& rehearsal)
      : shape_(shape), rehearsal_(rehearsal), kinds_(layer_kinds(shape)), samples_(rehearsal) {}

  Result<Timings> run() const {
    Timings out{.evidence = Evidence::kRehearsed,
                .source = fmt::format("rehearsed on {} and {} of {} layers", rehearsal_.plan.small_count,
                                      rehearsal_.plan.large.size(), shape_.layers.size()),
                .threads = rehearsal_.threads,
                .compute_bytes = rehearsal_.compute_bytes};
    for (const BenchTest& test : samples_.tests_in_rounds()) {
      if (samples_.of(test, false).empty())
        return fail(ErrorKind::kBadInput, "a rehearsal without its small skeleton");
      if (test.generate > 0) out.decode.push_back(per_token(test, whole(test)));
      if (test.prompt > 0) out.prefill.push_back({test.prompt, 0, whole(test)});
    }
    if (out.prefill.empty() || out.decode.empty())
      return fail(ErrorKind::kBadInput, "a rehearsal without rounds");
    add_batch(out);
    add_depth(out);
    std::ranges::sort(out.prefill, {},
                      [](const auto& point) { return std::pair(point.tokens, point.depth); });
    out.load = load();
    out.taken_by_others = taken_share(rehearsal_.contention, rehearsal_.threads);
    out.undisturbed_threads = undisturbed_threads(rehearsal_.contention);
    out.prefill_share_lost = samples_.share_lost(false).usual;
    out.decode_share_lost = samples_.share_lost(true).usual;
    return out;
  }

 private:
  // Samples of `generate` tokens from `depth` on show the step at their middle.
  static DecodePoint per_token(const BenchTest& test, const Interval<Seconds>& duration) {
    return {test.depth + test.generate / 2.0, duration * (1.0 / test.generate)};
  }

  // The whole model, from samples of both skeletons.
  Extrapolated extrapolated(const BenchTest& test, const std::vector<double>& small,
                            const std::vector<double>& large) const {
    return extrapolated_to(composition(kinds_, all_layers(shape_), test), test, small, large);
  }

  Extrapolated extrapolated_to(const Composition& part, const BenchTest& test,
                               const std::vector<double>& small, const std::vector<double>& large) const {
    const auto made_of = [&](const std::vector<std::uint32_t>& layers) {
      return composition(kinds_, layers, test);
    };
    const double cached = test.generate > 0 ? quiet(small) * cached_deviation() : 0;
    return extrapolate(
        prior_costs(shape_, kinds_, test),
        {made_of(rehearsal_.plan.small()), quiet(small), std::hypot(quiet_deviation(small), cached)},
        {made_of(rehearsal_.plan.large), quiet(large), quiet_deviation(large)}, part);
  }

  double cached_deviation() const {
    if (rehearsal_.last_level_cache && *rehearsal_.last_level_cache < kLargeCache) return 0;
    if (static_cast<double>(shape_.decode_bytes().value) < kUncachedBytes) return 0;  // so is the whole
    double read = outside_decode_bytes(shape_, kinds_);
    for (const std::uint32_t layer : rehearsal_.plan.small()) read += kinds_.facts(layer).decode_bytes;
    return kCachedDeviation * std::max(0.0, 1 - read / kUncachedBytes);
  }

  // Half the 90 % interval of the mean of the rounds, as a share.
  double drift(const BenchTest& test, double seconds) const {
    if (samples_.rounds().size() < 2) return kUnknownDrift;
    double sum = 0;
    for (const std::uint32_t round : samples_.rounds()) {
      const auto alone =
          extrapolated(test, samples_.of_round(test, false, round), samples_.of_round(test, true, round));
      sum += std::pow(alone.seconds / seconds - 1, 2);
    }
    const auto count = static_cast<double>(samples_.rounds().size());
    return kSigmas * std::sqrt(sum / (count - 1) / count);
  }

  Interval<Seconds> whole(const BenchTest& test) const {
    const Extrapolated all = extrapolated(test, samples_.of(test, false), samples_.of(test, true));
    const double uncertainty =
        std::hypot(kSigmas * all.deviation / all.seconds, drift(test, all.seconds), kFloor);
    const ShareLost lost = samples_.share_lost(test.generate > 0);
    return around(Seconds(all.seconds * (1 + lost.usual)),
                  quiet_share() * (1 - std::min(uncertainty, 0.9)) / (1 + lost.usual),
                  1 + uncertainty + std::max(lost.usual, lost.mean) + kTakenWeight * taken());
  }

  double taken() const { return taken_share(rehearsal_.contention, rehearsal_.threads).value_or(0); }

  // On a machine that was busy all the time not even the quiet samples are quiet: the low end must allow for
  // that.
  double quiet_share() const {
    const Contention& seen = rehearsal_.contention;
    return 1 - std::max(seen.cpu_pressure_share.value_or(0), seen.stolen_share.value_or(0)) / 2;
  }

  // A full micro-batch on the large skeleton against a quarter in the same process: the whole grows likewise.
  void add_batch(Timings& out) const {
    constexpr auto kFull = static_cast<std::uint32_t>(kMicroBatch);
    const BenchTest quarter{.prompt = kFull / 4};
    if (samples_.of(quarter, false).empty() || samples_.of(quarter, true).empty()) return;
    const auto before = samples_.of(quarter, true, RehearsalPass::kBatch);
    const auto full = samples_.of({.prompt = kFull}, true, RehearsalPass::kBatch);
    const double constant = output_seconds(quarter);
    std::optional<BatchSeen> seen;
    if (!before.empty() && !full.empty()) seen = {quiet(before), quiet(full), constant};
    out.prefill.push_back({kFull, 0, full_batch(whole(quarter), constant, batch_growth(shape_, seen))});
  }

  // What the output matrix costs in a prefill: its share of all that lies outside the layers.
  double output_seconds(const BenchTest& prefill) const {
    Composition outside(1 + kinds_.kinds.size());
    outside.front() = 1;
    const auto small = samples_.of(prefill, false);
    const auto large = samples_.of(prefill, true);
    return extrapolated_to(outside, prefill, small, large).seconds * output_share(shape_, kinds_, prefill);
  }

  // What depth adds on the large skeleton, carried to all layers by the keys and values they look at. It is a
  // small difference of two times; where noise hides it, the prior speaks.
  void add_depth(Timings& out) const {
    for (const RehearsalSamples* deep : samples_.groups(RehearsalPass::kDepth)) {
      if (deep->test.depth == 0) continue;
      BenchTest shallow = deep->test;
      shallow.depth = 0;
      const auto base = samples_.of(shallow, true);
      const auto at_depth = usable_samples(deep->samples, deep->after_load);
      if (samples_.of(shallow, false).empty() || base.empty() || at_depth.empty()) continue;
      const Interval<Seconds> start = whole(shallow);
      const ShareLost lost = samples_.share_lost(deep->test.generate > 0);
      const Estimate extra = depth_extra(deep->test, base, at_depth, start.expected);
      const double reach = std::min(kSigmas * extra.deviation / extra.mean, 1.0);
      const auto duration = start + around(Seconds(extra.mean * (1 + lost.usual)), 1 - reach, 1 + reach);
      if (deep->test.generate > 0) out.decode.push_back(per_token(deep->test, duration));
      if (deep->test.prompt > 0) out.prefill.push_back({deep->test.prompt, deep->test.depth, duration});
    }
  }

  // Seconds that a test at depth takes longer on the whole model. `start` is the whole's time at depth 0.
  Estimate depth_extra(const BenchTest& test, const std::vector<double>& base,
                       const std::vector<double>& at_depth, Seconds start) const {
    const double ratio = attention_work(shape_, all_layers(shape_), test.depth) /
                         attention_work(shape_, rehearsal_.plan.large, test.depth);
    const Estimate measured{(quiet(at_depth) - quiet(base)) * ratio,
                            std::hypot(quiet_deviation(at_depth), quiet_deviation(base)) * ratio};
    // Of a prefill no prior is known; its attention is a larger share and drowns less.
    if (test.generate == 0) return {std::max(measured.mean, 0.01 * start.value), measured.deviation};
    const double positions = attended_positions(shape_, test.depth);
    const double prior = decode_slope_prior(shape_, start) * positions;
    return combined(measured, {prior, prior * kDecodeSlopeDeviation});
  }

  // Start-up plus what grows with the file; single runs of a process, so a wide interval.
  std::optional<Interval<Seconds>> load() const {
    if (rehearsal_.small_load.empty() || rehearsal_.large_load.empty()) return std::nullopt;
    const double small = quiet(values(rehearsal_.small_load));
    const double large = quiet(values(rehearsal_.large_load));
    double added = 0;
    for (std::size_t i = rehearsal_.plan.small_count; i < rehearsal_.plan.large.size(); ++i) {
      added += static_cast<double>(kinds_.facts(rehearsal_.plan.large[i]).bytes);
    }
    const double rest =
        static_cast<double>(shape_.weight_bytes().value) - static_cast<double>(rehearsal_.plan.bytes.value);
    return around(Seconds(large + std::max(0.0, large - small) / added * std::max(rest, 0.0)), 0.7, 1.5);
  }

  const Shape& shape_;
  const Rehearsal& rehearsal_;
  LayerKinds kinds_;
  SampleTable samples_;
};

}  // namespace

Result<Timings> extend(const Shape& shape, const Rehearsal& rehearsal) {
  if (rehearsal.shape_key != shape_key(shape)) {
    return fail(ErrorKind::kBadInput, "this rehearsal is of another model", rehearsal.model);
  }
  for (const std::uint32_t layer : rehearsal.plan.large) {
    if (layer >= shape.layers.size())
      return fail(ErrorKind::kBadInput, "a rehearsal of layers that do not exist");
  }
  return Extension(shape, rehearsal).run();
}

}  // namespace tokcast
