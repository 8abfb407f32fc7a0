// Names of instruction sets, as in CpuFacts::isa, and what each of them includes on every processor made.
#ifndef TOKCAST_MACHINE_ISA_NAME_H_
#define TOKCAST_MACHINE_ISA_NAME_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tokcast {

// In the order of CpuFacts::isa.
std::span<const std::string_view> isa_names();

// "x86_64", "aarch64" or "riscv64"; "unknown" for a name that is none.
std::string_view isa_architecture(std::string_view name);

// With all that they include: "avx2" brings sse4.2, avx, fma and f16c. In the order of isa_names(); what is
// no name is dropped.
std::vector<std::string> with_included_isa(std::span<const std::string> names);

// The fewest names that bring the others with them.
std::vector<std::string> without_included_isa(std::span<const std::string> names);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_ISA_NAME_H_
