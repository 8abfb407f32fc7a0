// `.env` files: what is set can be read back, and no other byte changes.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz_root.h"
#include "setup/env_file.h"

namespace tokcast {
namespace {

void use(EnvFile file, std::string_view value) {
  const auto other = file.get("OTHER");
  const std::string before = file.text();
  const auto old = file.get("KEY");
  if (!file.set("KEY", value)) return require(file.text() == before);
  if (old && *old == value) require(file.text() == before);
  const auto again = EnvFile::parse(file.text(), "again");
  require(again.has_value());
  require(again->get("KEY") == value);
  require(again->get("OTHER") == other);
  std::string set = file.text();
  require(file.set("KEY", value).has_value());
  require(file.text() == set);
}

}  // namespace
}  // namespace tokcast

// The first line is the value, the rest the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = input.find('\n');
  const std::string_view value = input.substr(0, line);
  const std::string_view text = line == std::string_view::npos ? "" : input.substr(line + 1);
  if (auto file = tokcast::EnvFile::parse(text, "fuzz")) tokcast::use(std::move(*file), value);
  return 0;
}
