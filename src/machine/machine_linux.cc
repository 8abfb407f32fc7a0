#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/file.h"
#include "machine/cgroup.h"
#include "machine/cpuinfo.h"
#include "machine/kernel_text.h"
#include "machine/logical_cpus.h"
#include "machine/machine.h"

namespace tokcast {
namespace {

// Of the calling thread; empty if the kernel does not tell.
std::vector<std::uint32_t> own_affinity() {
  constexpr std::size_t kMasks = kMostCpus / CPU_SETSIZE;  // one cpu_set_t is too small for large machines
  std::array<cpu_set_t, kMasks> mask{};
  std::vector<std::uint32_t> cpus;
  if (sched_getaffinity(0, sizeof mask, mask.data()) != 0) return cpus;
  for (std::uint32_t cpu = 0; cpu < kMostCpus; ++cpu) {
    if (CPU_ISSET_S(cpu, sizeof mask, mask.data())) cpus.push_back(cpu);
  }
  return cpus;
}

std::vector<std::uint32_t> read_affinity(const std::string& root) {
  if (root.empty()) return own_affinity();
  const auto list = find_field(read_line(root + "/proc/self/status").value_or(""), "Cpus_allowed_list");
  return parse_cpu_list(list.value_or("")).value_or(std::vector<std::uint32_t>());
}

// Those of `cpus` whose ids are among `ids`, which are ascending; all if `ids` is empty, which means unknown.
std::vector<LogicalCpu> among(std::vector<LogicalCpu> cpus, const std::vector<std::uint32_t>& ids) {
  if (ids.empty()) return cpus;
  std::erase_if(cpus, [&ids](const LogicalCpu& cpu) { return !std::ranges::binary_search(ids, cpu.id); });
  return cpus;
}

std::vector<std::uint32_t> ids_of(const std::vector<LogicalCpu>& cpus) {
  std::vector<std::uint32_t> ids;
  for (const LogicalCpu& cpu : cpus) ids.push_back(cpu.id);
  return ids;
}

// Without /proc and /sys the mask of affinity is all that is known.
std::vector<LogicalCpu> without_cores(const std::vector<std::uint32_t>& ids) {
  std::vector<LogicalCpu> cpus;
  for (const std::uint32_t id : ids) cpus.push_back({.id = id});
  return cpus;
}

std::optional<Bytes> read_largest_cache(const std::string& root, const std::vector<LogicalCpu>& cpus) {
  std::optional<Bytes> largest;
  for (const LogicalCpu& cpu : cpus) {
    for (int index = 0; index < 8; ++index) {
      const auto size = read_line(fmt::format("{}/cache/index{}/size", cpu_folder(root, cpu.id), index));
      const auto bytes = size ? parse_cache_size(*size) : std::nullopt;
      if (bytes && (!largest || *bytes > *largest)) largest = bytes;
    }
  }
  return largest;
}

std::uint32_t count_cores_or_cpus(const std::vector<LogicalCpu>& cpus) {
  return count_cores(cpus).value_or(static_cast<std::uint32_t>(cpus.size()));
}

// A control group's set of CPUs shows in the affinity mask, too: it is named first.
std::string bound_of_threads(const std::vector<LogicalCpu>& online, const std::vector<LogicalCpu>& allowed,
                             const CgroupLimits& cgroup) {
  if (allowed.empty()) return "";
  const auto cores = static_cast<double>(count_cores_or_cpus(performance_only(allowed)));
  if (cgroup.cpu_quota && std::ceil(*cgroup.cpu_quota) < cores) return "cgroup quota";
  const std::vector<LogicalCpu> best = performance_only(online);
  if (count_cores_or_cpus(among(best, ids_of(allowed))) >= count_cores_or_cpus(best)) {
    return best.size() < online.size() ? "performance cores" : "physical cores";
  }
  const bool by_set = cgroup.cpus && among(online, *cgroup.cpus).size() == allowed.size();
  return by_set ? "cpuset" : "affinity";
}

void read_processors(const std::string& root, const CgroupLimits& cgroup, Machine& machine) {
  const std::vector<LogicalCpu> online = read_logical_cpus(root);
  const std::vector<std::uint32_t> affinity = read_affinity(root);
  const std::vector<LogicalCpu> known = online.empty() ? without_cores(affinity) : online;
  const std::vector<LogicalCpu> allowed =
      among(among(known, affinity), cgroup.cpus.value_or(std::vector<std::uint32_t>()));
  if (!online.empty()) machine.logical_cpus = static_cast<std::uint32_t>(online.size());
  machine.threads_from = bound_of_threads(known, allowed, cgroup);
  machine.cpu_order = best_first(allowed);
  if (allowed.empty()) return;
  machine.allowed_cpus = static_cast<std::uint32_t>(allowed.size());
  machine.physical_cores = count_cores(allowed);
  const std::vector<LogicalCpu> performance = performance_only(allowed);
  if (performance.size() < allowed.size()) machine.performance_cores = count_cores_or_cpus(performance);
  machine.last_level_cache = read_largest_cache(root, allowed);
}

template <typename T>
std::string text_of(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "?";
}

}  // namespace

std::uint32_t Machine::usable_threads() const {
  std::uint32_t threads = physical_cores.value_or(allowed_cpus.value_or(logical_cpus.value_or(1)));
  if (performance_cores) threads = *performance_cores;
  if (allowed_cpus) threads = std::min(threads, *allowed_cpus);
  if (cpu_quota) threads = static_cast<std::uint32_t>(std::min<double>(threads, std::ceil(*cpu_quota)));
  return std::max(threads, 1U);
}

std::optional<MemoryLimit> Machine::memory_limit() const {
  std::optional<MemoryLimit> limit;
  if (memory_available) limit = {*memory_available, "memory available"};
  if (cgroup_memory_free && (!limit || *cgroup_memory_free < limit->bytes)) {
    limit = {*cgroup_memory_free, "cgroup"};
  }
  return limit;
}

std::string Machine::hardware_identity() const {
  Machine without_kernel = *this;
  without_kernel.kernel.clear();
  return without_kernel.identity();
}

std::string Machine::identity() const {
  const auto cache = last_level_cache ? std::optional(last_level_cache->value) : std::nullopt;
  const std::string kinds = performance_cores ? fmt::format("/{}", *performance_cores) : "";
  return stable_hash(fmt::format("{}|{}|{}{}|{}|{}|{}|{}", name, text_of(logical_cpus),
                                 text_of(physical_cores), kinds, text_of(allowed_cpus), text_of(cpu_quota),
                                 text_of(cache), kernel));
}

Machine read_machine(const std::string& root) {
  Machine machine;
  machine.name = processor_name(read_line(root + "/proc/cpuinfo").value_or(""));
  const CgroupLimits cgroup = read_cgroup_limits(root);
  read_processors(root, cgroup, machine);
  const std::string meminfo = read_line(root + "/proc/meminfo").value_or("");
  machine.memory_total = find_kibibytes(meminfo, "MemTotal");
  machine.memory_available = find_kibibytes(meminfo, "MemAvailable");
  machine.cgroup_memory_free = cgroup.memory_free;
  machine.cpu_quota = cgroup.cpu_quota;
  machine.kernel = read_line(root + "/proc/sys/kernel/osrelease").value_or("");
  return machine;
}

}  // namespace tokcast
