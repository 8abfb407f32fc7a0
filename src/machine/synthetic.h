// Machines in one line, for forecasts about a machine that is elsewhere: "16c avx2 4x ddr4-2133 39GiB".
//
//   line      = processor [modules] [quota] size [quota] [gpu]    words apart by spaces, in any case
//   processor = [SOCKETS "x"] CORES "c" ["/" THREADS "t"] {ISA}   cores and threads of one socket
//             | [SOCKETS "x "] NAME                               of a known processor (known_parts.h)
//   modules   = CHANNELS "x " TYPE "-" MTS                        64-bit channels of the whole machine
//   size      = NUMBER ("GiB" | "GB")                             of the main memory
//   quota     = "quota " CPUS                                     of a control group
//   gpu       = "gpu " NAME                                       of a known graphics processor; to the end
//
// "2x10c/20t avx2 8x ddr4-2133 64GiB", "E5-2660 v3 39GiB", "8c avx512vnni 2x ddr5-5600 32GiB gpu RTX 4090".
// An instruction set brings those with it that every processor made has beside it (isa_name.h). A known
// processor brings its channels.
#ifndef TOKCAST_MACHINE_SYNTHETIC_H_
#define TOKCAST_MACHINE_SYNTHETIC_H_

#include <string>
#include <string_view>

#include "base/result.h"
#include "machine/profile.h"

namespace tokcast {

// One memory module stands for each channel, so that channels x 8 bytes x MT/s is the theoretical bandwidth.
// All memory is available; provenance "synthetic"; nothing is measured. Any bytes.
// Errors: kUsage naming the word that was not understood, or what is missing.
Result<Profile> parse_synthetic(std::string_view line);

// The line for a profile of parse_synthetic: parsed again, it gives the same profile. Any other profile as
// nearly as the grammar can: whole GiB, one kind of module, one GPU.
std::string print_synthetic(const Profile& profile);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_SYNTHETIC_H_
