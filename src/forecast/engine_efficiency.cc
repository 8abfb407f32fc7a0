#include "forecast/engine_efficiency.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/statistics.h"
#include "base/text.h"
#include "forecast/estimated.h"
#include "forecast/kernel_rates_json.h"

namespace tokcast {
namespace {

constexpr double kBatch = 128;
constexpr double kNoticeable = 0.05;   // taken by others
constexpr double kSlowerClock = 0.85;  // of what it was, or of the base clock

struct Shares {
  std::vector<double> decode{};
  std::vector<double> prefill{};
};

Shares shares_of(const KernelRates& measured, const KernelRates& allowed) {
  Shares out;
  for (const auto& [type, cost] : measured.types) {
    const auto should = allowed.types.find(type);
    if (should == allowed.types.end() || cost.empty()) continue;
    out.decode.push_back(cost_at(should->second, 1) / cost_at(cost, 1));
    if (cost.size() > 1) out.prefill.push_back(cost_at(should->second, kBatch) / cost_at(cost, kBatch));
  }
  return out;
}

using Causes = std::vector<std::string>;

void check_variant(const EngineFacts& facts, const CpuFacts& cpu, Causes& causes) {
  if (!facts.variant || !cpu.ggml_variant || *facts.variant == *cpu.ggml_variant) return;
  causes.push_back(fmt::format(
      "the engine runs its kernels for {}, this processor those for {}: unset GGML_BACKEND_PATH, or "
      "`tokcast engine install`",
      *facts.variant, *cpu.ggml_variant));
}

void check_threads(std::uint32_t threads, const EngineFacts& facts, const Machine& machine, Causes& causes) {
  const auto beyond = [threads](std::optional<std::uint32_t> most) { return most && threads > *most; };
  const auto instead = [&](std::uint32_t most) { return facts.best_threads.value_or(most); };
  if (beyond(machine.allowed_cpus)) {
    causes.push_back(fmt::format("{} threads take turns on the {} processors that may be used: --threads {}",
                                 threads, *machine.allowed_cpus, instead(*machine.allowed_cpus)));
  } else if (machine.cpu_quota && threads > *machine.cpu_quota) {
    causes.push_back(fmt::format("{} threads, but the group may use {} processors' time: --threads {}",
                                 threads, format_number(*machine.cpu_quota),
                                 instead(machine.usable_threads())));
  } else if (beyond(machine.physical_cores)) {
    causes.push_back(fmt::format("{} threads share {} cores (SMT): --threads {}", threads,
                                 *machine.physical_cores, instead(*machine.physical_cores)));
  } else if (beyond(machine.performance_cores)) {
    causes.push_back(
        fmt::format("threads on efficiency cores hold back the {} performance cores: --threads {}",
                    *machine.performance_cores, instead(*machine.performance_cores)));
  } else if (facts.best_threads && threads > *facts.best_threads) {
    causes.push_back(fmt::format("fewer threads were quicker when tried: --threads {}", *facts.best_threads));
  }
}

// Memory is on the node whose processor first wrote it; threads elsewhere read it across the link.
void check_nodes(std::uint32_t threads, const CpuFacts& cpu, Causes& causes) {
  std::size_t nodes = 0;
  std::size_t most = 0;
  for (const NumaNode& node : cpu.numa_nodes) {
    if (node.cpus.empty()) continue;
    ++nodes;
    most = std::max(most, node.cpus.size());
  }
  if (nodes < 2 || threads <= most / 2) return;
  causes.push_back(fmt::format(
      "memory lies on {} nodes (NUMA): start the engine with `numactl --interleave=all`, or on one "
      "node",
      nodes));
}

void check_disturbance(const EngineFacts& facts, Causes& causes) {
  if (facts.taken_by_others.value_or(0) <= kNoticeable) return;
  causes.push_back(fmt::format("other programs had {:.0f} % of the processor time asked for",
                               100 * *facts.taken_by_others));
}

void check_clock(const EngineFacts& facts, const Profile& profile, Causes& causes) {
  const auto before = profile.rates ? profile.rates->megahertz_before : std::nullopt;
  const auto reference = before ? before : profile.facts.cpu.base_megahertz;
  if (!facts.megahertz_now || !reference || *facts.megahertz_now >= kSlowerClock * *reference) return;
  causes.push_back(fmt::format("the clock is at {:.0f} MHz instead of {:.0f}: heat, or a limit on power",
                               *facts.megahertz_now, *reference));
}

double best_bandwidth_share(const KernelRates& measured, const Rates& rates) {
  double most = 0;
  for (const auto& [type, cost] : measured.types) most = std::max(most, decode_bytes_per_second(type, cost));
  const auto bandwidth = best_bandwidth(rates);
  return bandwidth ? most / bandwidth->bytes_per_second.median : 0;
}

}  // namespace

std::optional<EngineEfficiency> engine_efficiency(const KernelRates& measured, const Profile& profile,
                                                  const EngineFacts& facts) {
  const auto allowed = estimated_rates(profile, measured.threads);
  if (!allowed) return std::nullopt;
  const Shares shares = shares_of(measured, *allowed);
  if (shares.decode.empty() || shares.prefill.empty()) return std::nullopt;
  EngineEfficiency out{.decode_share = quantile(shares.decode, 0.5),
                       .prefill_share = quantile(shares.prefill, 0.5),
                       .bandwidth_share = best_bandwidth_share(measured, *profile.rates)};
  out.low = std::min(out.decode_share, out.prefill_share) < kLowEfficiency;
  if (!out.low) return out;
  check_variant(facts, profile.facts.cpu, out.causes);
  check_threads(measured.threads, facts, profile.limits, out.causes);
  check_nodes(measured.threads, profile.facts.cpu, out.causes);
  check_disturbance(facts, out.causes);
  check_clock(facts, profile, out.causes);
  return out;
}

}  // namespace tokcast
