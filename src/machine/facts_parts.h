// The parts that read_facts is put together from. Each reader leaves unknown what it cannot read, and appends
// why.
#ifndef TOKCAST_MACHINE_FACTS_PARTS_H_
#define TOKCAST_MACHINE_FACTS_PARTS_H_

#include <string>
#include <vector>

#include "machine/facts.h"

namespace tokcast {

using UnknownFacts = std::vector<UnknownFact>;

CpuFacts read_cpu_facts(const std::string& root, UnknownFacts& unknown);
MemoryFacts read_memory_facts(const std::string& root, UnknownFacts& unknown);
PlatformFacts read_platform_facts(const std::string& root, UnknownFacts& unknown);
DiskFacts read_disk_facts(const std::string& root, const std::string& model_directory, UnknownFacts& unknown);

// Why a fact that /sys tells is unknown: `reason`, or that there is no /sys at all, as in a bare chroot.
std::string reason_in_sys(const std::string& root, std::string reason);

// For each fact that is not `known`.
inline void note_unless(bool known, UnknownFacts& unknown, std::string fact, std::string reason) {
  if (!known) unknown.push_back({std::move(fact), std::move(reason)});
}

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_FACTS_PARTS_H_
