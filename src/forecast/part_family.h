// The design behind a part's name: parts of one design reach much the same share of what they could.
#ifndef TOKCAST_FORECAST_PART_FAMILY_H_
#define TOKCAST_FORECAST_PART_FAMILY_H_

#include <span>
#include <string>
#include <string_view>

namespace tokcast {

// "Ada" for "GeForce RTX 4090", "RDNA3" for "Radeon RX 7900 XTX"; "" for a name without a known pattern.
std::string gpu_family(std::string_view name);

// What NVIDIA sells one design as, with other clocks and power: "GeForce" for consumers, "workstation" for
// "RTX A6000" and the like, "server" for "L40S"; "" for other makers.
std::string gpu_line(std::string_view vendor, std::string_view name);

// "Haswell" for "Xeon E5-2660 v3", "Zen 4" for "EPYC 9374F"; "" for a name without a known pattern.
std::string cpu_family(std::string_view name);

// The one of a processor's instruction sets (CpuFacts::isa) that decides its rate of dot products: "amx",
// "avx512vnni", "avx512", "avxvnni", "avx2", "avx", "i8mm", "dotprod", "neon", "rvv"; "" for none of them.
std::string dot_isa(std::span<const std::string> isa);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_PART_FAMILY_H_
