#include "forecast/looked_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace tokcast {
namespace {

// A value before any row is seen; the fitted factor multiplies it. Values are orders of magnitude from the
// makers' documents and from runs on two machines; rows decide.
struct Prior {
  std::string_view name;
  double value;
};

double prior_of(std::span<const Prior> priors, std::string_view name, double otherwise) {
  const auto found = std::ranges::find(priors, name, &Prior::name);
  return found == priors.end() ? otherwise : found->value;
}

// Cycles of one core to unpack and multiply one parameter by one token.
constexpr std::array kUnpackCycles = std::to_array<Prior>({{"amx", 0.10},
                                                           {"avx512vnni", 0.10},
                                                           {"avx512", 0.12},
                                                           {"avxvnni", 0.13},
                                                           {"avx2", 0.15},
                                                           {"avx", 0.5},
                                                           {"i8mm", 0.15},
                                                           {"dotprod", 0.25},
                                                           {"neon", 1.0},
                                                           {"rvv", 3.0}});
// The same with many tokens at once, for each token.
constexpr std::array kMultiplyCycles = std::to_array<Prior>({{"amx", 0.022},
                                                             {"avx512vnni", 0.045},
                                                             {"avx512", 0.055},
                                                             {"avxvnni", 0.055},
                                                             {"avx2", 0.065},
                                                             {"avx", 0.25},
                                                             {"i8mm", 0.04},
                                                             {"dotprod", 0.15},
                                                             {"neon", 0.6},
                                                             {"rvv", 1.5}});
// Types of floating-point numbers are multiplied as such, without the instructions for whole numbers.
constexpr std::array kFloatCycles = std::to_array<Prior>({{"amx", 0.08},
                                                          {"avx512vnni", 0.08},
                                                          {"avx512", 0.08},
                                                          {"avxvnni", 0.1},
                                                          {"avx2", 0.1},
                                                          {"avx", 0.2},
                                                          {"i8mm", 0.1},
                                                          {"dotprod", 0.2},
                                                          {"neon", 0.8},
                                                          {"rvv", 1.5}});
constexpr double kScalarCycles = 8;

// Work of a type on processors against Q4_0; types that are not named cost as the I-quants with codebooks do.
constexpr std::array kTypeWork = std::to_array<Prior>({{"Q4_0", 1},
                                                       {"Q8_0", 1},
                                                       {"IQ4_NL", 1.1},
                                                       {"MXFP4", 1.3},
                                                       {"Q4_1", 1.4},
                                                       {"Q4_K", 1.2},
                                                       {"Q2_K", 1.4},
                                                       {"IQ4_XS", 1.4},
                                                       {"Q5_0", 1.7},
                                                       {"Q5_1", 1.8},
                                                       {"Q5_K", 1.6},
                                                       {"Q3_K", 1.6},
                                                       {"Q6_K", 1.6},
                                                       {"F16", 1.6},
                                                       {"BF16", 1.6},
                                                       {"F32", 3}});
constexpr double kCodebookWork = 2.5;

double bytes_a_parameter(const TypeGeometry& type) {
  return static_cast<double>(type.block_bytes) / static_cast<double>(type.block_elements);
}

// Types whose kernels are alike share one factor.
std::string_view type_family(std::string_view name) {
  if (name.starts_with("IQ1") || name.starts_with("IQ2") || name.starts_with("IQ3")) return "IQ codebook";
  if (name.starts_with("TQ") || name == "Q1_0" || name == "Q2_0") return "ternary";
  if (name == "BF16" || name == "F32") return "F16";
  return name;
}

// A back end may suit one maker's cards and not another's.
std::string backend_of_group(const Hardware& hardware) {
  return fmt::format("{} {}", hardware.group, hardware.backend);
}

// Factors of one phase on one kind of hardware.
class Factors {
 public:
  Factors(const Hardware& hardware, const LogFactor& log_factor, std::string stem)
      : log_factor_(log_factor), stem_(std::move(stem)), hardware_(hardware) {}

