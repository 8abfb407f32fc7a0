// Facts about a machine: its processor, memory, platform and disk, as the kernel tells them.
//
// Read below a root directory, so that another machine's files are a fixture; "" is this machine. Nothing is
// guessed: what cannot be read is nullopt or empty, with the reason in Facts::unknown.
#ifndef TOKCAST_MACHINE_FACTS_H_
#define TOKCAST_MACHINE_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"

namespace tokcast {

struct Cache {
  std::uint32_t level = 0;      // 1 (data only), 2, 3, 4
  Bytes size{};                 // of one such cache
  std::uint32_t instances = 0;  // how many of this size the machine has
};

struct NumaNode {
  std::uint32_t id = 0;
  std::optional<Bytes> memory{};
  std::vector<std::uint32_t> cpus{};  // logical, ascending; empty for memory without processors
};

struct CpuFacts {
  std::string name;                     // as the kernel gives it; "unknown processor"
  std::optional<std::string> vendor{};  // "Intel", "AMD", "ARM", "Apple", "Ampere" ... else as given
  std::optional<std::string> microarchitecture{};  // "Haswell", "Zen 4", "Cortex-A76"
  std::string architecture;                        // "x86_64", "aarch64", "riscv64" ...; "unknown"
  // Canonical lower-case names in a fixed order: sse4.2 avx avx2 fma f16c avx512f avx512bw avx512vl
  // avx512vnni avx512bf16 avx512fp16 avxvnni amx-int8 amx-bf16 | neon dotprod i8mm fp16 bf16 sve sve2 | rvv
  std::vector<std::string> isa{};
  std::optional<std::string> ggml_variant{};  // the best of ggml's x86 CPU variants that this ISA allows
  std::optional<std::uint32_t> sockets{};
  std::optional<std::uint32_t> cores{};              // physical
  std::optional<std::uint32_t> logical_cpus{};       // online
  std::optional<std::uint32_t> performance_cores{};  // physical; both set on hybrid processors only
  std::optional<std::uint32_t> efficiency_cores{};
  std::vector<Cache> caches{};         // ascending in level, then descending in size
  std::vector<NumaNode> numa_nodes{};  // ascending in id
  std::optional<double> base_megahertz{};
  std::optional<double> most_megahertz{};         // of the fastest core
  std::optional<double> current_megahertz{};      // mean over cores, now
  std::optional<std::string> governor{};          // "performance", "powersave", "schedutil"
  std::optional<std::string> frequency_driver{};  // "intel_pstate", "amd-pstate-epp"
};

// One populated memory module. No serial numbers, no part numbers.
struct MemoryModule {
  Bytes size{};
  std::optional<std::string> type{};             // "DDR4", "DDR5", "LPDDR5"
  std::optional<std::uint32_t> megatransfers{};  // configured rate, MT/s
};

struct MemoryFacts {
  std::optional<Bytes> total{};
  std::optional<Bytes> available{};  // what the kernel could give without swapping
  std::optional<Bytes> swap_total{};
  std::optional<Bytes> swap_used{};
  std::optional<std::uint64_t> huge_pages_free{};
  std::optional<Bytes> huge_page_size{};
  std::optional<std::string> transparent_huge_pages{};  // "always", "madvise", "never"
  std::vector<MemoryModule> modules{};
  std::optional<std::uint32_t> module_slots{};
};

struct PlatformFacts {
  std::string kernel;                         // release; "" if unknown
  std::optional<std::string> distribution{};  // PRETTY_NAME of os-release
  std::optional<std::string> hypervisor{};    // "kvm", "vmware", "microsoft", "xen" ...; nullopt: none seen
  std::optional<std::string> container{};     // "docker", "podman", "lxc", "kubernetes" ...
  bool wsl = false;
  std::optional<std::string> board{};  // device tree model or DMI product name
};

// Where models are kept.
struct DiskFacts {
  std::string path;                         // the folder asked about, or its nearest existing ancestor
  std::optional<std::string> filesystem{};  // "ext4", "overlay", "nfs4"
  // "NVMe", "SSD", "hard disk", "SD card", "eMMC", "virtual disk", "network", "shared by the host", "memory"
  std::optional<std::string> kind{};
  std::optional<Bytes> free{};
  std::optional<BytesPerSecond> read_rate{};  // measured past the page cache; nullopt: not measured
};

struct UnknownFact {
  std::string fact;    // "cpu.microarchitecture"
  std::string reason;  // one phrase: "no /sys/devices/system/cpu", "only root may read the DMI table"
};

struct Facts {
  CpuFacts cpu{};
  MemoryFacts memory{};
  PlatformFacts platform{};
  DiskFacts disk{};
  std::vector<UnknownFact> unknown{};
};

// Never fails. `model_directory` is where models would be stored (disk facts); it is looked up below `root`.
Facts read_facts(const std::string& root, const std::string& model_directory);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_FACTS_H_
