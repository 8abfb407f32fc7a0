// The files of /proc and /sys that the probe reads, one of them replaced by any bytes: it must say "unknown",
// not crash, and what it says must be a profile that can be written and read back.
//
// The first byte of an input chooses the file (kFiles, modulo their number), the rest becomes its content.
#include <array>
#include <cstddef>
#include <cstdint>

#include "fuzz_root.h"
#include "machine/profile.h"

namespace tokcast {
namespace {

struct File {
  std::string_view path;
  std::string_view content;  // what it holds while another one is replaced
};

constexpr std::string_view kProcessors =
    "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 63\nmodel name\t: Intel(R) "
    "Xeon(R) CPU "
    "E5-2660 v3 @ 2.60GHz\nstepping\t: 2\ncpu MHz\t\t: 1200.000\nphysical id\t: 0\ncore id\t\t: "
    "0\nflags\t\t: fpu lm "
    "sse4_2 avx f16c fma avx2 hypervisor\n\nprocessor\t: 1\nphysical id\t: 0\ncore id\t\t: 0\nflags\t\t: fpu "
    "lm\n\n";

// A small machine of two threads with a graphics card of each kind. New files go to the end: the seeds count
// on it.
constexpr auto kFiles = std::to_array<File>({
    {"/proc/cpuinfo", kProcessors},
    {"/proc/meminfo",
     "MemTotal: 16000000 kB\nMemAvailable: 12000000 kB\nSwapTotal: 100 kB\nSwapFree: 50 kB\n"},
    {"/proc/self/cgroup", "3:memory:/a/b\n2:cpu,cpuacct:/a/b\n0::/a/b\n"},
    {"/proc/1/cgroup", "0::/\n"},
    {"/proc/1/environ", ""},
    {"/proc/self/mountinfo", "28 1 259:2 / / rw shared:1 - ext4 /dev/sda2 rw\n"},
    {"/proc/sys/kernel/osrelease", "6.1.0\n"},
    {"/proc/sys/kernel/arch", "x86_64\n"},
    {"/proc/version", "Linux version 6.1.0 (a@b) (gcc)\n"},
    {"/proc/pressure/cpu", "some avg10=0.21 avg60=4.27 avg300=2.64 total=23573152\n"},
    {"/proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu\n"},
    {"/proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA H200\nGPU UUID: \t GPU-5d\n"},
    {"/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n"},
    {"/run/systemd/container", "lxc\n"},
    {"/sys/hypervisor/type", "xen\n"},
    {"/sys/class/dmi/id/product_name", "Box\n"},
    {"/sys/firmware/devicetree/base/model", "Board"},
    {"/sys/firmware/dmi/tables/DMI", ""},
    {"/sys/devices/system/cpu/online", "0-1\n"},
    {"/sys/devices/system/cpu/possible", "0-1\n"},
    {"/sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0-1\n"},
    {"/sys/devices/system/cpu/cpu0/topology/core_cpus", "3\n"},
    {"/sys/devices/system/cpu/cpu0/topology/package_cpus", "3\n"},
    {"/sys/devices/system/cpu/cpu0/topology/core_id", "0\n"},
    {"/sys/devices/system/cpu/cpu0/topology/physical_package_id", "0\n"},
    {"/sys/devices/system/cpu/cpu0/cache/index0/level", "3\n"},
    {"/sys/devices/system/cpu/cpu0/cache/index0/type", "Unified\n"},
    {"/sys/devices/system/cpu/cpu0/cache/index0/size", "25600K\n"},
    {"/sys/devices/system/cpu/cpu0/cache/index0/shared_cpu_map", "3\n"},
    {"/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3300000\n"},
    {"/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n"},
    {"/sys/devices/system/cpu/cpu0/cpu_capacity", "1024\n"},
    {"/sys/devices/cpu_core/cpus", "0\n"},
    {"/sys/devices/cpu_atom/cpus", "1\n"},
    {"/sys/devices/system/node/online", "0\n"},
    {"/sys/devices/system/node/node0/cpulist", "0-1\n"},
    {"/sys/devices/system/node/node0/cpumap", "3\n"},
    {"/sys/devices/system/node/node0/meminfo", "Node 0 MemTotal: 16000000 kB\n"},
    {"/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"},
    {"/sys/fs/cgroup/a/cpu.max", "150000 100000\n"},
    {"/sys/fs/cgroup/a/b/memory.max", "6442450944\n"},
    {"/sys/fs/cgroup/a/b/memory.high", "max\n"},
    {"/sys/fs/cgroup/a/b/memory.current", "1000000000\n"},
    {"/sys/fs/cgroup/a/b/memory.stat", "anon 1\ninactive_file 100\nactive_file 100\n"},
    {"/sys/fs/cgroup/a/b/cpuset.cpus.effective", "0-1\n"},
    {"/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4294967296\n"},
    {"/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "50000\n"},
    {"/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n"},
    {"/sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n"},
    {"/sys/bus/pci/devices/0000:01:00.0/uevent",
     "DRIVER=nvidia\nPCI_CLASS=30000\nPCI_ID=10DE:2335\nPCI_SLOT_NAME=0000:01:00.0\n"},
    {"/sys/bus/pci/devices/0000:02:00.0/uevent",
     "DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:15BF\nPCI_SLOT_NAME=0000:02:00.0\n"},
    {"/sys/bus/pci/devices/0000:02:00.0/mem_info_vram_total", "4294967296\n"},
    {"/sys/bus/pci/devices/0000:02:00.0/mem_info_vram_used", "1000000\n"},
    {"/sys/class/drm/card0/device/uevent", "DRIVER=asahi\n"},
    {"/usr/share/misc/pci.ids", "#\n10de  NVIDIA Corporation\n\t2335  GH100 [H200 SXM 141GB]\n"},
    {"/sys/dev/block/259:2/uevent", "DEVNAME=sda2\n"},
    {"/sys/class/block/sda/queue/rotational", "1\n"},
});

void make_machine(const FuzzRoot& root) {
  for (const File& file : kFiles) root.write(file.path, file.content);
  // The second thread is the first one's twin.
  const auto cpu = root.path() + "/sys/devices/system/cpu/cpu";
  std::filesystem::copy(cpu + "0", cpu + "1", std::filesystem::copy_options::recursive);
}

const FuzzRoot& machine() {
  static const FuzzRoot root;
  static const bool made = (make_machine(root), true);
  require(made);
  return root;
}

void probe(const std::string& root) {
  Profile profile;
  profile.limits = read_machine(root);
  profile.facts = read_facts(root, "/models");
  profile.gpus = survey_gpus({.root = root});
  require(profile.limits.usable_threads() >= 1);
  const auto written = parse_json(profile_to_json(profile).dump(), "fuzz");
  require(written && profile_from_json(*written));
}

void probe_with(std::uint8_t choice, std::string_view content) {
  const File& file = kFiles[choice % kFiles.size()];
  machine().write(file.path, content);
  probe(machine().path());
  machine().write(file.path, file.content);
}

}  // namespace
}  // namespace tokcast

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  tokcast::probe_with(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