  double log(std::string_view name) const { return log_factor_(fmt::format("{} {}", stem_, name)); }
  double of(std::string_view name) const { return std::exp(log(name)); }
  double of(std::string_view level, std::string_view name) const {
    return name.empty() ? 1 : std::exp(log_factor_(fmt::format("{} {}={}", stem_, level, name)));
  }
  // What a level multiplies is all work on matrices.
  double hierarchy() const {
    double factor = of("group", hardware_.group) * of("family", hardware_.family) *
                    of("line", hardware_.line) * of("part", hardware_.part);
    if (hardware_.kind == HardwareKind::kGpu) factor *= of("group backend", backend_of_group(hardware_));
    for (const std::string& condition : hardware_.conditions) {
      factor *= of("condition", fmt::format("{} {}", hardware_.backend, condition));
    }
    return factor;
  }

 private:
  const LogFactor& log_factor_;
  std::string stem_;
  const Hardware& hardware_;
};

// Cores that work, counted as performance cores.
double working_cores(const Hardware& hardware) {
  constexpr double kEfficiencyCore = 0.55;
  const double cores = hardware.cores.value_or(hardware.threads.value_or(1));
  const double used = std::min<double>(hardware.threads.value_or(static_cast<std::uint32_t>(cores)), cores);
  const double fast = hardware.performance_cores ? std::min<double>(used, *hardware.performance_cores) : used;
  return std::max(1.0, fast + kEfficiencyCore * (used - fast));
}

double cycles_a_second(const Hardware& hardware) {
  constexpr double kUsualGigahertz = 2.8;
  return 1e9 * hardware.gigahertz.value_or(kUsualGigahertz) * working_cores(hardware);
}

// What a processor without known memory can read: rates by core of desktop machines.
double bandwidth_of(const Hardware& hardware) {
  constexpr double kBytesASecondACore = 7e9;
  return hardware.bandwidth.value_or(kBytesASecondACore * hardware.cores.value_or(1));
}

// Two limits that overlap in part: less than their sum, more than the larger. 1 would be the sum; of 1.3, 2
// and 4, 1.3 left the smallest errors (bench/fit).
double both(double a, double b) {
  constexpr double kSharpness = 1.3;
  return std::pow(std::pow(a, kSharpness) + std::pow(b, kSharpness), 1 / kSharpness);
}

// Seconds for `rows` rows from the costs of one and of many: few rows fill the units badly, as if `idle` more
// were there.
TypeCost cost_curve(double one, double each, double idle) {
  TypeCost cost{{1, one}};
  constexpr double kFull = 512;
  for (const double rows : {32.0, 128.0, kFull}) {
    cost.push_back({rows, std::max(one, each * kFull * (rows + idle) / (kFull + idle))});
  }
  return cost;
}

bool is_float(GgmlType type) {
  return type == GgmlType::kF16 || type == GgmlType::kBF16 || type == GgmlType::kF32;
}

// Seconds of all cores together for one parameter of `type` and one token.
double core_seconds(const Hardware& hardware, const Factors& factors, const TypeGeometry& type,
                    std::span<const Prior> cycles, std::string_view constant) {
  const bool floats = is_float(type.type);
  const double usual = floats
                           ? prior_of(kFloatCycles, hardware.isa, kScalarCycles)
                           : prior_of(cycles, hardware.isa, kScalarCycles) * factors.of("isa", hardware.isa);
  return usual * prior_of(kTypeWork, type.name, kCodebookWork) * factors.of("type", type_family(type.name)) *
         factors.of(floats ? "floats" : constant) * factors.hierarchy() / cycles_a_second(hardware);
}

// What many cores and several sockets lose against one core alone.
double crowding(const Hardware& hardware, const Factors& factors) {
  constexpr double kUsualCores = 8;
  const double sockets = std::log2(std::max(hardware.sockets.value_or(1), 1U));
  return std::pow(working_cores(hardware) / kUsualCores, factors.log("many cores")) *
         std::exp(sockets * factors.log("sockets"));
}

double read_seconds(const Hardware& hardware, const Factors& decode) {
  constexpr double kUsualBandwidth = 80e9;
  const double bandwidth = bandwidth_of(hardware);
  const double sockets = std::log2(std::max(hardware.sockets.value_or(1), 1U));
  return 1.3 * decode.of("memory") * decode.hierarchy() / bandwidth *
         std::pow(bandwidth / kUsualBandwidth, decode.log("wide memory")) *
         std::exp(sockets * decode.log("sockets"));
}

void set_processor_rates(const Hardware& hardware, const Factors& decode, const Factors& prefill,
                         KernelRates& out) {
  const double read = read_seconds(hardware, decode);
  const double crowd = crowding(hardware, prefill);
  const double idle = 4 * prefill.of("idle rows");
  for (const TypeGeometry& type : all_types()) {
    const double unpack = core_seconds(hardware, decode, type, kUnpackCycles, "unpack");
    const double each = crowd * core_seconds(hardware, prefill, type, kMultiplyCycles, "multiply");
    out.types.emplace(type.type, cost_curve(both(read * bytes_a_parameter(type), unpack), each, idle));
  }
  // Threads meet at a barrier several times a layer.
  constexpr double kManyCores = 64;
  out.layer_seconds = 20e-6 * decode.of("layer") * decode.of("layer isa", hardware.isa) *
                      (1 + working_cores(hardware) / kManyCores);
  out.key_value_seconds = 3 * read;
  out.activation_seconds = 4 / bandwidth_of(hardware);
  out.attention_seconds = 2 / (8 * cycles_a_second(hardware));
}

// Floating-point operations a second of the plain units.
double plain_operations(const Hardware& hardware) {
  constexpr double kOperationsAByte = 45;  // of cards: fp32 operations for each byte of bandwidth
  return hardware.fp32_teraflops ? 1e12 * *hardware.fp32_teraflops
                                 : kOperationsAByte * bandwidth_of(hardware);
}

// Those that count for multiplications: between the plain units' and the matrix units', which kernels use in
// part.
double operations_of(const Hardware& hardware, const Factors& prefill) {
  constexpr double kMatrixShare = 0.5;
  const double plain = plain_operations(hardware);
  const double matrix = hardware.fp16_teraflops ? 1e12 * *hardware.fp16_teraflops : plain;
  const double share = kMatrixShare + prefill.log("matrix units");
  return plain * std::pow(std::max(1.0, matrix / plain), share);
}

void set_graphics_rates(const Hardware& hardware, const Factors& decode, const Factors& prefill,
                        KernelRates& out) {
  const double bandwidth = bandwidth_of(hardware);
  const double plain = plain_operations(hardware);
  const double hierarchy = decode.hierarchy() * decode.of("backend", hardware.backend);
  const double read = 1.2 * decode.of("memory") * hierarchy / bandwidth;
  const double unpack = 10 * decode.of("unpack") * hierarchy / plain;
  const double multiply = 4 * prefill.of("multiply") * prefill.of("backend", hardware.backend) *
                          prefill.hierarchy() / operations_of(hardware, prefill);
  for (const TypeGeometry& type : all_types()) {
    const double bytes = bytes_a_parameter(type);
    const double one = (read * bytes + unpack) * decode.of("type", type_family(type.name));
    const double each = multiply * prefill.of("type", type_family(type.name));
    out.types.emplace(type.type, cost_curve(one, each, 64 * prefill.of("idle rows")));
  }
  out.layer_seconds = 25e-6 * decode.of("layer") * decode.of("layer backend", hardware.backend);
  out.step_seconds = 150e-6 * (hardware.devices - 1) * decode.of("device");
  out.key_value_seconds = 1.5 * read;
  out.activation_seconds = 8 / bandwidth;
  out.attention_seconds = 2 * multiply;
}

std::optional<Error> what_lacks(const Hardware& hardware) {
  if (hardware.kind == HardwareKind::kGpu && !hardware.bandwidth) {
    return Error{ErrorKind::kUnsupported, "the memory bandwidth of the graphics processor is not known",
                 hardware.part,
                 "Measure the machine itself with 'tokcast probe', or name a card of the table."};
  }
  if (hardware.kind == HardwareKind::kCpu && !hardware.bandwidth &&
      (!hardware.cores || hardware.isa.empty())) {
    return Error{ErrorKind::kUnsupported,
                 "neither the memory's bandwidth nor the cores of the processor are known", hardware.part,
                 "Describe the machine in words, as in '16c avx2 4x ddr4-2133 39GiB'."};
  }
  return std::nullopt;
}

std::string_view kind_name(const Hardware& hardware) {
  return hardware.kind == HardwareKind::kGpu ? "gpu" : "cpu";
}

}  // namespace

