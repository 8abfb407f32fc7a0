#include "machine/microarchitecture.h"

#include <algorithm>
#include <array>

#include "machine/x86_model_range.h"

namespace tokcast {
namespace {

// What cpu_features 0.7 does not know or does not tell apart.
// Source: Linux 6.10, arch/x86/include/asm/intel-family.h. It gives stepping 7 of model 0x55 to Cascade Lake
// and 11 to Cooper Lake; 5, 6 and 10 are their pre-production revisions.
constexpr auto kIntel = std::to_array<ModelRange>({
    {6, 0x55, 0x55, 0, 4, "Skylake-SP"},
    {6, 0x55, 0x55, 5, 7, "Cascade Lake"},
    {6, 0x55, 0x55, 10, 11, "Cooper Lake"},
    {6, 0x5C, 0x5C, 0, kAnyStepping, "Goldmont"},
    {6, 0x5F, 0x5F, 0, kAnyStepping, "Goldmont"},
    {6, 0x7A, 0x7A, 0, kAnyStepping, "Goldmont Plus"},
    {6, 0x86, 0x86, 0, kAnyStepping, "Tremont"},
    {6, 0x8A, 0x8A, 0, kAnyStepping, "Lakefield"},
    {6, 0x8E, 0x8E, 12, 12, "Whiskey Lake"},
    {6, 0x8F, 0x8F, 0, kAnyStepping, "Sapphire Rapids"},
    {6, 0x96, 0x96, 0, kAnyStepping, "Tremont"},
    {6, 0x97, 0x97, 0, kAnyStepping, "Alder Lake"},
    {6, 0x9A, 0x9A, 0, kAnyStepping, "Alder Lake"},
    {6, 0x9C, 0x9C, 0, kAnyStepping, "Tremont"},
    {6, 0xA5, 0xA6, 0, kAnyStepping, "Comet Lake"},
    {6, 0xA7, 0xA7, 0, kAnyStepping, "Rocket Lake"},
    {6, 0xAA, 0xAA, 0, kAnyStepping, "Meteor Lake"},
    {6, 0xAC, 0xAC, 0, kAnyStepping, "Meteor Lake"},
    {6, 0xAD, 0xAE, 0, kAnyStepping, "Granite Rapids"},
    {6, 0xAF, 0xAF, 0, kAnyStepping, "Sierra Forest"},
    {6, 0xB5, 0xB5, 0, kAnyStepping, "Arrow Lake"},
    {6, 0xB7, 0xB7, 0, kAnyStepping, "Raptor Lake"},
    {6, 0xBA, 0xBA, 0, kAnyStepping, "Raptor Lake"},
    {6, 0xBD, 0xBD, 0, kAnyStepping, "Lunar Lake"},
    {6, 0xBE, 0xBE, 0, kAnyStepping, "Gracemont"},
    {6, 0xBF, 0xBF, 0, kAnyStepping, "Raptor Lake"},
    {6, 0xC5, 0xC6, 0, kAnyStepping, "Arrow Lake"},
    {6, 0xCF, 0xCF, 0, kAnyStepping, "Emerald Rapids"},
});

// Source: Linux 6.11, arch/x86/kernel/cpu/amd.c, bsp_init_amd(). Zen and Zen+ are not told apart there: those
// come from cpu_features.
constexpr auto kAmd = std::to_array<ModelRange>({
    {0x17, 0x30, 0x4F, 0, kAnyStepping, "Zen 2"},
    {0x17, 0x60, 0x7F, 0, kAnyStepping, "Zen 2"},
    {0x17, 0x90, 0x91, 0, kAnyStepping, "Zen 2"},
    {0x17, 0xA0, 0xAF, 0, kAnyStepping, "Zen 2"},
    {0x19, 0x00, 0x0F, 0, kAnyStepping, "Zen 3"},
    {0x19, 0x20, 0x5F, 0, kAnyStepping, "Zen 3"},
    {0x19, 0x10, 0x1F, 0, kAnyStepping, "Zen 4"},
    {0x19, 0x60, 0xAF, 0, kAnyStepping, "Zen 4"},
    {0x1A, 0x00, 0x2F, 0, kAnyStepping, "Zen 5"},
    {0x1A, 0x40, 0x4F, 0, kAnyStepping, "Zen 5"},
    {0x1A, 0x60, 0x7F, 0, kAnyStepping, "Zen 5"},
});

struct Vendor {
  std::string_view id;
  std::string_view name;
};

constexpr auto kX86Vendors = std::to_array<Vendor>({{"GenuineIntel", "Intel"},
                                                    {"AuthenticAMD", "AMD"},
                                                    {"HygonGenuine", "Hygon"},
                                                    {"CentaurHauls", "Centaur"},
                                                    {"Shanghai", "Zhaoxin"}});

struct Implementer {
  std::uint32_t id;
  std::string_view name;
};

// Sources of the ARM tables: Linux 6.12, arch/arm64/include/asm/cputype.h; util-linux 2.40,
// sys-utils/lscpu-arm.c.
constexpr auto kImplementers = std::to_array<Implementer>({{0x41, "ARM"},
                                                           {0x42, "Broadcom"},
                                                           {0x43, "Cavium"},
                                                           {0x46, "Fujitsu"},
                                                           {0x48, "HiSilicon"},
                                                           {0x4E, "NVIDIA"},
                                                           {0x50, "APM"},
                                                           {0x51, "Qualcomm"},
                                                           {0x53, "Samsung"},
                                                           {0x56, "Marvell"},
                                                           {0x61, "Apple"},
                                                           {0x6D, "Microsoft"},
                                                           {0x70, "Phytium"},
                                                           {0xC0, "Ampere"}});

struct Core {
  ArmPart part;
  std::string_view name;
  std::string_view product{};  // empty: many
};

constexpr auto kCores = std::to_array<Core>({
    {{0x41, 0xD03}, "Cortex-A53"},
    {{0x41, 0xD04}, "Cortex-A35"},
    {{0x41, 0xD05}, "Cortex-A55"},
    {{0x41, 0xD06}, "Cortex-A65"},
    {{0x41, 0xD07}, "Cortex-A57"},
    {{0x41, 0xD08}, "Cortex-A72"},
    {{0x41, 0xD09}, "Cortex-A73"},
    {{0x41, 0xD0A}, "Cortex-A75"},
    {{0x41, 0xD0B}, "Cortex-A76"},
    {{0x41, 0xD0C}, "Neoverse N1"},
    {{0x41, 0xD0D}, "Cortex-A77"},
    {{0x41, 0xD0E}, "Cortex-A76AE"},
    {{0x41, 0xD40}, "Neoverse V1"},
    {{0x41, 0xD41}, "Cortex-A78"},
    {{0x41, 0xD42}, "Cortex-A78AE"},
    {{0x41, 0xD44}, "Cortex-X1"},
    {{0x41, 0xD46}, "Cortex-A510"},
    {{0x41, 0xD47}, "Cortex-A710"},
    {{0x41, 0xD48}, "Cortex-X2"},
    {{0x41, 0xD49}, "Neoverse N2"},
    {{0x41, 0xD4A}, "Neoverse E1"},
    {{0x41, 0xD4B}, "Cortex-A78C"},
    {{0x41, 0xD4C}, "Cortex-X1C"},
    {{0x41, 0xD4D}, "Cortex-A715"},
    {{0x41, 0xD4E}, "Cortex-X3"},
    {{0x41, 0xD4F}, "Neoverse V2"},
    {{0x41, 0xD80}, "Cortex-A520"},
    {{0x41, 0xD81}, "Cortex-A720"},
    {{0x41, 0xD82}, "Cortex-X4"},
    {{0x41, 0xD84}, "Neoverse V3"},
    {{0x41, 0xD85}, "Cortex-X925"},
    {{0x41, 0xD87}, "Cortex-A725"},
    {{0x41, 0xD8E}, "Neoverse N3"},
    {{0x46, 0x001}, "A64FX", "Fujitsu A64FX"},
    {{0x48, 0xD01}, "TSV110", "HiSilicon Kunpeng 920"},
    {{0x4E, 0x004}, "Carmel"},
    {{0x51, 0x001}, "Oryon"},
    {{0x61, 0x022}, "Icestorm", "Apple M1"},
    {{0x61, 0x023}, "Firestorm", "Apple M1"},
    {{0x61, 0x024}, "Icestorm", "Apple M1 Pro"},
    {{0x61, 0x025}, "Firestorm", "Apple M1 Pro"},
    {{0x61, 0x028}, "Icestorm", "Apple M1 Max"},
    {{0x61, 0x029}, "Firestorm", "Apple M1 Max"},
    {{0x61, 0x032}, "Blizzard", "Apple M2"},
    {{0x61, 0x033}, "Avalanche", "Apple M2"},
    {{0x61, 0x034}, "Blizzard", "Apple M2 Pro"},
    {{0x61, 0x035}, "Avalanche", "Apple M2 Pro"},
    {{0x61, 0x038}, "Blizzard", "Apple M2 Max"},
    {{0x61, 0x039}, "Avalanche", "Apple M2 Max"},
    {{0x6D, 0xD49}, "Neoverse N2", "Azure Cobalt 100"},
    {{0xC0, 0xAC3}, "Ampere-1"},
    {{0xC0, 0xAC4}, "Ampere-1A"},
});

const Core* find_core(ArmPart part) {
  const auto found = std::ranges::find(kCores, part, &Core::part);
  return found == kCores.end() ? nullptr : &*found;
}

}  // namespace

std::optional<std::string> x86_microarchitecture(const X86Model& model) {
  std::optional<std::string> own;
  if (model.vendor == "GenuineIntel") own = find_model(kIntel, model);
  if (model.vendor == "AuthenticAMD") own = find_model(kAmd, model);
  return own ? own : library_microarchitecture(model);
}

std::string x86_vendor(std::string_view vendor_id) {
  const auto found = std::ranges::find(kX86Vendors, vendor_id, &Vendor::id);
  return std::string(found == kX86Vendors.end() ? vendor_id : found->name);
}

std::optional<std::string> arm_vendor(std::uint32_t implementer) {
  const auto found = std::ranges::find(kImplementers, implementer, &Implementer::id);
  return found == kImplementers.end() ? std::nullopt : std::optional<std::string>(found->name);
}

std::optional<std::string> arm_microarchitecture(ArmPart part) {
  const Core* core = find_core(part);
  return core == nullptr ? std::nullopt : std::optional<std::string>(core->name);
}

std::optional<std::string> arm_product(ArmPart part) {
  const Core* core = find_core(part);
  if (core == nullptr || core->product.empty()) return std::nullopt;
  return std::string(core->product);
}

}  // namespace tokcast
