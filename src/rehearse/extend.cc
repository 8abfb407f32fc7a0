#include "rehearse/extend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "forecast/cost_model.h"
#include "rehearse/statistics.h"

namespace tokcast {
namespace {

// What skeletons cannot show (cache residency, layer order, memory placement), as a share of the duration: the
// residuals of docs/ACCURACY.md once sampling is taken out.
constexpr double kFloor = 0.05;
// One round cannot show drift; this stands in for it.
constexpr double kUnknownDrift = 0.06;
// The cost of depth is a difference of two runs of the large skeleton: its own relative uncertainty.
constexpr double kDepthUncertainty = 0.25;
// A sample longer than this many times the quiet one was a hiccup, not the usual loss.
constexpr double kHiccup = 1.3;

enum class Work { kDecodeBytes, kParameters };

// Sums over the layers given (with repetition); experts not chosen do not count.
double layer_work(const Shape& shape, const std::vector<std::uint32_t>& layers, Work work) {
  std::vector<double> of_layer(shape.layers.size(), 0);
  const double chosen = shape.experts && shape.experts_used
                            ? static_cast<double>(*shape.experts_used) / static_cast<double>(*shape.experts)
                            : 1;
  for (const Tensor& tensor : shape.header.tensors) {
    const auto layer = tensor.layer();
    if (!layer || *layer >= of_layer.size()) continue;
    const double share = tensor.name.find("_exps") != std::string::npos ? chosen : 1;
    of_layer[*layer] += share * static_cast<double>(work == Work::kDecodeBytes ? tensor.bytes().value
                                                                               : tensor.elements());
  }
  return std::accumulate(layers.begin(), layers.end(), 0.0,
                         [&](double sum, std::uint32_t layer) { return sum + of_layer[layer]; });
}

// Keys and values looked at in these layers with `depth` tokens in the context.
double attention_work(const Shape& shape, const std::vector<std::uint32_t>& layers, double depth) {
  double sum = 0;
  for (const std::uint32_t index : layers) {
    const LayerShape& layer = shape.layers[index];
    if (layer.kind != LayerKind::kAttention) continue;
    const double seen = layer.sliding_window ? std::min(depth, double(*layer.sliding_window)) : depth;
    sum += seen * layer.kv_heads * (double(layer.key_length) + layer.value_length);
  }
  return sum;
}

std::vector<std::uint32_t> all_layers(const Shape& shape) {
  std::vector<std::uint32_t> layers(shape.layers.size());
  std::iota(layers.begin(), layers.end(), 0U);
  return layers;
}

std::vector<double> usable_samples(const RehearsalSamples& group) {
  std::vector<double> out;
  for (const Seconds sample : group.samples) out.push_back(sample.value);
  if (group.after_load && out.size() > 1) out.erase(out.begin());
  return out;
}

// Extends rounds of one rehearsal.
class Extension {
 public:
  Extension(const Shape& shape, const Rehearsal& rehearsal) : shape_(shape), rehearsal_(rehearsal) {
    for (const RehearsalSamples& group : rehearsal.samples) {
      if (group.pass == RehearsalPass::kRound) rounds_.insert(group.number);
    }
  }

  Result<Timings> run() const {
    const std::vector<std::uint32_t>& large = rehearsal_.plan.large;
    Timings out{.evidence = Evidence::kRehearsed,
                .source = fmt::format("rehearsed on {} and {} of {} layers", rehearsal_.plan.small_count, large.size(),
                                      shape_.layers.size()),
                .threads = rehearsal_.threads,
                .compute_bytes = rehearsal_.compute_bytes};
    for (const RehearsalSamples& group : rehearsal_.samples) {
      if (group.pass != RehearsalPass::kRound || group.number != 0 || !group.large) continue;
      if (pooled(group.test, false).empty()) return fail(ErrorKind::kBadInput, "a rehearsal without its small skeleton");
      const Interval<Seconds> duration = full(group.test);
      if (group.test.prompt > 0) out.prefill.push_back({group.test.prompt, 0, duration});
      if (group.test.generate > 0) out.decode.push_back(per_token(group.test, duration));
    }
    if (out.prefill.empty() || out.decode.empty()) return fail(ErrorKind::kBadInput, "a rehearsal without rounds");
    add_batch(out);
    add_depth(out);
    std::ranges::sort(out.prefill, [](const auto& a, const auto& b) {
      return std::pair(a.tokens, a.depth) < std::pair(b.tokens, b.depth);
    });
    out.load = load();
    return out;
  }

