#include "machine/profile_rates.h"

namespace tokcast {
namespace {

std::optional<Bytes> all_last_level_caches(const CpuFacts& cpu) {
  if (cpu.caches.empty()) return std::nullopt;
  Bytes all{};
  for (const Cache& cache : cpu.caches) {  // those of hybrid processors differ in size
    if (cache.level == cpu.caches.back().level) all += cache.size * cache.instances;
  }
  return all;
}

}  // namespace

RatesOptions rates_options(const Profile& profile, bool quick) {
  RatesOptions out{.cpus = profile.limits.cpu_order,
                   .cores = profile.limits.physical_cores,
                   .last_level_cache = all_last_level_caches(profile.facts.cpu),
                   .quick = quick};
  for (const NumaNode& node : profile.facts.cpu.numa_nodes) out.numa_cpus.emplace_back(node.id, node.cpus);
  if (const auto memory = profile.limits.memory_limit()) out.memory_limit = memory->bytes;
  return out;
}

}  // namespace tokcast
