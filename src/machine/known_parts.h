// Known processors and graphics processors by name, from data/machines.json (each row with its source).
//
// A name is reduced to the words that tell parts apart (part_name.h) and must then equal one of a part's own
// names, word for word: what makes variants different (Laptop, Max-Q, Ti, SUPER, v2/v3, a memory size) is on
// both sides or on none. No match, or several, is "not known", never a guess.
#ifndef TOKCAST_MACHINE_KNOWN_PARTS_H_
#define TOKCAST_MACHINE_KNOWN_PARTS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace tokcast {

enum class PartKind {
  kCpu,
  kGpu,
  kSystem
};  // kSystem: processor and memory in one, most with a GPU (Apple, GB10, boards)

struct KnownPart {
  std::string name;
  PartKind kind = PartKind::kCpu;
  std::string vendor;                                // as Gpu::vendor: "NVIDIA", "AMD", "Intel", "Apple" ...
  std::vector<std::string> aliases{};                // other names that mean it
  std::optional<std::uint32_t> cores{};              // of one socket, as all below
  std::optional<std::uint32_t> performance_cores{};  // both set on hybrid processors only
  std::optional<std::uint32_t> efficiency_cores{};   // low-power ones included
  std::optional<std::uint32_t> threads{};
  std::optional<double> base_gigahertz{};
  std::optional<double> boost_gigahertz{};
  std::vector<std::string> isa{};  // names as in CpuFacts::isa; empty: not known
  std::optional<double> last_level_cache_megabytes{};
  std::optional<std::string> memory_type{};        // "DDR4", "LPDDR5X": the one that `megatransfers` is of
  std::optional<std::uint32_t> memory_channels{};  // 64 bits wide; absent for narrower memory
  std::optional<std::uint32_t> megatransfers{};
  std::optional<BytesPerSecond> memory_bandwidth{};  // theoretical peak of a socket, or of the GPU's memory
  std::optional<Bytes> video_memory{};               // of a card; of a system that is sold with one size
  bool shares_memory = false;  // a GPU whose memory is the machine's: bandwidth depends on the machine
  std::optional<double> fp32_teraflops{};
  std::optional<double> fp16_teraflops{};  // dense; of GeForce cards with sums in FP32
  std::optional<double> int8_teraops{};    // dense
  std::string confidence;                  // "high", "medium", "low"
  std::string note{};                      // what the figures leave out; may be empty
  std::string source;
};

// All parts; parsed once from the embedded table, lives as long as the process. Any thread.
std::span<const KnownPart> known_parts();

// The one part that `name` (as a kernel, driver or person writes it; any bytes) means, or nullptr.
const KnownPart* find_cpu(std::string_view name);
// `memory` tells apart cards sold with several sizes. A size that the part is not sold with is "not known".
const KnownPart* find_gpu(std::string_view name, std::optional<Bytes> memory = {});

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_KNOWN_PARTS_H_
