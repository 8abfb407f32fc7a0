#include "machine/find_machine.h"

#include <filesystem>

#include "base/file.h"
#include "machine/synthetic.h"

namespace tokcast {

Result<Profile> find_machine(const std::string& text) {
  std::error_code ignored;
  const bool is_file = std::filesystem::is_regular_file(text, ignored);
  // "2x10c/20t avx2 …" holds a slash, too.
  const bool is_path = text.find('/') != std::string::npos && text.find(' ') == std::string::npos;
  if (!is_file && (text.ends_with(".json") || is_path)) {
    return fail(ErrorKind::kNotFound, "there is no such machine profile", text,
                "Make one there: `tokcast probe --save FILE`.");
  }
  if (!is_file) return parse_synthetic(text);
  const auto content = read_file(text, kMebi * 4);
  if (!content) return std::unexpected(content.error());
  const auto json = parse_json(*content, text);
  if (!json) return std::unexpected(json.error());
  auto profile = profile_from_json(*json);
  if (!profile) profile.error().place = text + ": " + profile.error().place;
  return profile;
}

}  // namespace tokcast
