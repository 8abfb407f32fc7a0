#include "cli/find_file.h"

#include <filesystem>
#include <optional>

#include "base/text.h"
#include "choose/installed.h"
#include "cli/forecast_text.h"
#include "cli/user_catalogue.h"
#include "fetch/hub.h"
#include "fetch/hub_cache.h"
#include "fetch/hub_choice.h"
#include "fetch/pull.h"
#include "model/catalogue.h"
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

// The file of a catalogue id that some cache has; of several the one in the usual mix, unless one is named.
std::optional<std::string> installed(const std::string& id, const std::string& mix) {
  std::optional<std::string> any;
  for (const InstalledModel& model : find_installed(installed_roots()).models) {
    if (!model.shape) continue;
    const CatalogueRow* row = row_of(*model.shape, model.name);
    if (row == nullptr || lower(row->id) != lower(id)) continue;
    const std::string& own = model.shape->quantization;
    if (own == (mix.empty() ? kDefaultMix : mix)) return model.path;
    if (!any && mix.empty()) any = model.path;
  }
  return any;
}

Result<std::string> of_catalogue(const std::string& name) {
  if (auto ok = use_user_catalogue(); !ok) return std::unexpected(ok.error());
  const auto colon = name.find(':');
  const std::string id = name.substr(0, colon);
  if (const auto known = find_catalogue_row(id); !known) return std::unexpected(known.error());
  const auto path = installed(id, colon == std::string::npos ? "" : name.substr(colon + 1));
  if (path) return *path;
  const auto repository = repository_of_id(name);
  return fail(ErrorKind::kNotFound, "no file of this model is here", printable(name),
              repository ? "Fetch it first: tokcast pull " + shell_word(*repository) + "."
                         : "Name a GGUF file of it.");
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
    if (!is_path) return of_catalogue(name);
    return fail(ErrorKind::kNotFound, "there is no such file", printable(name));
  }
  const auto remote = parse_remote_name(name, hub_access_from_environment().endpoint);
  if (!remote) return std::unexpected(remote.error());
  if (const auto* wanted = std::get_if<HubName>(&*remote)) return cached(name, *wanted);
  const std::string path = default_pull_places().other + "/" + std::get<PlainUrl>(*remote).file;
  return std::filesystem::exists(path, error) ? Result<std::string>(path) : not_here(name);
}

}  // namespace tokcast
