#include "forecast/estimated.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace tokcast {
namespace {

// Work for one parameter, in operations of the rates named in estimated.h. Solved from calibrations of
// llama.cpp b11669 on one Emerald Rapids Xeon, once with its own kernels and once with those for AVX2 alone;
// `tiles` from one whose matrix units (AMX) the guest may use.
struct TypeOperations {
  std::string_view type;
  double unpack;     // decode, plain rate
  double load;       // each row of a batch, plain rate
  double multiply;   // each row of a batch, best rate
  double tiles = 0;  // where there is AMX, instead of both, plain rate; 0: no such kernel
};

constexpr auto kTypeOperations = std::to_array<TypeOperations>({
    {"F16", 17.0, 7.01, 11.22},
    {"BF16", 10.4, 3.57, 12.01},
    {"Q4_0", 6.6, 1.58, 2.69, 0.85},
    {"Q5_0", 9.7, 6.94, 1.21},
    {"Q8_0", 9.3, 5.39, 0.20, 0.93},
    {"Q2_K", 5.2, 1.46, 2.22},
    {"Q3_K", 8.6, 1.45, 1.99},
    {"Q4_K", 6.0, 1.45, 1.18, 0.92},
    {"Q5_K", 10.0, 1.36, 2.35, 1.20},
    {"Q6_K", 9.8, 1.50, 2.01, 1.80},
    {"IQ2_XXS", 9.8, 1.60, 2.07},
    {"IQ2_XS", 11.1, 1.79, 1.84},
    {"IQ3_XXS", 11.6, 1.61, 1.97},
    {"IQ4_NL", 7.2, 1.67, 2.60},
    {"IQ3_S", 16.4, 1.53, 2.11},
    {"IQ2_S", 9.7, 1.70, 1.85},
    {"IQ4_XS", 8.5, 1.05, 3.12, 0.90},
    {"MXFP4", 6.4, 1.71, 2.61},
});

// The rest of a step, likewise; the attention's by operations of the plain rate for each byte or value.
constexpr double kActivationOperations = 229.9;
constexpr double kKeyValueOperations = 25.4;
constexpr double kDecodeAttentionOperations = 19.3;
constexpr double kAttentionOperations = 9.5;
// Decode, for each value that a vector does not hold: between 470 and 630 in one model with heads of 96.
constexpr double kHeadRestOperations = 550;
constexpr double kStepSeconds = 24e-6;
constexpr double kLayerSeconds = 12e-6;

// Wide: two variants of kernels on one machine stand behind the table.
constexpr Reach kDecodeReach{.low = 0.6, .high = 1.5};
constexpr Reach kPrefillReach{.low = 0.5, .high = 1.8};

// The median of one rate at `threads`, or scaled from the nearest number of threads measured.
template <typename Rated>
double at_threads(const std::vector<Rated>& rates, std::uint32_t threads, auto chosen, auto value) {
  const Rated* nearest = nullptr;
  for (const Rated& rate : rates) {
    if (!chosen(rate)) continue;
    const auto distance = [threads](const Rated& one) {
      return std::max(one.threads, threads) / static_cast<double>(std::min(one.threads, threads));
    };
    if (nearest == nullptr || distance(rate) < distance(*nearest)) nearest = &rate;
  }
  if (nearest == nullptr) return 0;
  return value(*nearest) * std::min(1.0, static_cast<double>(threads) / nearest->threads);
}

double read_bandwidth(const Rates& rates, std::uint32_t threads) {
  return at_threads(
      rates.bandwidth, threads, [](const BandwidthRate& rate) { return !rate.numa_node; },
      [](const BandwidthRate& rate) { return rate.bytes_per_second.median; });
}

double integer_rate(const Rates& rates, std::uint32_t threads, bool plain) {
  // How quick tiles are says little of llama.cpp's kernels for them, which mostly unpack: see TypeOperations.
  const auto usable = [plain](const DotRate& rate) {
    return rate.type == "int8" && (plain ? rate.path == "generic" : !rate.path.starts_with("amx"));
  };
  double best = 0;
  for (const DotRate& candidate : rates.dot) {
    if (!usable(candidate)) continue;
    best = std::max(
        best, at_threads(
                  rates.dot, threads,
                  [&](const DotRate& rate) { return rate.type == "int8" && rate.path == candidate.path; },
                  [](const DotRate& rate) { return rate.operations_per_second.median; }));
  }
  return best;
}

bool has_wide_vectors(const Rates& rates) {
  return std::ranges::any_of(rates.dot, [](const DotRate& rate) { return rate.path.starts_with("avx512"); });
}

bool has_tiles(const Rates& rates) {
  return std::ranges::any_of(rates.dot, [](const DotRate& rate) { return rate.path == "amx-int8"; });
}

TypeCost cost_of(const TypeOperations& is, double bandwidth, double plain, double best, bool tiles) {
  const TypeGeometry type = *find_type(is.type);
  const double bytes = static_cast<double>(type.block_bytes) / static_cast<double>(type.block_elements);
  const double one = bytes / bandwidth + is.unpack / plain;
  const double each = tiles && is.tiles > 0 ? is.tiles / plain : is.load / plain + is.multiply / best;
  TypeCost cost{{1, one}};
  // Few rows do not fill the kernels' blocks.
  for (const double rows : {8.0, 32.0, 128.0, 512.0}) {
    cost.push_back({rows, std::max(cost.back().seconds, each * (rows + 4))});
  }
  return cost;
}

}  // namespace

Result<KernelRates> estimated_rates(const Profile& profile, std::uint32_t threads) {
  const auto missing = [](std::string what) {
    return fail(ErrorKind::kNotFound, std::move(what), "", "Run `tokcast probe`.");
  };
  if (!profile.rates) return missing("the machine's rates were not measured");
  const double bandwidth = read_bandwidth(*profile.rates, threads);
  const double plain = integer_rate(*profile.rates, threads, true);
  const double best = integer_rate(*profile.rates, threads, false);
  if (bandwidth <= 0 || plain <= 0 || best <= 0) return missing("the machine's rates are incomplete");
  const bool tiles = has_tiles(*profile.rates);
  KernelRates out{.evidence = Evidence::kEstimated,
                  .source = "from measured read bandwidth and dot products",
                  .threads = threads};
  for (const TypeOperations& type : kTypeOperations) {
    out.types[find_type(type.type)->type] = cost_of(type, bandwidth, plain, best, tiles);
  }
  out.step_seconds = kStepSeconds;
  out.layer_seconds = kLayerSeconds;
  out.activation_seconds = kActivationOperations / plain;
  out.key_value_seconds = kKeyValueOperations / plain;
  out.decode_attention_seconds = kDecodeAttentionOperations / plain;
  out.attention_seconds = kAttentionOperations / plain;
  out.head_rest = HeadRest{.vector_values = has_wide_vectors(*profile.rates) ? 64U : 32U,
                           .decode_seconds = kHeadRestOperations / plain};
  out.decode = kDecodeReach;
  out.prefill = kPrefillReach;
  return out;
}

}  // namespace tokcast
