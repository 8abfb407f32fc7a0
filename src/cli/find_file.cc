#include "cli/find_file.h"

#include <filesystem>

#include "base/text.h"
#include "cli/forecast_text.h"
#include "fetch/hub.h"
#include "fetch/hub_cache.h"
#include "fetch/hub_choice.h"
#include "fetch/pull.h"
#include "model/gguf_split.h"
#include "model/naming.h"

namespace tokcast {
namespace {

std::unexpected<Error> not_here(const std::string& name) {
  return fail(ErrorKind::kNotFound, "this model is not here", printable(name),
              "Fetch it first: tokcast pull " + shell_word(name) + ".");
}

Result<std::string> cached(const std::string& name, const HubName& wanted) {
  const HubCache cache = default_hub_cache();
  const auto commit = cache.commit_of(wanted.repository, wanted.revision);
  if (!commit) return not_here(name);
  const auto listing = cache.list(wanted.repository, wanted.revision);
  if (!listing || listing->files.empty()) return not_here(name);
  const auto files = choose_files(*listing, wanted);
  if (!files) return not_here(name);
  return cache.snapshot_path(wanted.repository, *commit, files->front().path);
}

}  // namespace

Result<std::string> find_file(const std::string& name) {
  std::error_code error;
  if (std::filesystem::exists(name, error)) {
    const auto split = parse_split_name(name);
    return split ? split->path_of(1) : name;
  }
  if (!is_remote_name(name)) {
    const bool is_path = name.find('/') != std::string::npos || name.ends_with(".gguf");
    return fail(ErrorKind::kNotFound, is_path ? "there is no such file" : "only a file can be run",
                printable(name), is_path ? "" : "Name a GGUF file, or a user/repo that was pulled.");
  }
  const auto remote = parse_remote_name(name, hub_access_from_environment().endpoint);
  if (!remote) return std::unexpected(remote.error());
  if (const auto* wanted = std::get_if<HubName>(&*remote)) return cached(name, *wanted);
  const std::string path = default_pull_places().other + "/" + std::get<PlainUrl>(*remote).file;
  return std::filesystem::exists(path, error) ? Result<std::string>(path) : not_here(name);
}

}  // namespace tokcast
