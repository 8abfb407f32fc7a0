#include "fetch/hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "fetch/answer_headers.h"
#include "fetch/text_answer.h"

namespace tokcast {
namespace {

// A page of the real hub has 1000 files and some 300 kB.
constexpr Bytes kMostPageBytes{4 * kMebi.value};
constexpr std::size_t kMostFiles = 20'000;
constexpr std::size_t kMostTokenBytes = 512;

std::string from_environment(const char* variable) {
  const char* set = getenv(variable);
  return std::string(trim(set == nullptr ? "" : set));
}

bool is_token(std::string_view text) {
  return text.size() <= kMostTokenBytes &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

std::string token_file() {
  if (const std::string path = from_environment("HF_TOKEN_PATH"); !path.empty()) return path;
  if (const std::string home = from_environment("HF_HOME"); !home.empty()) return home + "/token";
  if (const std::string cache = from_environment("XDG_CACHE_HOME"); !cache.empty())
    return cache + "/huggingface/token";
  return from_environment("HOME") + "/.cache/huggingface/token";
}

std::string percent_encoded(std::string_view text, std::string_view kept) {
  std::string out;
  for (const char c : text) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || kept.find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string revision_part(const std::string& revision) {
  return percent_encoded(revision, "-._~");
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<Bytes> size_at(const Json& object) {
  const auto found = object.find("size");
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return Bytes(found->get<std::uint64_t>());
}

std::unexpected<Error> not_a_hub(const std::string& url) {
  return fail(ErrorKind::kBadInput, "the answer is not in the form of the hub's API", url,
              "Check HF_ENDPOINT and MODEL_ENDPOINT.");
}

// nullopt: a row of another kind.
std::optional<HubFile> file_of_row(const Json& row) {
  if (!row.is_object() || text_at(row, "type") != "file") return std::nullopt;
  HubFile file{.path = text_at(row, "path"), .git_id = text_at(row, "oid")};
  if (!is_file_path(file.path) || !is_commit(file.git_id)) return std::nullopt;
  auto size = size_at(row);
  if (const auto lfs = row.find("lfs"); lfs != row.end() && lfs->is_object()) {
    const std::string sha256 = text_at(*lfs, "oid");
    if (!is_sha256(sha256)) return std::nullopt;
    file.sha256 = sha256;
    size = size_at(*lfs);
  }
  if (!size) return std::nullopt;
  file.size = *size;
  return file;
}

}  // namespace

HubAccess hub_access_from_environment() {
  HubAccess out{.offline = is_offline()};
  for (const char* variable : {"MODEL_ENDPOINT", "HF_ENDPOINT"}) {
    std::string endpoint = from_environment(variable);
    while (endpoint.ends_with('/')) endpoint.pop_back();
    if (endpoint.empty()) continue;
    out.endpoint = std::move(endpoint);
    break;
  }
  out.token = from_environment("HF_TOKEN");
  if (out.token.empty()) out.token = read_line(token_file()).value_or("");
  if (!is_token(out.token)) out.token.clear();
  return out;
}

Result<std::string> Hub::commit_of(const std::string& repository, const std::string& revision) {
  if (is_commit(revision)) return revision;
  // Without "expand" the answer also lists all files.
  const std::string url = fmt::format("{}/api/models/{}/revision/{}?expand[]=sha", access_.endpoint,
                                      repository, revision_part(revision));
  const auto about = get_json(url, repository, nullptr);
  if (!about) return std::unexpected(about.error());
  std::string commit = about->is_object() ? text_at(*about, "sha") : "";
  if (!is_commit(commit)) return not_a_hub(url);
  return commit;
}

Result<HubListing> Hub::list(const std::string& repository, const std::string& revision) {
  HubListing out{repository, revision, {}};
  std::string url = fmt::format("{}/api/models/{}/tree/{}?recursive=true", access_.endpoint, repository,
                                revision_part(revision));
  while (!url.empty()) {
    std::string next;
    const auto page = get_json(url, repository, &next);
    if (!page) return std::unexpected(page.error());
    auto files = files_of_tree(*page);
    if (!files) return std::unexpected(files.error());
    std::ranges::move(*files, std::back_inserter(out.files));
    if (out.files.size() > kMostFiles || (!next.empty() && page->empty())) {
      return fail(ErrorKind::kBadInput, fmt::format("the repository lists more than {} files", kMostFiles),
                  url);
    }
    if (!next.empty() && !next.starts_with(access_.endpoint + "/")) return not_a_hub(url);
    url = std::move(next);
  }
  return out;
}

std::string Hub::file_url(const std::string& repository, const std::string& revision,
                          const std::string& path) const {
  return fmt::format("{}/{}/resolve/{}/{}", access_.endpoint, repository, revision_part(revision),
                     percent_encoded(path, "-._~/"));
}

HttpRequest Hub::request(std::string url) const {
  const bool ours = url.starts_with(access_.endpoint + "/");
  return {.url = std::move(url), .token = ours ? access_.token : ""};
}

RemoteFile Hub::file(const std::string& repository, const std::string& revision, const std::string& path,
                     std::optional<Bytes> size) const {
  return {.request = request(file_url(repository, revision, path)),
          .name = printable(repository + "/" + path),
          .size = size,
          .refusal = [this, repository](const HttpHead& head) { return refusal(head, repository); }};
}

Error Hub::refusal(const HttpHead& head, const std::string& repository) const {
  const std::string code = head.header("x-error-code").value_or("");
  const std::string page = access_.endpoint + "/" + repository;
  const bool refused = head.status == 401 || head.status == 403;
  if (code == "GatedRepo") {
    return {ErrorKind::kUnsupported, repository + " is gated: its terms must be accepted first", page,
            access_.token.empty() ? "Accept them on that page, then set HF_TOKEN to a token that may read."
                                  : "Accept them on that page with the account that HF_TOKEN belongs to."};
  }
  if (code == "RevisionNotFound") {
    return {ErrorKind::kNotFound, repository + " has no such revision", head.url,
            "Check what follows the '@'."};
  }
  if (code == "EntryNotFound") {
    return {ErrorKind::kNotFound, repository + " has no such file", head.url, "Check the file's name."};
  }
  // Without a login the hub answers 401 for what does not exist, too: it does not tell what is private.
  if (code == "RepoNotFound" || head.status == 404 || (refused && access_.token.empty())) {
    return {ErrorKind::kNotFound, "there is no repository " + repository + ", or it is private", page,
            "Check the spelling; for a private one set HF_TOKEN."};
  }
  if (refused) {
    return {ErrorKind::kUnsupported, "the hub does not let HF_TOKEN read " + repository, page,
            "Make a new token that may read it."};
  }
  return status_error(head);
}

Result<Json> Hub::get_json(const std::string& url, const std::string& repository, std::string* next) {
  Retry retry(kImpatient, clock_);
  const auto answer = get_text(client_, request(url), kMostPageBytes, retry);
  if (!answer) return std::unexpected(answer.error());
  if (answer->head.status != 200) return std::unexpected(refusal(answer->head, repository));
  if (is_web_page(answer->head)) {
    return fail(ErrorKind::kNetwork, "a web page came instead of the hub's answer", url,
                "Your network may ask for a login: open the address in a browser.");
  }
  if (next != nullptr) *next = next_link(answer->head.header("link").value_or("")).value_or("");
  return parse_json(answer->body, url, {.size = kMostPageBytes});
}

Result<std::vector<HubFile>> files_of_tree(const Json& page) {
  if (!page.is_array()) {
    return fail(ErrorKind::kBadInput, "the list of files is not a list", "tree API",
                "Check HF_ENDPOINT and MODEL_ENDPOINT.");
  }
  std::vector<HubFile> out;
  for (const Json& row : page) {
    if (auto file = file_of_row(row)) out.push_back(std::move(*file));
  }
  return out;
}

}  // namespace tokcast
