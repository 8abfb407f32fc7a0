#include "machine/facts.h"

#include <filesystem>

#include "machine/facts_parts.h"

namespace tokcast {

// Where it is not mounted, its directory may be there, and empty.
std::string reason_in_sys(const std::string& root, std::string reason) {
  std::error_code error;
  const bool empty = std::filesystem::is_empty(root + "/sys", error);
  return empty || error ? "/sys is not there" : std::move(reason);
}

Facts read_facts(const std::string& root, const std::string& model_directory) {
  Facts facts;
  facts.cpu = read_cpu_facts(root, facts.unknown);
  facts.memory = read_memory_facts(root, facts.unknown);
  facts.platform = read_platform_facts(root, facts.unknown);
  facts.disk = read_disk_facts(root, model_directory, facts.unknown);
  return facts;
}

}  // namespace tokcast
