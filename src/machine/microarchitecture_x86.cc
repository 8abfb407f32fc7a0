#include <cpu_features/cpuinfo_x86.h>

#include <algorithm>
#include <array>

#include "machine/microarchitecture.h"

namespace tokcast {
namespace {

struct LibraryName {
  std::string_view library;
  std::string_view name;
};

// By name and not by enum constant: the constants differ between the library's versions.
constexpr auto kNames = std::to_array<LibraryName>({{"INTEL_CORE", "Core"},
                                                    {"INTEL_PNR", "Penryn"},
                                                    {"INTEL_NHM", "Nehalem"},
                                                    {"INTEL_ATOM_BNL", "Bonnell"},
                                                    {"INTEL_WSM", "Westmere"},
                                                    {"INTEL_SNB", "Sandy Bridge"},
                                                    {"INTEL_IVB", "Ivy Bridge"},
                                                    {"INTEL_ATOM_SMT", "Silvermont"},
                                                    {"INTEL_HSW", "Haswell"},
                                                    {"INTEL_BDW", "Broadwell"},
                                                    {"INTEL_SKL", "Skylake"},
                                                    {"INTEL_ATOM_GMT", "Goldmont"},
                                                    {"INTEL_KBL", "Kaby Lake"},
                                                    {"INTEL_CFL", "Coffee Lake"},
                                                    {"INTEL_WHL", "Whiskey Lake"},
                                                    {"INTEL_CNL", "Cannon Lake"},
                                                    {"INTEL_ICL", "Ice Lake"},
                                                    {"INTEL_TGL", "Tiger Lake"},
                                                    {"INTEL_SPR", "Sapphire Rapids"},
                                                    {"AMD_HAMMER", "K8"},
                                                    {"AMD_K10", "K10"},
                                                    {"AMD_K11", "K11"},
                                                    {"AMD_K12", "K12"},
                                                    {"AMD_BOBCAT", "Bobcat"},
                                                    {"AMD_BULLDOZER", "Bulldozer"},
                                                    {"AMD_PILEDRIVER", "Piledriver"},
                                                    {"AMD_STREAMROLLER", "Steamroller"},
                                                    {"AMD_EXCAVATOR", "Excavator"},
                                                    {"AMD_JAGUAR", "Jaguar"},
                                                    {"AMD_PUMA", "Puma"},
                                                    {"AMD_ZEN", "Zen"},
                                                    {"AMD_ZEN_PLUS", "Zen+"},
                                                    {"AMD_ZEN2", "Zen 2"},
                                                    {"AMD_ZEN3", "Zen 3"}});

}  // namespace

std::optional<std::string> library_microarchitecture(const X86Model& model) {
  if (model.family > 0xFF || model.model > 0xFF) return std::nullopt;  // it would look at the low bytes only
  cpu_features::X86Info info{};
  info.family = static_cast<int>(model.family);
  info.model = static_cast<int>(model.model);
  info.stepping = static_cast<int>(model.stepping);
  model.vendor.copy(info.vendor, sizeof info.vendor - 1);
  const std::string_view library =
      cpu_features::GetX86MicroarchitectureName(cpu_features::GetX86Microarchitecture(&info));
  const auto found = std::ranges::find(kNames, library, &LibraryName::library);
  return found == kNames.end() ? std::nullopt : std::optional<std::string>(found->name);
}

}  // namespace tokcast