double unseen_variance(const Hardware& hardware, std::string_view phase, const Machines& machines) {
  // Deviations of logarithms: the priors of the fit (bench/fit_factors.cc).
  constexpr double kInstructionSet = 0.3;
  constexpr double kBackend = 0.4;
  constexpr double kGroupBackend = 0.5;
  constexpr double kFamily = 0.2;
  constexpr double kBandwidth = 0.5;  // guessed from cores
  const auto open = [&](double deviation, std::string_view level, const std::string& name) {
    const std::uint32_t known = machines(fmt::format("{} {} {}={}", phase, kind_name(hardware), level, name));
    return deviation * deviation / (1 + known);
  };
  double variance = hardware.bandwidth ? 0 : kBandwidth * kBandwidth;
  if (hardware.kind == HardwareKind::kGpu) {
    variance += open(kBackend, "backend", hardware.backend);
    variance += open(kGroupBackend, "group backend", backend_of_group(hardware));
  } else {
    variance += open(kInstructionSet, "isa", hardware.isa);
  }
  return variance + open(kFamily, "family", hardware.family);
}

Reach widened(const Reach& reach, double variance) {
  constexpr double kNormal = 1.645;  // of 90 %
  const auto wider = [variance](double bound) {
    const double log = std::log(bound);
    return std::exp(std::copysign(std::sqrt(log * log + kNormal * kNormal * variance), log));
  };
  return {wider(reach.low), wider(reach.high)};
}

