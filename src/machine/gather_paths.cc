#include "machine/gather_paths.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <tuple>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr auto kPaths = std::to_array<std::string_view>({
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/version",
    "/proc/sys/kernel/osrelease",
    "/proc/sys/kernel/arch",
    "/proc/self/cgroup",
    "/proc/self/status",
    "/proc/self/mountinfo",
    "/proc/1/cgroup",
    "/proc/1/environ",
    "/proc/pressure/*",
    "/proc/device-tree/model",
    "/proc/device-tree/compatible",
    "/proc/device-tree/hypervisor/compatible",
    "/proc/driver/nvidia/version",
    "/proc/driver/nvidia/gpus/*/information",
    "/etc/os-release",
    "/usr/lib/os-release",
    "/.dockerenv",
    "/dev/dxg",
    "/run/.containerenv",
    "/run/systemd/container",
    "/run/secrets/kubernetes.io",
    "/var/run/secrets/kubernetes.io",
    "/sys/hypervisor/type",
    "/sys/class/dmi/id/sys_vendor",
    "/sys/class/dmi/id/product_name",
    "/sys/class/dmi/id/board_vendor",
    "/sys/class/dmi/id/board_name",
    "/sys/class/dmi/id/chassis_type",
    "/sys/firmware/devicetree/base/model",
    "/sys/firmware/devicetree/base/compatible",
    "/sys/firmware/dmi/tables/DMI",
    "/sys/devices/system/cpu/online",
    "/sys/devices/system/cpu/possible",
    "/sys/devices/system/cpu/present",
    "/sys/devices/system/cpu/smt/active",
    "/sys/devices/system/cpu/smt/control",
    "/sys/devices/system/cpu/types/*/cpulist",
    "/sys/devices/system/cpu/cpufreq/boost",
    "/sys/devices/system/cpu/intel_pstate/no_turbo",
    "/sys/devices/system/cpu/intel_pstate/status",
    "/sys/devices/system/cpu/amd_pstate/status",
    "/sys/devices/cpu_core/cpus",
    "/sys/devices/cpu_atom/cpus",
    "/sys/devices/cpu_lowpower/cpus",
    "/sys/devices/system/node/online",
    "/sys/devices/system/node/possible",
    "/sys/devices/system/node/has_cpu",
    "/sys/devices/system/node/has_memory",
    "/sys/devices/system/node/node#/cpulist",
    "/sys/devices/system/node/node#/cpumap",
    "/sys/devices/system/node/node#/distance",
    "/sys/devices/system/node/node#/meminfo",
    "/sys/devices/system/node/node#/hugepages/*/free_hugepages",
    "/sys/devices/system/node/node#/hugepages/*/nr_hugepages",
    "/sys/kernel/mm/transparent_hugepage/enabled",
    "/sys/kernel/mm/hugepages/*/free_hugepages",
    "/sys/kernel/mm/hugepages/*/nr_hugepages",
    "/sys/module/nvidia/version",
    "/sys/module/amdgpu/version",
    "/sys/module/i915/version",
    "/sys/module/xe/version",
    "/sys/class/block/*/queue/rotational",
    "/sys/class/block/*/device/type",
    "/sys/class/block/*/dev",
    "/sys/class/block/*/slaves/*",
    "/sys/dev/block/*/uevent",
});

// Folders of devices that may be graphics processors; on a PCI bus only if their class says so.
constexpr auto kDisplayFiles = std::to_array<std::string_view>({
    "class",
    "vendor",
    "device",
    "boot_vga",
    "uevent",
    "driver",
    "physfn",
    "mem_info_vram_total",
    "mem_info_vram_used",
    "mem_info_gtt_total",
    "mem_info_gtt_used",
    "lmem_total_bytes",
    "lmem_avail_bytes",
    "hwmon/hwmon#/name",
    "hwmon/hwmon#/in1_label",
    "hwmon/hwmon#/freq2_label",
    "drm/card#/lmem_total_bytes",
    "drm/card#/lmem_avail_bytes",
    "tile#/physical_vram_size_bytes",
    "tile#/vram_size_bytes",
    "tile#/vram_used_bytes",
});