 private:
  static DecodePoint per_token(const BenchTest& test, const Interval<Seconds>& duration) {
    return {test.depth + test.generate / 2.0, duration * (1.0 / test.generate)};
  }

  std::vector<double> pooled(const BenchTest& test, bool large, std::optional<std::uint32_t> round = {},
                             RehearsalPass pass = RehearsalPass::kRound) const {
    std::vector<double> out;
    for (const RehearsalSamples& group : rehearsal_.samples) {
      if (group.pass != pass || group.large != large || group.test != test) continue;
      if (round && group.number != *round) continue;
      const auto samples = usable_samples(group);
      out.insert(out.end(), samples.begin(), samples.end());
    }
    return out;
  }

  static Work work_of(const BenchTest& test) { return test.generate > 0 ? Work::kDecodeBytes : Work::kParameters; }

  double factor(const BenchTest& test) const {
    const double small = layer_work(shape_, rehearsal_.plan.small(), work_of(test));
    const double large = layer_work(shape_, rehearsal_.plan.large, work_of(test));
    return (layer_work(shape_, all_layers(shape_), work_of(test)) - small) / (large - small);
  }

  // Small and large so that the large one is never quicker: noise must not make layers free.
  static double extended(double small, double large, double factor) {
    return small + std::max(large - small, 0.02 * small) * factor;
  }

  // How far single rounds stray from each other, as a share.
  double drift(const BenchTest& test, double whole) const {
    if (rounds_.size() < 2) return kUnknownDrift;
    double sum = 0;
    for (const std::uint32_t round : rounds_) {
      const auto small = pooled(test, false, round);
      const auto large = pooled(test, true, round);
      if (small.empty() || large.empty()) continue;
      const double error = extended(quiet(small), quiet(large), factor(test)) / whole - 1;
      sum += error * error;
    }
    // Standard error of the mean of the rounds, times 1.64 for 90 %.
    const auto count = static_cast<double>(rounds_.size());
    return 1.64 * std::sqrt(sum / (count - 1) / count);
  }

  // Mean over quiet, minus 1, over all samples of this kind (decode or prefill).
  double share_lost(bool decode) const {
    double spent = 0;
    double undisturbed = 0;
    for (const RehearsalSamples& group : rehearsal_.samples) {
      if ((group.test.generate > 0) != decode || group.pass != RehearsalPass::kRound) continue;
      const auto all = pooled(group.test, group.large);
      const double own_speed = quiet(all);
      for (const double sample : usable_samples(group)) {
        spent += std::min(sample, kHiccup * own_speed);
        undisturbed += own_speed;
      }
    }
    return undisturbed > 0 ? std::max(0.0, spent / undisturbed - 1) : 0;
  }

  Interval<Seconds> interval(double own_speed, double uncertainty, double lost) const {
    const double high = (1 + lost) * (1 + uncertainty) + lost;
    return {Seconds(own_speed * (1 - std::min(uncertainty, 0.9))), Seconds(own_speed * (1 + lost)),
            Seconds(own_speed * high)};
  }

  Interval<Seconds> full(const BenchTest& test) const {
    const auto small = pooled(test, false);
    const auto large = pooled(test, true);
    const double by = factor(test);
    const auto statistic = [by](const std::vector<double>& s, const std::vector<double>& l) {
      return extended(quiet(s), quiet(l), by);
    };
    const double whole = statistic(small, large);
    const double sampling = bootstrap_half_width(small, large, statistic) / whole;
    const double uncertainty = std::hypot(sampling, drift(test, whole), kFloor);
    return interval(whole, uncertainty, share_lost(test.generate > 0));
  }

