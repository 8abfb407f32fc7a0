#include "machine/facts.h"

#include "machine/facts_parts.h"

namespace tokcast {

Facts read_facts(const std::string& root, const std::string& model_directory) {
  Facts facts;
  facts.cpu = read_cpu_facts(root, facts.unknown);
  facts.memory = read_memory_facts(root, facts.unknown);
  facts.platform = read_platform_facts(root, facts.unknown);
  facts.disk = read_disk_facts(root, model_directory, facts.unknown);
  return facts;
}

}  // namespace tokcast
