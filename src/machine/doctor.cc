#include "machine/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "machine/known_parts.h"

namespace tokcast {
namespace {

using Findings = std::vector<Finding>;

// A judgement: a socket whose channels are all filled streams well more than this share of its theoretical
// peak; half of the channels give about half of it.
constexpr double kPoorBandwidthShare = 0.45;
constexpr double kThrottledShare = 0.8;
constexpr double kSwapShare = 0.05;
// A 4 GB model should not take longer than half a minute to load.
constexpr double kModelBytes = 4e9;
constexpr double kLoadSeconds = 30;

std::string gigabytes_per_second(double rate) {
  return fmt::format("{:.{}f} GB/s", rate / 1e9, rate < 10e9 ? 1 : 0);
}

void check_quota(const Profile& profile, Findings& out) {
  const Machine& limits = profile.limits;
  const auto cpus = limits.allowed_cpus ? limits.allowed_cpus : limits.logical_cpus;
  if (!limits.cpu_quota || !cpus || *limits.cpu_quota >= *cpus) return;
  out.push_back(
      {*limits.cpu_quota < 1,
       fmt::format("A control group grants {:.2g} processors' worth of time, of {} that are visible. More "
                   "threads than that stall one another.",
                   *limits.cpu_quota, *cpus),
       fmt::format("Use {} thread{}, or raise cpu.max (`docker run --cpus`).", limits.usable_threads(),
                   limits.usable_threads() == 1 ? "" : "s")});
}

void check_affinity(const Profile& profile, Findings& out) {
  const Machine& limits = profile.limits;
  if (!limits.allowed_cpus || !limits.logical_cpus || *limits.allowed_cpus >= *limits.logical_cpus) return;
  out.push_back({false,
                 fmt::format("Only {} of {} processors may be used (affinity or cpuset).",
                             *limits.allowed_cpus, *limits.logical_cpus),
                 "See `taskset -p $$` and the control group's cpuset.cpus."});
}

void check_efficiency_cores(const Profile& profile, Findings& out) {
  const Machine& limits = profile.limits;
  if (!limits.performance_cores || !limits.physical_cores) return;
  out.push_back(
      {false,
       fmt::format("{} of {} cores are performance cores. An engine's threads wait for the slowest of "
                   "them: one on an efficiency core slows all.",
                   *limits.performance_cores, *limits.physical_cores),
       fmt::format("Start engines with --threads {}.", limits.usable_threads())});
}

void check_second_threads(const Profile& profile, Findings& out) {
  const Machine& limits = profile.limits;
  if (limits.performance_cores) return;  // check_efficiency_cores names the number
  if (!limits.allowed_cpus || !limits.physical_cores || *limits.allowed_cpus <= *limits.physical_cores)
    return;
  out.push_back(
      {false,
       fmt::format("{} processors are {} cores with two threads each. Second threads seldom help decode and "
                   "often slow it.",
                   *limits.allowed_cpus, *limits.physical_cores),
       fmt::format("Start engines with --threads {}.", *limits.physical_cores)});
}

// With intel_pstate and amd-pstate-epp, "powersave" is the usual dynamic policy.
void check_governor(const Profile& profile, Findings& out) {
  const CpuFacts& cpu = profile.facts.cpu;
  const std::string driver = cpu.frequency_driver.value_or("");
  if (cpu.governor != "powersave" || driver == "intel_pstate" || driver == "amd-pstate-epp") return;
  out.push_back({true, "The frequency governor is powersave: the processor stays at its lowest clock.",
                 "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"});
}

void check_throttling(const Profile& profile, Findings& out) {
  if (!profile.rates || !profile.rates->megahertz_before || !profile.rates->megahertz_after) return;
  const double before = *profile.rates->megahertz_before;
  const double after = *profile.rates->megahertz_after;
  const double base = profile.facts.cpu.base_megahertz.value_or(0);
  if (after >= kThrottledShare * before || after >= base) return;
  out.push_back(
      {true,
       fmt::format("The clock fell from {:.0f} to {:.0f} MHz while it was measured: the processor throttles.",
                   before, after),
       "Check cooling and power limits (`sensors`, `turbostat`)."});
}

void check_bandwidth(const Profile& profile, Findings& out) {
  if (!profile.rates || profile.facts.platform.hypervisor) return;  // a guest has a share of the channels
  const auto measured = best_bandwidth(*profile.rates);
  const auto peak = theoretical_bandwidth(profile);
  if (!measured || !peak || measured->bytes_per_second.median >= kPoorBandwidthShare * peak->value) return;
  out.push_back(
      {true,
       fmt::format("Memory is read at {}, {:.0f} % of the {} that it should reach: decode is that much "
                   "slower.",
                   gigabytes_per_second(measured->bytes_per_second.median),
                   100 * measured->bytes_per_second.median / peak->value, gigabytes_per_second(peak->value)),
       "Check that every channel holds a module (`sudo dmidecode -t memory`) at its rated speed "
       "(XMP/EXPO)."});
}

void check_numa(const Profile& profile, Findings& out) {
  const auto with_cpus = std::ranges::count_if(profile.facts.cpu.numa_nodes,
                                               [](const NumaNode& node) { return !node.cpus.empty(); });
  if (with_cpus < 2) return;
  out.push_back(
      {false,
       fmt::format("Memory lies in {} nodes; a model read across nodes runs at half the speed or less.",
                   with_cpus),
       "Keep one engine on one node: `numactl --cpunodebind=0 --membind=0`, or spread it: `--numa "
       "distribute`."});
}

void check_swap(const Profile& profile, Findings& out) {
  const MemoryFacts& memory = profile.facts.memory;
  if (!memory.swap_used || !memory.total) return;
  if (static_cast<double>(memory.swap_used->value) < kSwapShare * static_cast<double>(memory.total->value))
    return;
  out.push_back({false,
                 fmt::format("{} are swapped out: what others keep in memory leaves too little.",
                             format_bytes(*memory.swap_used)),
                 "Close what is not needed; a model must never be swapped."});
}

void check_disk(const Profile& profile, Findings& out) {
  const DiskFacts& disk = profile.facts.disk;
  if (!disk.read_rate || disk.read_rate->value * kLoadSeconds >= kModelBytes) return;
  out.push_back(
      {false,
       fmt::format("{} is read at {}: a model of 4 GB takes {:.0f} s to load.", printable(disk.path),
                   gigabytes_per_second(disk.read_rate->value), kModelBytes / disk.read_rate->value),
       "Keep models on another disk, or keep the engine running."});
}

void check_engine_variant(const Profile& profile, const std::optional<EngineView>& engine, Findings& out) {
  const auto& best = profile.facts.cpu.ggml_variant;
  if (!engine || !engine->cpu_variant || !best || *engine->cpu_variant == *best) return;
  out.push_back(
      {false,
       fmt::format("The engine computes with its '{}' kernels; this processor could run '{}'.",
                   printable(*engine->cpu_variant), *best),
       "Use a llama.cpp built with GGML_CPU_ALL_VARIANTS or for this processor: `tokcast engine list`."});
}

// Names differ between drivers and back ends, so cards are counted, not matched. An integrated one that the
// engine leaves alone is usual.
void check_unused_cards(const Profile& profile, const std::optional<EngineView>& engine, Findings& out) {
  std::vector<std::string> cards;
  for (const Gpu& gpu : profile.gpus.gpus) {
    if (!gpu.integrated) cards.push_back(printable(gpu.name));
  }
  if (!engine || engine->devices.size() >= cards.size()) return;
  out.push_back(
      {true,
       fmt::format("The engine lists {} of {} graphics card{} ({}): the rest stays unused.",
                   engine->devices.empty() ? "none" : std::to_string(engine->devices.size()), cards.size(),
                   cards.size() == 1 ? "" : "s", fmt::join(cards, ", ")),
       "Use a llama.cpp with a back end for it (CUDA, ROCm, Vulkan, SYCL): `tokcast engine use DIR`."});
}

void check_gpu_troubles(const Profile& profile, Findings& out) {
  for (const GpuTrouble& trouble : profile.gpus.troubles) {
    out.push_back({true, printable(trouble.what), printable(trouble.fix)});
  }
}

std::optional<BytesPerSecond> bandwidth_of_modules(const std::vector<MemoryModule>& modules) {
  double sum = 0;
  for (const MemoryModule& module : modules) {
    if (!module.megatransfers) return std::nullopt;
    sum += 8e6 * *module.megatransfers;  // a module is 8 bytes wide
  }
  return sum > 0 ? std::optional(BytesPerSecond(sum)) : std::nullopt;
}

}  // namespace

std::optional<BytesPerSecond> theoretical_bandwidth(const Profile& profile) {
  const KnownPart* part = find_cpu(profile.facts.cpu.name);
  const double sockets = profile.facts.cpu.sockets.value_or(1);
  std::optional<BytesPerSecond> known;
  if (part != nullptr && part->memory_bandwidth) known = *part->memory_bandwidth * sockets;
  auto modules = bandwidth_of_modules(profile.facts.memory.modules);
  // Several modules may share a channel: the processor's channels cap what they add up to.
  if (modules && known) return std::min(*modules, *known);
  return modules ? modules : known;
}

std::vector<Finding> examine(const Profile& profile, const std::optional<EngineView>& engine) {
  Findings out;
  check_gpu_troubles(profile, out);
  check_unused_cards(profile, engine, out);
  for (const auto check :
       {check_quota, check_affinity, check_efficiency_cores, check_second_threads, check_governor,
        check_throttling, check_bandwidth, check_numa, check_swap, check_disk}) {
    check(profile, out);
  }
  check_engine_variant(profile, engine, out);
  std::ranges::stable_sort(out, std::ranges::greater{}, &Finding::grave);
  return out;
}

}  // namespace tokcast