  // A full micro-batch: what lies outside the layers is known from the prefill of 128.
  void add_batch(Timings& out) const {
    for (const RehearsalSamples& group : rehearsal_.samples) {
      if (group.pass != RehearsalPass::kBatch) continue;
      const BenchTest reference{.prompt = 128};
      const double small = quiet(pooled(reference, false));
      const double large = quiet(pooled(reference, true));
      const double work_large = layer_work(shape_, rehearsal_.plan.large, Work::kParameters);
      const double share_small = layer_work(shape_, rehearsal_.plan.small(), Work::kParameters) / work_large;
      const double outside = std::clamp((small - large * share_small) / (1 - share_small), 0.0, small);
      const double in_layers = std::max(quiet(usable_samples(group)) - outside, 0.0);
      const double whole =
          outside + in_layers * layer_work(shape_, all_layers(shape_), Work::kParameters) / work_large;
      const Interval<Seconds> known = full(reference);
      const double reach = known.high / known.expected;
      out.prefill.push_back({group.test.prompt, 0, {Seconds(whole * 2 - whole * reach), Seconds(whole), Seconds(whole * reach)}});
    }
  }

  // What depth adds on the large skeleton, carried to all layers by the keys and values they look at.
  void add_depth(Timings& out) const {
    for (const RehearsalSamples& deep : rehearsal_.samples) {
      if (deep.pass != RehearsalPass::kDepth || deep.test.depth == 0) continue;
      BenchTest shallow = deep.test;
      shallow.depth = 0;
      const auto base = pooled(shallow, true, {}, RehearsalPass::kDepth);
      if (base.empty()) continue;
      const double measured = std::max(0.0, quiet(usable_samples(deep)) - quiet(base));
      const double depth = deep.test.depth;
      const double extra = measured * attention_work(shape_, all_layers(shape_), depth) /
                           attention_work(shape_, rehearsal_.plan.large, depth);
      const Interval<Seconds> flat = full(shallow);
      const double lost = share_lost(deep.test.generate > 0);
      const Interval<Seconds> duration{flat.low + Seconds(extra * (1 - kDepthUncertainty)),
                                       flat.expected + Seconds(extra * (1 + lost)),
                                       flat.high + Seconds(extra * (1 + lost) * (1 + kDepthUncertainty))};
      if (deep.test.generate > 0) out.decode.push_back(per_token(deep.test, duration));
      if (deep.test.prompt > 0) out.prefill.push_back({deep.test.prompt, deep.test.depth, duration});
    }
  }

  // Start-up plus what grows with the file.
  std::optional<Interval<Seconds>> load() const {
    if (rehearsal_.small_load.empty() || rehearsal_.large_load.empty()) return std::nullopt;
    const auto values = [](const std::vector<Seconds>& in) {
      std::vector<double> out;
      for (const Seconds s : in) out.push_back(s.value);
      return out;
    };
    const double small = quiet(values(rehearsal_.small_load));
    const double large = quiet(values(rehearsal_.large_load));
    std::uint64_t added = 0;
    for (const Tensor& tensor : shape_.header.tensors) {
      const auto layer = tensor.layer();
      const auto begin = rehearsal_.plan.large.begin() + rehearsal_.plan.small_count;
      if (layer) added += tensor.bytes().value * std::count(begin, rehearsal_.plan.large.end(), *layer);
    }
    const double rest = static_cast<double>(shape_.weight_bytes().value - std::min(shape_.weight_bytes().value,
                                                                                   rehearsal_.plan.bytes.value));
    const double whole = large + std::max(0.0, large - small) / static_cast<double>(added) * rest;
    return around(Seconds(whole), 0.75, 1.5);
  }

  const Shape& shape_;
  const Rehearsal& rehearsal_;
  std::set<std::uint32_t> rounds_;
};

}  // namespace

Result<Timings> extend(const Shape& shape, const Rehearsal& rehearsal) {
  if (rehearsal.shape_key != shape_key(shape)) {
    return fail(ErrorKind::kBadInput, "this rehearsal is of another model", rehearsal.model);
  }
  for (const std::uint32_t layer : rehearsal.plan.large) {
    if (layer >= shape.layers.size()) return fail(ErrorKind::kBadInput, "a rehearsal of layers that do not exist");
  }
  return Extension(shape, rehearsal).run();
}

}  // namespace tokcast
