// What names tell of the hardware that a model will run on: the input of the `looked-up` rung (looked_up.h).
#ifndef TOKCAST_FORECAST_HARDWARE_H_
#define TOKCAST_FORECAST_HARDWARE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "machine/known_parts.h"
#include "machine/profile.h"

namespace tokcast {

enum class HardwareKind { kCpu, kGpu };

// Every number is that of the whole machine; of one card where there are several.
struct Hardware {
  HardwareKind kind = HardwareKind::kCpu;
  std::string part;     // the known part's name, or what the user called it
  std::string vendor;   // as KnownPart::vendor; "" if unknown
  std::string family;   // the design: "Haswell", "Zen 4", "Ada", "RDNA3"; "" if unknown
  std::string line;     // what a maker sells a graphics design as: "GeForce", "workstation", "server"; ""
  std::string isa;      // of a processor, the best for dot products: "avx2", "amx", "i8mm" ...; "" if unknown
  std::string backend;  // of the engine: "CPU", "CUDA", "ROCm", "Vulkan", "SYCL", "Metal"
  // "cpu-desktop", "cpu-server", "sbc", "apple", "nvidia", "amd", "intel-gpu", "igpu": what errors are told
  // by.
  std::string group;
  std::optional<double> bandwidth{};  // bytes a second, the memory's theoretical peak
  // What the memory can stream at most, whatever is run: the peak where nobody can have put in faster modules
  // than were told or specified. nullopt: not known.
  std::optional<double> most_bandwidth{};
  std::optional<double> cache_bytes{};  // last level, all of them
  std::optional<std::uint32_t> sockets{};
  std::optional<std::uint32_t> cores{};              // physical
  std::optional<std::uint32_t> performance_cores{};  // of them; set on hybrid processors only
  std::optional<std::uint32_t> threads{};            // that the engine uses; nullopt: one a core
  std::optional<double> gigahertz{};                 // that all cores hold
  std::optional<double> fp32_teraflops{};
  std::optional<double> fp16_teraflops{};
  std::uint32_t devices = 1;  // equal cards that share the layers
  // What else sets a run apart: "slow host" (a card on a single-board computer); of published runs also
  // "Ollama", "llamafile", "OpenBLAS", "before 2024-08". Mostly empty.
  std::vector<std::string> conditions{};
};

// Of a known processor in `sockets` sockets, its memory as the maker specifies it.
Hardware processor_hardware(const KnownPart& part, std::uint32_t sockets = 1);
// Of a known card or of the graphics processor of a known system, with the backend that its maker supports.
Hardware graphics_hardware(const KnownPart& part, std::uint32_t devices = 1);

// The processor of a profile. Memory modules win over the part's own peak. `threads` that the engine will
// use; nullopt: one a core. Never fails: what is not known is nullopt.
Hardware hardware_of(const Profile& profile, std::optional<std::uint32_t> threads = {});
// Equal cards, or the graphics processor of a chip.
struct Card {
  Hardware hardware{};
  std::optional<Bytes> memory{};  // of all of them together; nullopt: not known, or not their own
  bool shares_memory = false;     // with the processor
};

// The cards that an engine would spread a model over: all with memory of their own that are known, equal ones
// together, the largest memory first. Without any, the graphics processor that gpu_hardware_of finds, if it
// finds one.
std::vector<Card> cards_of(const Profile& profile);

// The graphics processor of a profile that reads memory fastest; nullopt if it has none that is known.
std::optional<Hardware> gpu_hardware_of(const Profile& profile);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_HARDWARE_H_
