#include "machine/synthetic.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.h"
#include "machine/isa_name.h"
#include "machine/known_parts.h"
#include "machine/synthetic_words.h"

namespace tokcast {
namespace {

std::optional<SyntheticModules> modules_of(const KnownPart& part, std::uint32_t sockets) {
  if (!part.memory_channels || !part.memory_type || !part.megatransfers) return std::nullopt;
  return SyntheticModules{sockets * *part.memory_channels, *part.memory_type, *part.megatransfers};
}

// nullopt if they are not all of one kind, or of one that is not known.
std::optional<SyntheticModules> modules_of(const MemoryFacts& memory) {
  if (memory.modules.empty()) return std::nullopt;
  const MemoryModule& first = memory.modules.front();
  const auto alike = [&first](const MemoryModule& module) {
    return module.type == first.type && module.megatransfers == first.megatransfers;
  };
  if (!first.type || !first.megatransfers || !std::ranges::all_of(memory.modules, alike)) {
    return std::nullopt;
  }
  return SyntheticModules{static_cast<std::uint32_t>(memory.modules.size()), *first.type,
                          *first.megatransfers};
}

std::string processor_clause(std::uint32_t sockets, std::uint32_t cores, std::uint32_t threads,
                             std::span<const std::string> isa) {
  std::string text = sockets > 1 ? fmt::format("{}x{}c", sockets, cores) : fmt::format("{}c", cores);
  if (threads != cores) text += fmt::format("/{}t", threads);
  for (const std::string& name : without_included_isa(isa)) text += ' ' + name;
  return text;
}

std::optional<std::uint32_t> times(std::optional<std::uint32_t> count, std::uint32_t sockets) {
  return count ? std::optional(*count * sockets) : std::nullopt;
}

std::optional<double> in_megahertz(std::optional<double> gigahertz) {
  return gigahertz ? std::optional(*gigahertz * 1000) : std::nullopt;
}

CpuFacts facts_of(const KnownPart& part, std::uint32_t sockets) {
  CpuFacts cpu;
  cpu.name = part.name;
  cpu.vendor = part.vendor;
  cpu.isa = part.isa;
  cpu.cores = times(part.cores, sockets);
  cpu.logical_cpus = times(part.threads, sockets);
  cpu.performance_cores = times(part.performance_cores, sockets);
  cpu.efficiency_cores = times(part.efficiency_cores, sockets);
  cpu.base_megahertz = in_megahertz(part.base_gigahertz);
  cpu.most_megahertz = in_megahertz(part.boost_gigahertz);
  if (const auto size = part.last_level_cache_megabytes) {
    const auto bytes = static_cast<std::uint64_t>(*size * static_cast<double>(kMebi.value));
    cpu.caches.push_back({3, Bytes(bytes), sockets});
  }
  return cpu;
}

CpuFacts facts_of(const SyntheticWords& words, std::uint32_t sockets) {
  CpuFacts cpu;
  cpu.isa = with_included_isa(words.isa);
  cpu.name = processor_clause(sockets, *words.cores, *words.threads, cpu.isa);
  cpu.cores = times(words.cores, sockets);
  cpu.logical_cpus = times(words.threads, sockets);
  return cpu;
}

Gpu gpu_of(const KnownPart& part) {
  Gpu gpu;
  gpu.name = part.name;
  gpu.vendor = part.vendor;
  gpu.integrated = part.shares_memory;
  if (!part.shares_memory) gpu.memory_total = gpu.memory_free = part.video_memory;
  return gpu;
}

std::unexpected<Error> not_known(std::string_view what, std::string_view name) {
  return fail(
      ErrorKind::kUsage, fmt::format("no one {} is known as '{}'", what, printable(name)), {},
      "Give its whole name, and the memory of a graphics card that is sold with several sizes ('gpu RTX "
      "3080 12GB'). " +
          synthetic_grammar());
}

Result<void> describe_processor(const SyntheticWords& words, Profile& profile) {
  const std::uint32_t sockets = words.sockets.value_or(1);
  const KnownPart* part = words.cores ? nullptr : find_cpu(words.name);
  if (!words.cores && part == nullptr) return not_known("processor", words.name);
  CpuFacts& cpu = profile.facts.cpu;
  cpu = part == nullptr ? facts_of(words, sockets) : facts_of(*part, sockets);
  cpu.sockets = sockets;
  cpu.architecture = cpu.isa.empty() ? "unknown" : isa_architecture(cpu.isa.front());
  if (part != nullptr && part->shares_memory) profile.gpus.gpus.push_back(gpu_of(*part));
  return {};
}

void describe_memory(const SyntheticWords& words, Profile& profile) {
  MemoryFacts& memory = profile.facts.memory;
  memory.total = memory.available = words.memory;
  std::optional<SyntheticModules> modules = words.modules;
  const KnownPart* part = find_cpu(profile.facts.cpu.name);
  if (!modules && part != nullptr) modules = modules_of(*part, words.sockets.value_or(1));
  if (!modules) return;
  const Bytes each(words.memory->value / modules->channels);
  memory.modules.assign(modules->channels, MemoryModule{each, modules->type, modules->megatransfers});
}

// A system's own graphics processor comes with its processor, so it is no card to add.
Result<void> describe_gpu(const SyntheticWords& words, Profile& profile) {
  if (words.gpu.empty()) return {};
  const KnownPart* part = find_gpu(words.gpu);
  if (part == nullptr || part->kind != PartKind::kGpu) return not_known("graphics processor", words.gpu);
  profile.gpus.gpus.push_back(gpu_of(*part));
  return {};
}

Machine limits_of(const Facts& facts, std::optional<double> quota) {
  Machine limits;
  limits.name = facts.cpu.name;
  limits.logical_cpus = limits.allowed_cpus = facts.cpu.logical_cpus;
  limits.physical_cores = facts.cpu.cores;
  limits.performance_cores = facts.cpu.performance_cores;
  limits.cpu_quota = quota;
  if (!facts.cpu.caches.empty()) limits.last_level_cache = facts.cpu.caches.back().size;
  limits.memory_total = facts.memory.total;
  limits.memory_available = facts.memory.available;
  return limits;
}

std::string print_processor(const CpuFacts& cpu, const KnownPart* part, std::uint32_t sockets) {
  if (part != nullptr) return (sockets > 1 ? fmt::format("{}x ", sockets) : "") + part->name;
  const std::uint32_t cores = cpu.cores.value_or(cpu.logical_cpus.value_or(1));
  const std::uint32_t threads = cpu.logical_cpus.value_or(cores);
  return processor_clause(sockets, std::max(cores / sockets, 1U), std::max(threads / sockets, 1U), cpu.isa);
}

std::string print_size(Bytes memory) {
  constexpr std::uint64_t kGiga = 1'000'000'000;
  const bool decimal = memory.value % kGiga == 0 && memory.value % kGibi.value != 0;
  return decimal ? fmt::format("{}GB", memory.value / kGiga)
                 : fmt::format("{}GiB", memory.value / kGibi.value);
}

}  // namespace

Result<Profile> parse_synthetic(std::string_view line) {
  const auto words = read_synthetic_words(line);
  if (!words) return std::unexpected(words.error());
  Profile profile;
  profile.provenance = "synthetic";
  if (const auto done = describe_processor(*words, profile); !done) return std::unexpected(done.error());
  describe_memory(*words, profile);
  if (const auto done = describe_gpu(*words, profile); !done) return std::unexpected(done.error());
  profile.limits = limits_of(profile.facts, words->quota);
  return profile;
}

std::string print_synthetic(const Profile& profile) {
  const CpuFacts& cpu = profile.facts.cpu;
  const KnownPart* part = find_cpu(cpu.name);
  const std::uint32_t sockets = std::max(cpu.sockets.value_or(1), 1U);
  std::string line = print_processor(cpu, part, sockets);
  const auto modules = modules_of(profile.facts.memory);
  const auto implied = part == nullptr ? std::nullopt : modules_of(*part, sockets);
  if (modules && modules != implied) {
    line += fmt::format(" {}x {}-{}", modules->channels, lower(modules->type), modules->megatransfers);
  }
  line += ' ' + print_size(profile.facts.memory.total.value_or(Bytes{}));
  if (profile.limits.cpu_quota) line += fmt::format(" quota {}", *profile.limits.cpu_quota);
  const auto card = [&cpu](const Gpu& gpu) { return gpu.name != cpu.name; };
  const auto gpu = std::ranges::find_if(profile.gpus.gpus, card);
  if (gpu != profile.gpus.gpus.end()) line += " gpu " + gpu->name;
  return line;
}

}  // namespace tokcast
