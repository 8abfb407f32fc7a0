// The design of a processor's cores, from the numbers that it identifies itself by.
#ifndef TOKCAST_MACHINE_MICROARCHITECTURE_H_
#define TOKCAST_MACHINE_MICROARCHITECTURE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokcast {

// What CPUID calls a processor, as /proc/cpuinfo tells it.
struct X86Model {
  std::string vendor;  // "GenuineIntel"
  std::uint32_t family = 0;
  std::uint32_t model = 0;
  std::uint32_t stepping = 0;
};

// "Haswell", "Emerald Rapids", "Zen 4"; nullopt for a model that is not known.
std::optional<std::string> x86_microarchitecture(const X86Model& model);

// The same from google/cpu_features 0.7 alone: asked on x86, copied for other processors, for which it is not
// built.
std::optional<std::string> library_microarchitecture(const X86Model& model);

// "Intel" for "GenuineIntel"; as given if not known.
std::string x86_vendor(std::string_view vendor_id);

// A kind of ARM core: who made it, and the number they gave it.
struct ArmPart {
  std::uint32_t implementer = 0;
  std::uint32_t part = 0;
  bool operator==(const ArmPart&) const = default;
};

std::optional<std::string> arm_vendor(std::uint32_t implementer);

// "Cortex-A76", "Firestorm"; nullopt for a part that is not known.
std::optional<std::string> arm_microarchitecture(ArmPart part);

// The product, where its cores tell it: "Apple M1 Pro". nullopt for all others: many products share a
// Cortex-A76.
std::optional<std::string> arm_product(ArmPart part);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_MICROARCHITECTURE_H_
