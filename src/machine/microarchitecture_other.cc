#include <array>

#include "machine/microarchitecture.h"
#include "machine/x86_model_range.h"

namespace tokcast {
namespace {

// cpu_features builds its x86 tables on x86 only, but a profile may be of such a machine elsewhere. What its
// version 0.7 answers for every model:
constexpr auto kIntel = std::to_array<ModelRange>({
    {6, 0x0F, 0x0F, 0, kAnyStepping, "Core"},
    {6, 0x16, 0x16, 0, kAnyStepping, "Core"},
    {6, 0x17, 0x17, 0, kAnyStepping, "Penryn"},
    {6, 0x1A, 0x1A, 0, kAnyStepping, "Nehalem"},
    {6, 0x1C, 0x1C, 0, kAnyStepping, "Bonnell"},
    {6, 0x1D, 0x1D, 0, kAnyStepping, "Penryn"},
    {6, 0x1E, 0x1F, 0, kAnyStepping, "Nehalem"},
    {6, 0x25, 0x25, 0, kAnyStepping, "Westmere"},
    {6, 0x2A, 0x2A, 0, kAnyStepping, "Sandy Bridge"},
    {6, 0x2C, 0x2C, 0, kAnyStepping, "Westmere"},
    {6, 0x2D, 0x2D, 0, kAnyStepping, "Sandy Bridge"},
    {6, 0x2E, 0x2E, 0, kAnyStepping, "Nehalem"},
    {6, 0x2F, 0x2F, 0, kAnyStepping, "Westmere"},
    {6, 0x35, 0x36, 0, kAnyStepping, "Bonnell"},
    {6, 0x37, 0x37, 0, kAnyStepping, "Silvermont"},
    {6, 0x3A, 0x3A, 0, kAnyStepping, "Ivy Bridge"},
    {6, 0x3C, 0x3C, 0, kAnyStepping, "Haswell"},
    {6, 0x3D, 0x3D, 0, kAnyStepping, "Broadwell"},
    {6, 0x3E, 0x3E, 0, kAnyStepping, "Ivy Bridge"},
    {6, 0x3F, 0x3F, 0, kAnyStepping, "Haswell"},
    {6, 0x45, 0x46, 0, kAnyStepping, "Haswell"},
    {6, 0x47, 0x47, 0, kAnyStepping, "Broadwell"},
    {6, 0x4C, 0x4C, 0, kAnyStepping, "Silvermont"},
    {6, 0x4E, 0x4E, 0, kAnyStepping, "Skylake"},
    {6, 0x4F, 0x4F, 0, kAnyStepping, "Broadwell"},
    {6, 0x55, 0x55, 0, kAnyStepping, "Skylake"},
    {6, 0x56, 0x56, 0, kAnyStepping, "Broadwell"},
    {6, 0x5C, 0x5C, 0, kAnyStepping, "Goldmont"},
    {6, 0x5E, 0x5E, 0, kAnyStepping, "Skylake"},
    {6, 0x66, 0x66, 0, kAnyStepping, "Cannon Lake"},
    {6, 0x6A, 0x6A, 0, kAnyStepping, "Ice Lake"},
    {6, 0x6C, 0x6C, 0, kAnyStepping, "Ice Lake"},
    {6, 0x70, 0x70, 0, kAnyStepping, "Bonnell"},
    {6, 0x7D, 0x7E, 0, kAnyStepping, "Ice Lake"},
    {6, 0x8C, 0x8D, 0, kAnyStepping, "Tiger Lake"},
    {6, 0x8F, 0x8F, 0, kAnyStepping, "Sapphire Rapids"},
    {6, 0x9D, 0x9D, 0, kAnyStepping, "Ice Lake"},
    {6, 0x8E, 0x8E, 9, 9, "Kaby Lake"},
    {6, 0x8E, 0x8E, 10, 10, "Coffee Lake"},
    {6, 0x8E, 0x8E, 11, 11, "Whiskey Lake"},
    {6, 0x9E, 0x9E, 0, 9, "Kaby Lake"},
    {6, 0x9E, 0x9E, 10, kAnyStepping, "Coffee Lake"},
});

constexpr auto kAmd = std::to_array<ModelRange>({
    {0x0F, 0x04, 0x05, 0, kAnyStepping, "K8"},          {0x0F, 0x07, 0x08, 0, kAnyStepping, "K8"},
    {0x0F, 0x0C, 0x0C, 0, kAnyStepping, "K8"},          {0x0F, 0x0E, 0x0F, 0, kAnyStepping, "K8"},
    {0x0F, 0x14, 0x15, 0, kAnyStepping, "K8"},          {0x0F, 0x17, 0x18, 0, kAnyStepping, "K8"},
    {0x0F, 0x1B, 0x1C, 0, kAnyStepping, "K8"},          {0x0F, 0x1F, 0x1F, 0, kAnyStepping, "K8"},
    {0x0F, 0x21, 0x21, 0, kAnyStepping, "K8"},          {0x0F, 0x23, 0x25, 0, kAnyStepping, "K8"},
    {0x0F, 0x27, 0x27, 0, kAnyStepping, "K8"},          {0x0F, 0x2B, 0x2C, 0, kAnyStepping, "K8"},
    {0x0F, 0x2F, 0x2F, 0, kAnyStepping, "K8"},          {0x0F, 0x41, 0x41, 0, kAnyStepping, "K8"},
    {0x0F, 0x43, 0x43, 0, kAnyStepping, "K8"},          {0x0F, 0x48, 0x48, 0, kAnyStepping, "K8"},
    {0x0F, 0x4B, 0x4C, 0, kAnyStepping, "K8"},          {0x0F, 0x4F, 0x4F, 0, kAnyStepping, "K8"},
    {0x0F, 0x5D, 0x5D, 0, kAnyStepping, "K8"},          {0x0F, 0x5F, 0x5F, 0, kAnyStepping, "K8"},
    {0x0F, 0x68, 0x68, 0, kAnyStepping, "K8"},          {0x0F, 0x6B, 0x6B, 0, kAnyStepping, "K8"},
    {0x0F, 0x6F, 0x6F, 0, kAnyStepping, "K8"},          {0x0F, 0x7F, 0x7F, 0, kAnyStepping, "K8"},
    {0x0F, 0xC1, 0xC1, 0, kAnyStepping, "K8"},          {0x10, 0x02, 0x02, 0, kAnyStepping, "K10"},
    {0x10, 0x04, 0x06, 0, kAnyStepping, "K10"},         {0x10, 0x08, 0x0A, 0, kAnyStepping, "K10"},
    {0x11, 0x03, 0x03, 0, kAnyStepping, "K11"},         {0x12, 0x01, 0x01, 0, kAnyStepping, "K12"},
    {0x14, 0x00, 0x02, 0, kAnyStepping, "Bobcat"},      {0x15, 0x01, 0x01, 0, kAnyStepping, "Bulldozer"},
    {0x15, 0x02, 0x02, 0, kAnyStepping, "Piledriver"},  {0x15, 0x11, 0x11, 0, kAnyStepping, "Piledriver"},
    {0x15, 0x13, 0x13, 0, kAnyStepping, "Piledriver"},  {0x15, 0x30, 0x30, 0, kAnyStepping, "Steamroller"},
    {0x15, 0x38, 0x38, 0, kAnyStepping, "Steamroller"}, {0x15, 0x60, 0x60, 0, kAnyStepping, "Excavator"},
    {0x15, 0x65, 0x65, 0, kAnyStepping, "Excavator"},   {0x15, 0x70, 0x70, 0, kAnyStepping, "Excavator"},
    {0x16, 0x00, 0x00, 0, kAnyStepping, "Jaguar"},      {0x16, 0x30, 0x30, 0, kAnyStepping, "Puma"},
    {0x17, 0x01, 0x01, 0, kAnyStepping, "Zen"},         {0x17, 0x08, 0x08, 0, kAnyStepping, "Zen+"},
    {0x17, 0x11, 0x11, 0, kAnyStepping, "Zen"},         {0x17, 0x18, 0x18, 0, kAnyStepping, "Zen"},
    {0x17, 0x20, 0x20, 0, kAnyStepping, "Zen"},         {0x17, 0x31, 0x31, 0, kAnyStepping, "Zen 2"},
    {0x17, 0x47, 0x47, 0, kAnyStepping, "Zen 2"},       {0x17, 0x60, 0x60, 0, kAnyStepping, "Zen 2"},
    {0x17, 0x68, 0x68, 0, kAnyStepping, "Zen 2"},       {0x17, 0x71, 0x71, 0, kAnyStepping, "Zen 2"},
    {0x17, 0x90, 0x90, 0, kAnyStepping, "Zen 2"},       {0x17, 0x98, 0x98, 0, kAnyStepping, "Zen 2"},
    {0x19, 0x01, 0x01, 0, kAnyStepping, "Zen 3"},       {0x19, 0x21, 0x21, 0, kAnyStepping, "Zen 3"},
    {0x19, 0x30, 0x30, 0, kAnyStepping, "Zen 3"},       {0x19, 0x40, 0x40, 0, kAnyStepping, "Zen 3"},
    {0x19, 0x50, 0x50, 0, kAnyStepping, "Zen 3"},
});

}  // namespace

std::optional<std::string> library_microarchitecture(const X86Model& model) {
  if (model.vendor == "GenuineIntel") return find_model(kIntel, model);
  if (model.vendor == "AuthenticAMD") return find_model(kAmd, model);
  if (model.vendor == "HygonGenuine" && model.family == 0x18 && model.model == 0) return "Zen";
  return std::nullopt;
}

}  // namespace tokcast
