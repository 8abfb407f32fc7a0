// Documents that a user is handed: machine profiles, and gathered archives, which are laid out on his disk.
#include <cstddef>
#include <cstdint>

#include "fuzz_root.h"
#include "machine/gather.h"
#include "machine/profile.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

// What was read is written and then read back the same.
void read_profile(const Json& json) {
  const auto profile = profile_from_json(json);
  require(profile.has_value() || profile.error().kind == ErrorKind::kBadInput);
  if (!profile) return;
  const auto written = parse_json(profile_to_json(*profile).dump(), "fuzz");
  require(written.has_value());
  const auto again = profile_from_json(*written);
  require(again && profile_to_json(*again).dump() == written->dump());
}

// Nothing lies beside the directory that was named, and no link in it leads out of it.
void require_inside(const std::string& parent, const std::string& directory) {
  for (const auto& entry : fs::directory_iterator(parent)) require(entry.path() == directory);
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_symlink()) continue;
    std::error_code error;
    const std::string end = fs::weakly_canonical(entry.path(), error).string();  // fails on circles only
    require(error || end == directory || end.starts_with(directory + "/"));
  }
}

// What gather makes of what was laid out can itself be laid out.
void lay_out(const Json& json) {
  const FuzzRoot parent;
  const std::string directory = parent.path() + "/inside";
  const auto unpacked = unpack(json, directory);
  if (!fs::exists(directory)) return require(!unpacked);
  require_inside(parent.path(), directory);
  if (!unpacked) return;
  const auto again = gather(directory, "fuzz");
  require(again.has_value());
  const FuzzRoot other;
  require(unpack(*again, other.path()).has_value());
}

}  // namespace
}  // namespace tokcast

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = tokcast::parse_json({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!json) return 0;
  tokcast::read_profile(*json);
  tokcast::lay_out(*json);
  return 0;
}
