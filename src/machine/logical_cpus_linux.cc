#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/file.h"
#include "base/text.h"
#include "machine/kernel_text.h"
#include "machine/logical_cpus.h"

namespace tokcast {
namespace {

// Cores by /proc/cpuinfo, for kernels without /sys: x86 tells "physical id" and "core id" of each processor,
// other architectures nothing but the processor's number.
std::map<std::uint32_t, std::string> cores_of_cpuinfo(const std::string& cpuinfo) {
  const std::vector<std::string> ids = find_fields(cpuinfo, "processor");
  const std::vector<std::string> packages = find_fields(cpuinfo, "physical id");
  const std::vector<std::string> cores = find_fields(cpuinfo, "core id");
  const bool complete = packages.size() == ids.size() && cores.size() == ids.size();
  std::map<std::uint32_t, std::string> all;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto id = parse_uint(ids[i]);
    if (!id || *id >= kMostCpus) continue;
    all[static_cast<std::uint32_t>(*id)] = complete ? packages[i] + ":" + cores[i] : std::string();
  }
  return all;
}

std::vector<std::uint32_t> numbers_of(const std::map<std::uint32_t, std::string>& cores) {
  std::vector<std::uint32_t> ids;
  for (const auto& [id, core] : cores) ids.push_back(id);
  return ids;
}

// Intel's kernels list the two kinds of a hybrid processor as two sources of performance events.
std::optional<std::set<std::uint32_t>> listed_efficiency_cpus(const std::string& root) {
  const auto atom = read_cpu_list(root + "/sys/devices/cpu_atom/cpus");
  const auto core = read_cpu_list(root + "/sys/devices/cpu_core/cpus");
  if (!atom || !core || core->empty()) return std::nullopt;
  std::set<std::uint32_t> cpus(atom->begin(), atom->end());
  const auto low_power = read_cpu_list(root + "/sys/devices/cpu_lowpower/cpus");
  if (low_power) cpus.insert(low_power->begin(), low_power->end());
  return cpus;
}

// ARM's give each processor's capacity, 1024 for the fastest. Below three quarters of it counts as an
// efficiency core: the LITTLE cores on the market have 0.2 to 0.55, the middle ones 0.8 and more.
std::set<std::uint32_t> slow_cpus(const std::string& root, const std::vector<std::uint32_t>& ids) {
  std::map<std::uint32_t, std::uint64_t> capacities;
  std::uint64_t most = 0;
  for (const std::uint32_t id : ids) {
    const auto capacity = read_number(cpu_folder(root, id) + "/cpu_capacity");
    if (!capacity || *capacity > UINT32_MAX) return {};
    most = std::max(most, capacities[id] = *capacity);
  }
  std::set<std::uint32_t> cpus;
  for (const auto& [id, capacity] : capacities) {
    if (capacity * 4 < most * 3) cpus.insert(id);
  }
  return cpus;
}

}  // namespace

std::vector<LogicalCpu> read_logical_cpus(const std::string& root) {
  const auto by_cpuinfo = cores_of_cpuinfo(read_line(root + "/proc/cpuinfo").value_or(""));
  auto ids = read_cpu_list(root + "/sys/devices/system/cpu/online").value_or(std::vector<std::uint32_t>());
  if (ids.empty()) ids = numbers_of(by_cpuinfo);
  const auto listed = listed_efficiency_cpus(root);
  const std::set<std::uint32_t> efficiency = listed ? *listed : slow_cpus(root, ids);
  std::vector<LogicalCpu> cpus;
  for (const std::uint32_t id : ids) {
    const auto siblings = read_line(cpu_folder(root, id) + "/topology/thread_siblings_list");
    const auto found = by_cpuinfo.find(id);
    const std::string core = siblings ? *siblings : found == by_cpuinfo.end() ? std::string() : found->second;
    cpus.push_back({id, core, efficiency.contains(id)});
  }
  return cpus;
}

std::optional<std::uint32_t> count_cores(const std::vector<LogicalCpu>& cpus) {
  std::set<std::string> cores;
  for (const LogicalCpu& cpu : cpus) {
    if (cpu.core.empty()) return std::nullopt;
    cores.insert(cpu.core);
  }
  return cores.empty() ? std::nullopt : std::optional(static_cast<std::uint32_t>(cores.size()));
}

std::vector<LogicalCpu> performance_only(std::vector<LogicalCpu> cpus) {
  if (!std::ranges::all_of(cpus, &LogicalCpu::efficiency)) std::erase_if(cpus, &LogicalCpu::efficiency);
  return cpus;
}

std::vector<std::uint32_t> best_first(std::vector<LogicalCpu> cpus) {
  std::ranges::sort(cpus, {}, &LogicalCpu::id);
  std::map<std::string, std::uint32_t> seen;  // threads of each core so far
  std::vector<std::tuple<std::uint32_t, bool, std::uint32_t>> ranked;
  for (const LogicalCpu& cpu : cpus) {
    const std::uint32_t thread = cpu.core.empty() ? 0 : seen[cpu.core]++;
    ranked.emplace_back(thread, cpu.efficiency, cpu.id);
  }
  std::ranges::sort(ranked);
  std::vector<std::uint32_t> ids;
  for (const auto& [thread, efficiency, id] : ranked) ids.push_back(id);
  return ids;
}

}  // namespace tokcast
