#include "machine/profile_store.h"

#include "base/file.h"

namespace tokcast {

std::string default_profile_path() {
  return cache_directory() + "/machine.json";
}

std::optional<Profile> find_profile(const std::string& path, const Machine& now) {
  const auto text = read_file(path, kMebi * 4);
  const auto json = text ? parse_json(*text, path) : std::unexpected(text.error());
  auto profile = json ? profile_from_json(*json) : std::unexpected(json.error());
  if (!profile || profile->limits.identity() != now.identity()) return std::nullopt;
  return std::move(*profile);
}

Result<void> save_profile(const std::string& path, const Profile& profile) {
  return write_file(path, profile_to_json(profile).dump(2) + "\n");
}

}  // namespace tokcast