Result<KernelRates> rates_with(const Hardware& hardware, ModelKind kind, const LogFactor& log_factor) {
  if (const auto error = what_lacks(hardware)) return std::unexpected(*error);
  KernelRates out{.evidence = Evidence::kLookedUp,
                  .source = fmt::format("from what is known of {}", hardware.part)};
  const bool graphics = hardware.kind == HardwareKind::kGpu;
  const Factors decode(hardware, log_factor, fmt::format("decode {}", kind_name(hardware)));
  const Factors prefill(hardware, log_factor, fmt::format("prefill {}", kind_name(hardware)));
  out.threads = hardware.threads.value_or(graphics ? 1 : hardware.cores.value_or(1));
  (graphics ? set_graphics_rates : set_processor_rates)(hardware, decode, prefill, out);
  if (kind == ModelKind::kMixture) {
    const double one = decode.of("mixture");
    const double many = prefill.of("mixture");
    for (auto& [type, cost] : out.types) {
      for (RowCost& point : cost) point.seconds *= point.rows == 1 ? one : many;
    }
  }
  return out;
}

Result<KernelRates> looked_up_rates(const Hardware& hardware, ModelKind kind) {
  const Efficiency& table = efficiency();
  auto rates = rates_with(hardware, kind, [&table](const std::string& name) { return table.log_of(name); });
  if (!rates) return rates;
  const bool mixture = kind == ModelKind::kMixture;
  // More than any processor of the table keeps (504 MB) or any card (256 MB).
  constexpr double kMostCache = 512e6;
  if (hardware.most_bandwidth) {
    rates->floor = MemoryFloor{*hardware.most_bandwidth, hardware.cache_bytes.value_or(kMostCache)};
  }
  const Machines machines = [&table](const std::string& name) {
    const auto found = table.factors.find(name);
    return found == table.factors.end() ? 0 : found->second.machines;
  };
  rates->decode =
      widened(table.reach("decode", hardware.group, mixture), unseen_variance(hardware, "decode", machines));
  rates->prefill = widened(table.reach("prefill", hardware.group, mixture),
                           unseen_variance(hardware, "prefill", machines));
  return rates;
}

}  // namespace tokcast
