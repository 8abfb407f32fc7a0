#include "forecast/hardware.h"

#include <algorithm>
#include <array>
#include <functional>

#include "forecast/part_family.h"

namespace tokcast {
namespace {

// All cores at once hold little more than the base clock. Of the shares tried, a tenth left the smallest
// errors of prefill (bench/fit): many published rows are of laptops and servers.
std::optional<double> held_clock(std::optional<double> base, std::optional<double> boost) {
  constexpr double kShareOfBoost = 0.1;
  if (!base || !boost) return base ? base : boost;
  return *base + kShareOfBoost * (*boost - *base);
}

std::optional<std::uint32_t> times(std::optional<std::uint32_t> count, std::uint32_t sockets) {
  return count ? std::optional(*count * sockets) : std::nullopt;
}

bool any_in(std::string_view name, std::span<const std::string_view> words) {
  return std::ranges::any_of(
      words, [name](std::string_view word) { return name.find(word) != std::string_view::npos; });
}

std::string processor_group(std::string_view name, std::uint32_t sockets) {
  static constexpr std::array kServers = std::to_array<std::string_view>(
      {"Xeon", "EPYC", "Threadripper", "Ampere", "Axion", "Graviton", "Neoverse", "Kunpeng"});
  static constexpr std::array kBoards = std::to_array<std::string_view>(
      {"Raspberry", "Rockchip", "RK35", "CIX", "SpacemiT", "SiFive", "Cortex"});
  if (sockets > 1 || any_in(name, kServers)) return "cpu-server";
  return any_in(name, kBoards) ? "sbc" : "cpu-desktop";
}

std::string graphics_group(const KnownPart& part) {
  if (part.vendor == "Apple") return "apple";
  if (part.vendor == "NVIDIA") return "nvidia";
  if (part.shares_memory) return "igpu";
  return part.vendor == "AMD" ? "amd" : "intel-gpu";
}

std::string maker_backend(std::string_view vendor) {
  if (vendor == "NVIDIA") return "CUDA";
  if (vendor == "Apple") return "Metal";
  if (vendor == "AMD") return "ROCm";
  return vendor == "Intel" ? "SYCL" : "Vulkan";
}

std::optional<double> rate_of(const std::optional<BytesPerSecond>& bandwidth) {
  return bandwidth ? std::optional(bandwidth->value) : std::nullopt;
}

// Modules of 64 bits that all take part; nullopt if the rate of one is not known.
std::optional<double> rate_of(const KnownPart* part, const MemoryFacts& memory, std::uint32_t sockets) {
  double rate = 0;
  for (const MemoryModule& module : memory.modules) {
    if (!module.megatransfers) return std::nullopt;
    rate += 8e6 * *module.megatransfers;
  }
  if (rate == 0) return std::nullopt;
  if (part == nullptr || !part->memory_channels) return rate;
  // Two modules on one channel do not double it.
  const double channels = double(*part->memory_channels) * sockets;
  return rate * std::min(1.0, channels / static_cast<double>(memory.modules.size()));
}

// A card of its own memory, as it is known; nullopt for others.
std::optional<Card> card_of(const Gpu& gpu, const Profile& profile) {
  const KnownPart* part = find_gpu(gpu.name, gpu.memory_total);
  if (part == nullptr || part->shares_memory || gpu.integrated) return std::nullopt;
  Card card{.hardware = graphics_hardware(*part)};
  if (processor_group(profile.facts.cpu.name, 1) == "sbc") card.hardware.conditions.emplace_back("slow host");
  card.memory = gpu.memory_free ? gpu.memory_free : gpu.memory_total;
  if (!card.memory) card.memory = part->video_memory;
  return card;
}

void add_card(std::vector<Card>& cards, Card card) {
  const auto same = std::ranges::find_if(
      cards, [&card](const Card& one) { return one.hardware.part == card.hardware.part; });
  if (same == cards.end()) return cards.push_back(std::move(card));
  ++same->hardware.devices;
  same->memory = same->memory && card.memory ? std::optional(*same->memory + *card.memory) : std::nullopt;
}

}  // namespace

Hardware processor_hardware(const KnownPart& part, std::uint32_t sockets) {
  Hardware out{.kind = HardwareKind::kCpu, .part = part.name, .vendor = part.vendor, .backend = "CPU"};
  out.family = cpu_family(part.name);
  out.isa = dot_isa(part.isa);
  out.group = processor_group(part.name, sockets);
  if (part.memory_bandwidth) out.bandwidth = part.memory_bandwidth->value * sockets;
  // Desktops take faster modules than are specified; servers' registered ones hold to it.
  if (out.group == "cpu-server") out.most_bandwidth = out.bandwidth;
  if (part.last_level_cache_megabytes) out.cache_bytes = 1e6 * *part.last_level_cache_megabytes * sockets;
  out.sockets = sockets;
  out.cores = times(part.cores, sockets);
  out.performance_cores = times(part.performance_cores, sockets);
  out.gigahertz = held_clock(part.base_gigahertz, part.boost_gigahertz);
  return out;
}

Hardware graphics_hardware(const KnownPart& part, std::uint32_t devices) {
  Hardware out{.kind = HardwareKind::kGpu, .part = part.name, .vendor = part.vendor};
  out.family = gpu_family(part.name);
  out.line = gpu_line(part.vendor, part.name);
  out.backend = maker_backend(part.vendor);
  out.group = graphics_group(part);
  out.bandwidth = rate_of(part.memory_bandwidth);
  constexpr double kOverclocked = 1.1;
  if (out.bandwidth) out.most_bandwidth = kOverclocked * *out.bandwidth;
  out.fp32_teraflops = part.fp32_teraflops;
  out.fp16_teraflops = part.fp16_teraflops;
  out.devices = devices;
  return out;
}

Hardware hardware_of(const Profile& profile, std::optional<std::uint32_t> threads) {
  const CpuFacts& cpu = profile.facts.cpu;
  const KnownPart* part = find_cpu(cpu.name);
  const std::uint32_t sockets = std::max(cpu.sockets.value_or(1), 1U);
  Hardware out = part != nullptr ? processor_hardware(*part, sockets) : Hardware{.part = cpu.name};
  out.backend = "CPU";
  out.group = processor_group(out.part, sockets);
  out.sockets = sockets;
  if (cpu.vendor) out.vendor = *cpu.vendor;
  if (const std::string isa = dot_isa(cpu.isa); !isa.empty()) out.isa = isa;
  if (profile.limits.physical_cores)
    out.cores = profile.limits.physical_cores;
  else if (cpu.cores)
    out.cores = cpu.cores;
  if (cpu.performance_cores) out.performance_cores = cpu.performance_cores;
  if (!out.gigahertz && cpu.most_megahertz) out.gigahertz = *cpu.most_megahertz / 1000;
  if (const auto rate = rate_of(part, profile.facts.memory, sockets))
    out.bandwidth = out.most_bandwidth = rate;
  out.threads = threads;
  return out;
}

std::optional<Hardware> gpu_hardware_of(const Profile& profile) {
  std::optional<Hardware> best;
  for (const Gpu& gpu : profile.gpus.gpus) {
    const KnownPart* part = find_gpu(gpu.name, gpu.memory_total);
    if (part == nullptr) continue;
    Hardware found = graphics_hardware(*part);
    if (processor_group(profile.facts.cpu.name, 1) == "sbc") found.conditions.emplace_back("slow host");
    const KnownPart* processor = find_cpu(profile.facts.cpu.name);
    const std::uint32_t sockets = std::max(profile.facts.cpu.sockets.value_or(1), 1U);
    if (part->shares_memory && part->kind != PartKind::kSystem) {
      if (const auto rate = rate_of(processor, profile.facts.memory, sockets)) {
        found.bandwidth = found.most_bandwidth = rate;
      }
    }
    if (!best || found.bandwidth.value_or(0) > best->bandwidth.value_or(0)) best = found;
  }
  return best;
}

std::vector<Card> cards_of(const Profile& profile) {
  std::vector<Card> cards;
  for (const Gpu& gpu : profile.gpus.gpus) {
    if (auto card = card_of(gpu, profile)) add_card(cards, std::move(*card));
  }
  const auto size = [](const Card& card) { return card.memory.value_or(Bytes()); };
  std::ranges::stable_sort(cards, std::greater{}, size);
  if (!cards.empty()) return cards;
  if (auto shared = gpu_hardware_of(profile))
    return {{.hardware = std::move(*shared), .shares_memory = true}};
  return {};
}

}  // namespace tokcast
