#include <sched.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "machine/cgroup.h"
#include "machine/machine.h"

namespace tokcast {
namespace {

// The value behind "key<white space>:" in /proc/cpuinfo or /proc/meminfo, first occurrence.
std::optional<std::string> find_field(const std::string& text, std::string_view key) {
  for (const std::string_view line : split(text, '\n')) {
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && trim(line.substr(0, colon)) == key) {
      return std::string(trim(line.substr(colon + 1)));
    }
  }
  return std::nullopt;
}

std::optional<Bytes> read_meminfo(const std::string& meminfo, std::string_view key) {
  const auto field = find_field(meminfo, key);
  if (!field) return std::nullopt;
  const auto kibibytes = parse_uint(split(*field, ' ')[0]);
  return kibibytes ? std::optional(Bytes(*kibibytes * 1024)) : std::nullopt;
}

// "0-3,8" as a list of numbers. Bounded: a hostile range cannot make it large.
std::vector<std::uint32_t> parse_cpu_list(std::string_view text) {
  constexpr std::uint64_t kMostCpus = 65'536;
  std::vector<std::uint32_t> cpus;
  for (const std::string_view part : split(trim(text), ',')) {
    const auto ends = split(part, '-');
    const auto first = parse_uint(ends.front());
    const auto last = parse_uint(ends.back());
    if (!first || !last || *last >= kMostCpus) continue;
    for (auto cpu = *first; cpu <= *last; ++cpu) cpus.push_back(static_cast<std::uint32_t>(cpu));
  }
  return cpus;
}

std::vector<std::uint32_t> own_affinity() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  std::vector<std::uint32_t> cpus;
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return cpus;
  for (std::uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &mask)) cpus.push_back(cpu);
  }
  return cpus;
}

std::string cpu_folder(const std::string& root, std::uint32_t cpu) {
  return fmt::format("{}/sys/devices/system/cpu/cpu{}", root, cpu);
}

std::optional<std::uint32_t> count_cores(const std::string& root, const std::vector<std::uint32_t>& cpus) {
  std::set<std::string> cores;
  for (const std::uint32_t cpu : cpus) {
    const auto siblings = read_line(cpu_folder(root, cpu) + "/topology/thread_siblings_list");
    if (!siblings) return std::nullopt;
    cores.insert(*siblings);
  }
  return cores.empty() ? std::nullopt : std::optional(static_cast<std::uint32_t>(cores.size()));
}

std::optional<Bytes> parse_cache_size(const std::string& text) {
  const std::uint64_t unit = text.ends_with('K') ? 1024 : text.ends_with('M') ? 1024 * 1024 : 1;
  const auto number = parse_uint(unit == 1 ? text : text.substr(0, text.size() - 1));
  return number ? std::optional(Bytes(*number * unit)) : std::nullopt;
}

std::optional<Bytes> read_last_level_cache(const std::string& root, std::uint32_t cpu) {
  std::optional<Bytes> largest;
  for (int index = 0; index < 8; ++index) {
    const auto size = read_line(fmt::format("{}/cache/index{}/size", cpu_folder(root, cpu), index));
    const auto bytes = size ? parse_cache_size(*size) : std::nullopt;
    if (bytes && (!largest || *bytes > *largest)) largest = bytes;
  }
  return largest;
}

std::string processor_name(const std::string& cpuinfo) {
  for (const char* key : {"model name", "Model", "cpu model", "Hardware"}) {
    if (const auto name = find_field(cpuinfo, key)) return printable(*name);
  }
  return "unknown processor";
}

template <typename T>
std::string text_of(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "?";
}

}  // namespace

std::uint32_t Machine::usable_threads() const {
  std::uint32_t threads = physical_cores.value_or(allowed_cpus.value_or(logical_cpus.value_or(1)));
  if (allowed_cpus) threads = std::min(threads, *allowed_cpus);
  if (cpu_quota) threads = std::min(threads, static_cast<std::uint32_t>(std::ceil(*cpu_quota)));
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

std::string Machine::identity() const {
  const auto cache = last_level_cache ? std::optional(last_level_cache->value) : std::nullopt;
  return stable_hash(fmt::format("{}|{}|{}|{}|{}|{}|{}", name, text_of(logical_cpus), text_of(physical_cores),
                                 text_of(allowed_cpus), text_of(cpu_quota), text_of(cache), kernel));
}

Machine read_machine(const std::string& root) {
  Machine machine;
  machine.name = processor_name(read_line(root + "/proc/cpuinfo").value_or(""));
  std::vector<std::uint32_t> cpus =
      parse_cpu_list(read_line(root + "/sys/devices/system/cpu/online").value_or(""));
  if (!cpus.empty()) machine.logical_cpus = static_cast<std::uint32_t>(cpus.size());
  if (root.empty()) cpus = own_affinity();
  if (!cpus.empty()) {
    machine.allowed_cpus = static_cast<std::uint32_t>(cpus.size());
    machine.physical_cores = count_cores(root, cpus);
    machine.last_level_cache = read_last_level_cache(root, cpus.front());
  }
  const std::string meminfo = read_line(root + "/proc/meminfo").value_or("");
  machine.memory_total = read_meminfo(meminfo, "MemTotal");
  machine.memory_available = read_meminfo(meminfo, "MemAvailable");
  const CgroupLimits cgroup = read_cgroup_limits(root);
  machine.cgroup_memory_free = cgroup.memory_free;
  machine.cpu_quota = cgroup.cpu_quota;
  machine.kernel = read_line(root + "/proc/sys/kernel/osrelease").value_or("");
  return machine;
}

}  // namespace tokcast
