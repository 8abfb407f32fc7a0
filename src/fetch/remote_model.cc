#include "fetch/remote_model.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>
#include <variant>

#include "base/text.h"
#include "fetch/hub_choice.h"
#include "fetch/remote_header.h"
#include "fetch/text_answer.h"
#include "model/gguf_reader.h"

namespace tokcast {
namespace {

constexpr Bytes kMostHeadBody{64 * kKibi.value};

bool never_changes(const RemoteName& name) {
  const auto* hub = std::get_if<HubName>(&name);
  return hub != nullptr && is_commit(hub->revision);
}

std::string model_name(const std::string& path) {
  return std::filesystem::path(path).stem().string();
}

// Reads a header from its parts, all of which are told by `file_at`; notes the first one's validator.
Result<StoredHeader> read_parts(HttpClient& client, Clock& clock, const std::string& first,
                                const std::function<RemoteFile(const std::string& path)>& file_at) {
  StoredHeader out{.url = file_at(first).request.url};
  const OpenSource open = [&](const std::string& path) -> Result<std::unique_ptr<ByteSource>> {
    auto source = open_remote_source(client, file_at(path), clock);
    if (!source) return std::unexpected(source.error());
    if (path == first) out.validator = (*source)->validator();
    return std::move(*source);
  };
  auto header = read_gguf_file(first, GgufData::kRequired, {}, open);
  if (!header) return std::unexpected(header.error());
  out.header = std::move(*header);
  return out;
}

}  // namespace

Result<Shape> RemoteModels::find_shape(const std::string& name) {
  const auto parsed = parse_remote_name(name, hub_.access().endpoint);
  if (!parsed) return std::unexpected(parsed.error());
  const std::string stored_name = hub_.access().endpoint + " " + name;
  if (auto stored = find_stored(stored_name, *parsed)) {
    return shape_from_header(std::move(stored->header), stored->model);
  }
  auto seen = std::visit([this](const auto& place) { return look(place); }, *parsed);
  if (!seen) return std::unexpected(seen.error());
  // A cache that cannot be written costs time later, not truth now.
  [[maybe_unused]] const Result<void> saved = store_.save(stored_name, *seen);
  return shape_from_header(std::move(seen->header), seen->model);
}

std::optional<StoredHeader> RemoteModels::find_stored(const std::string& name, const RemoteName& parsed) {
  auto stored = store_.find(name);
  if (!stored || hub_.access().offline || never_changes(parsed) || still_holds(*stored, parsed))
    return stored;
  return std::nullopt;
}

bool RemoteModels::still_holds(const StoredHeader& stored, const RemoteName& parsed) {
  if (stored.validator.empty()) return false;
  HttpRequest request = hub_.request(stored.url);
  request.head = true;
  // The hub itself tells the file's identity; where it leads to is of no interest.
  request.follow = std::holds_alternative<PlainUrl>(parsed);
  Retry retry({.attempts = 1}, clock_);
  const auto answer = get_text(client_, request, kMostHeadBody, retry);
  return answer && answer->head.status < 400 && validator_of(answer->head) == stored.validator;
}

Result<StoredHeader> RemoteModels::look(const HubName& name) {
  if (name.is_folder()) {
    return fail(ErrorKind::kUsage, "this names a folder, not one model",
                printable(name.repository + "/" + name.file), "Name the GGUF file in it, or a quantisation.");
  }
  const auto listing = hub_.list(name.repository, name.revision);
  if (!listing) return std::unexpected(listing.error());
  const auto files = choose_files(*listing, name);
  if (!files) return std::unexpected(files.error());
  std::map<std::string, Bytes> sizes;
  for (const HubFile& file : *files) sizes.emplace(file.path, file.size);
  const auto file_at = [&](const std::string& path) {
    const auto size = sizes.find(path);
    return hub_.file(name.repository, name.revision, path,
                     size == sizes.end() ? std::nullopt : std::optional(size->second));
  };
  auto out = read_parts(client_, clock_, files->front().path, file_at);
  if (out) out->model = model_name(files->front().path);
  return out;
}

Result<StoredHeader> RemoteModels::look(const PlainUrl& address) {
  const auto file_at = [&](const std::string& url) {
    return RemoteFile{.request = hub_.request(url), .name = printable(url)};
  };
  auto out = read_parts(client_, clock_, address.url, file_at);
  if (out) out->model = model_name(address.file);
  return out;
}

}  // namespace tokcast