constexpr auto kCpuPaths = std::to_array<std::string_view>({
    "/sys/devices/system/cpu/cpu#/topology/core_id",
    "/sys/devices/system/cpu/cpu#/topology/physical_package_id",
    "/sys/devices/system/cpu/cpu#/topology/die_id",
    "/sys/devices/system/cpu/cpu#/topology/cluster_id",
    "/sys/devices/system/cpu/cpu#/topology/thread_siblings_list",
    "/sys/devices/system/cpu/cpu#/topology/core_cpus_list",
    "/sys/devices/system/cpu/cpu#/topology/package_cpus_list",
    "/sys/devices/system/cpu/cpu#/cpu_capacity",
    "/sys/devices/system/cpu/cpu#/online",
    "/sys/devices/system/cpu/cpu#/regs/identification/midr_el1",
    "/sys/devices/system/cpu/cpu#/cache/index#/level",
    "/sys/devices/system/cpu/cpu#/cache/index#/type",
    "/sys/devices/system/cpu/cpu#/cache/index#/size",
    "/sys/devices/system/cpu/cpu#/cache/index#/shared_cpu_list",
    "/sys/devices/system/cpu/cpu#/cpufreq/scaling_driver",
    "/sys/devices/system/cpu/cpu#/cpufreq/scaling_governor",
    "/sys/devices/system/cpu/cpu#/cpufreq/scaling_cur_freq",
    "/sys/devices/system/cpu/cpu#/cpufreq/scaling_max_freq",
    "/sys/devices/system/cpu/cpu#/cpufreq/cpuinfo_max_freq",
    "/sys/devices/system/cpu/cpu#/cpufreq/cpuinfo_min_freq",
    "/sys/devices/system/cpu/cpu#/cpufreq/base_frequency",
    "/sys/devices/system/cpu/cpu#/acpi_cppc/nominal_freq",
    // What hwloc reads of the same facts: masks instead of lists.
    "/sys/devices/system/cpu/cpu#/topology/core_cpus",
    "/sys/devices/system/cpu/cpu#/topology/package_cpus",
    "/sys/devices/system/cpu/cpu#/topology/die_cpus",
    "/sys/devices/system/cpu/cpu#/topology/cluster_cpus",
    "/sys/devices/system/cpu/cpu#/topology/thread_siblings",
    "/sys/devices/system/cpu/cpu#/topology/core_siblings",
    "/sys/devices/system/cpu/cpu#/cache/index#/shared_cpu_map",
});

constexpr auto kCgroupFiles = std::to_array<std::string_view>({
    "cgroup.controllers",
    "cpu.max",
    "cpu.cfs_quota_us",
    "cpu.cfs_period_us",
    "cpuset.cpus",
    "cpuset.cpus.effective",
    "cpuset.effective_cpus",
    "memory.max",
    "memory.high",
    "memory.low",
    "memory.current",
    "memory.stat",
    "memory.swap.max",
    "memory.limit_in_bytes",
    "memory.soft_limit_in_bytes",
    "memory.usage_in_bytes",
});

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool fits(std::string_view name, std::string_view pattern) {
  const auto wild = pattern.find_first_of("*#");
  const std::string_view before = pattern.substr(0, wild);
  const std::string_view after = pattern.substr(wild + 1);
  if (name.size() <= before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after))
    return false;
  name = name.substr(before.size(), name.size() - before.size() - after.size());
  return pattern[wild] == '*' || std::ranges::all_of(name, is_digit);
}

bool is_plain_name(std::string_view name) {
  constexpr std::size_t kLongestName = 255;  // NAME_MAX
  return !name.empty() && name.size() <= kLongestName && name != "." && name != ".." &&
         std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
}

std::vector<std::string> names_in(const std::string& directory, std::string_view pattern) {
  constexpr std::size_t kMostNames = 65'536;
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (is_plain_name(name) && fits(name, pattern)) names.push_back(std::move(name));
    if (names.size() == kMostNames) break;
  }
  std::ranges::sort(names, {},
                    [](const std::string& name) { return std::tuple(name.size(), std::string_view(name)); });
  return names;
}

}  // namespace

std::span<const std::string_view> gathered_paths() {
  return kPaths;
}
std::span<const std::string_view> gathered_cpu_paths() {
  return kCpuPaths;
}
std::span<const std::string_view> gathered_display_files() {
  return kDisplayFiles;
}
std::span<const std::string_view> gathered_cgroup_files() {
  return kCgroupFiles;
}

bool is_normal_path(std::string_view path) {
  constexpr std::size_t kLongestPath = 1024;
  return path.size() <= kLongestPath && path.starts_with('/') &&
         std::ranges::all_of(split(path.substr(1), '/'), is_plain_name);
}

bool leads_inside(std::string_view link, std::string_view target) {
  const auto names = split(target, '/');
  const auto down = std::ranges::find_if(names, [](std::string_view name) { return name != ".."; });
  const auto folders = std::ranges::count(link, '/') - 1;  // that the link lies in
  return down - names.begin() <= folders && std::all_of(down, names.end(), is_plain_name);
}

std::vector<std::string> expand(const std::string& root, std::string_view pattern) {
  std::vector<std::string> paths = {""};
  for (const std::string_view component : split(pattern.substr(1), '/')) {
    std::vector<std::string> longer;
    for (const std::string& path : paths) {
      if (!component.contains('*') && !component.contains('#')) {
        longer.push_back(path + "/" + std::string(component));
        continue;
      }
      for (const std::string& name : names_in(root + path, component)) longer.push_back(path + "/" + name);
    }
    paths = std::move(longer);
  }
  return paths;
}

}  // namespace tokcast
