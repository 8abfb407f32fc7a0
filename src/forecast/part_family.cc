#include "forecast/part_family.h"

#include <algorithm>
#include <array>

namespace tokcast {
namespace {

struct Pattern {
  std::string_view text;  // within the name
  std::string_view family;
};

// The first that fits decides. Sources: the makers' own lists of which chip a part carries.
constexpr std::array kGpuPatterns = std::to_array<Pattern>({
    {"Blackwell", "Blackwell"},
    {"GB10", "Blackwell"},
    {"B200", "Blackwell"},
    {"RTX 50", "Blackwell"},
    {"Ada", "Ada"},
    {"RTX 40", "Ada"},
    {"L40", "Ada"},
    {"L4", "Ada"},
    {"L20", "Ada"},
    {"H100", "Hopper"},
    {"H200", "Hopper"},
    {"H800", "Hopper"},
    {"H20", "Hopper"},
    {"A100", "Ampere HBM"},
    {"A800", "Ampere HBM"},
    {"A30", "Ampere HBM"},
    {"MI", "CDNA"},
    {"RTX 30", "Ampere"},
    {"RTX A", "Ampere"},
    {"CMP 90", "Ampere"},
    {"A40", "Ampere"},
    {"A10", "Ampere"},
    {"A2", "Ampere"},
    {"Orin", "Ampere"},
    {"V100", "Volta"},
    {"TITAN V", "Volta"},
    {"RTX 20", "Turing"},
    {"GTX 16", "Turing"},
    {"T4", "Turing"},
    {"RTX", "Turing"},
    {"GTX 10", "Pascal"},
    {"P100", "Pascal"},
    {"P40", "Pascal"},
    {"P4", "Pascal"},
    {"P5000", "Pascal"},
    {"P6000", "Pascal"},
    {"Pascal", "Pascal"},
    {"TITAN X", "Pascal"},
    {"Radeon VII", "GCN"},
    {"Vega", "GCN"},
    {"RX 58", "GCN"},
    {"RX 59", "GCN"},
    {"RX 5", "RDNA1"},
    {"5600M", "RDNA1"},
    {"RX 6", "RDNA2"},
    {"W6800", "RDNA2"},
    {"680M", "RDNA2"},
    {"660M", "RDNA2"},
    {"RX 90", "RDNA4"},
    {"R9700", "RDNA4"},
    {"RX 7", "RDNA3"},
    {"W7", "RDNA3"},
    {"780M", "RDNA3"},
    {"760M", "RDNA3"},
    {"Z1 Extreme", "RDNA3"},
    {"8060S", "RDNA3.5"},
    {"8050S", "RDNA3.5"},
    {"890M", "RDNA3.5"},
    {"880M", "RDNA3.5"},
    {"860M", "RDNA3.5"},
    {"840M", "RDNA3.5"},
    {"Arc 1", "Xe2"},
    {"Arc B", "Xe2"},
    {"Arc Pro B", "Xe2"},
    {"Arc A", "Xe"},
    {"Arc of", "Xe"},
    {"Iris", "Xe"},
    {"Apple M5", "Apple M5"},
    {"Apple M1", "Apple M1"},
    {"Apple M2", "Apple M2"},
    {"Apple M3", "Apple M3"},
    {"Apple M4", "Apple M4"},
});

constexpr std::array kCpuPatterns = std::to_array<Pattern>({
    {" v2", "Ivy Bridge"},
    {" v3", "Haswell"},
    {" v4", "Broadwell"},
    {"EPYC 9", "Zen EPYC 9"},
    {"EPYC 7", "Zen EPYC 7"},
    {"EPYC", "Zen EPYC"},
    {"Threadripper", "Zen Threadripper"},
    {"Xeon", "Xeon Scalable"},
    {"Ryzen AI", "Zen 5"},
    {"Ryzen", "Zen"},
    {"Core Ultra", "Core Ultra"},
    {"Intel N", "Gracemont"},
    {"Core i", "Core"},
    {"Apple", "Apple"},
    {"Graviton", "Neoverse"},
    {"Axion", "Neoverse"},
    {"Ampere", "Neoverse"},
    {"Raspberry Pi 4", "Cortex-A72"},
    {"Raspberry Pi 5", "Cortex-A76"},
    {"RK3588", "Cortex-A76"},
    {"CIX", "Cortex-A720"},
});

std::string first_fit(std::span<const Pattern> patterns, std::string_view name) {
  const auto fits = [name](const Pattern& pattern) {
    return name.find(pattern.text) != std::string_view::npos;
  };
  const auto found = std::ranges::find_if(patterns, fits);
  return found == patterns.end() ? std::string() : std::string(found->family);
}

// From the quickest: what a processor has, it uses.
constexpr std::array kDotIsa = std::to_array<Pattern>({
    {"amx-int8", "amx"},
    {"avx512vnni", "avx512vnni"},
    {"avx512bw", "avx512"},
    {"avxvnni", "avxvnni"},
    {"avx2", "avx2"},
    {"avx", "avx"},
    {"i8mm", "i8mm"},
    {"dotprod", "dotprod"},
    {"neon", "neon"},
    {"rvv", "rvv"},
});

}  // namespace

std::string gpu_family(std::string_view name) {
  return first_fit(kGpuPatterns, name);
}

std::string gpu_line(std::string_view vendor, std::string_view name) {
  if (vendor != "NVIDIA") return {};
  if (name.starts_with("GeForce") || name.starts_with("TITAN")) return "GeForce";
  return name.find("RTX") != std::string_view::npos || name.starts_with("Quadro") ? "workstation" : "server";
}

std::string cpu_family(std::string_view name) {
  return first_fit(kCpuPatterns, name);
}

std::string dot_isa(std::span<const std::string> isa) {
  const auto has = [isa](const Pattern& pattern) {
    return std::ranges::find(isa, pattern.text) != isa.end();
  };
  const auto found = std::ranges::find_if(kDotIsa, has);
  return found == kDotIsa.end() ? std::string() : std::string(found->family);
}

}  // namespace tokcast
