// The hub's list of files, and what is chosen from it.
#include <cstddef>
#include <cstdint>

#include "base/json.h"
#include "fetch/hub.h"
#include "fetch/hub_choice.h"
#include "fuzz_root.h"

namespace tokcast {
namespace {

void use_files(const std::vector<HubFile>& files) {
  for (const HubFile& file : files) {
    require(is_file_path(file.path) && is_commit(file.git_id));
    require(!file.sha256 || is_sha256(*file.sha256));
  }
  for (const char* quant : {"", "Q4_K_M", "f16"}) {
    const auto chosen =
        choose_files({"user/repo", "main", files}, {.repository = "user/repo", .quant = quant});
    if (!chosen) continue;
    require(!chosen->empty() && chosen->front().path.ends_with(".gguf"));
    [[maybe_unused]] const Result<void> fetchable = check_fetchable(*chosen);
  }
}

}  // namespace
}  // namespace tokcast

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto page = tokcast::parse_json({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!page) return 0;
  if (const auto files = tokcast::files_of_tree(*page)) tokcast::use_files(*files);
  return 0;
}
