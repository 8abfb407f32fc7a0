// Instruction sets: from the kernel's flag names to canonical ones, and to the variant of ggml's processor
// back end that they allow. Pure text functions.
#ifndef TOKCAST_MACHINE_ISA_H_
#define TOKCAST_MACHINE_ISA_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokcast {

// The canonical names of CpuFacts::isa, in their fixed order.
// `flags`: the value of "flags" in an x86 /proc/cpuinfo.
std::vector<std::string> x86_isa(std::string_view flags);
// `features`: the value of "Features" in an ARM one, 32 or 64 bits.
std::vector<std::string> arm_isa(std::string_view features);
// `isa`: the value of "isa" in a RISC-V one, "rv64imafdcv_zicsr".
std::vector<std::string> riscv_isa(std::string_view isa);

// The best of the 14 variants that ggml builds for x86 ("x64" to "sapphirerapids") among those that the
// processor with these kernel flags can run; ggml picks by the same order. nullopt without flags.
std::optional<std::string> best_ggml_variant(std::string_view flags);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_ISA_H_
