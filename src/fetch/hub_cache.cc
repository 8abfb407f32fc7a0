#include "fetch/hub_cache.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/file.h"
#include "fetch/hub_name.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 20'000;

// "user/repo" -> "models--user--repo".
std::string folder_name(const std::string& repository) {
  std::string out = "models--" + repository;
  if (const auto slash = out.find('/'); slash != std::string::npos) out.replace(slash, 1, "--");
  return out;
}

// From snapshots/COMMIT/PATH to blobs/HASH: two levels up, and one for each folder in PATH.
std::string link_text(const std::string& path, const std::string& hash) {
  std::string out = "../../";
  for (auto folders = std::ranges::count(path, '/'); folders > 0; --folders) out += "../";
  return out + "blobs/" + hash;
}

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
}

// A link of a snapshot to a blob that is there; nullopt: anything else.
std::optional<HubFile> cached_file(const fs::directory_entry& entry, const fs::path& snapshot) {
  std::error_code failure;
  const std::string hash = fs::read_symlink(entry.path(), failure).filename();
  const auto size = failure ? 0 : entry.file_size(failure);
  HubFile out{.path = entry.path().lexically_relative(snapshot), .size = Bytes(size)};
  if (failure || !is_file_path(out.path) || (!is_sha256(hash) && !is_commit(hash))) return std::nullopt;
  if (is_sha256(hash)) out.sha256 = hash;
  if (is_commit(hash)) out.git_id = hash;
  return out;
}

}  // namespace

std::string HubCache::folder(const std::string& repository) const {
  return root_ + "/" + folder_name(repository);
}

BlobPlaces HubCache::places(const std::string& repository, const std::string& hash) const {
  const std::string blob = folder(repository) + "/blobs/" + hash;
  return {.target = blob,
          .partial = blob + ".tokcast.incomplete",
          .journal = blob + ".tokcast.journal",
          .lock = root_ + "/.locks/" + folder_name(repository) + "/" + hash + ".lock"};
}

std::string HubCache::snapshot_path(const std::string& repository, const std::string& commit,
                                    const std::string& path) const {
  return fmt::format("{}/snapshots/{}/{}", folder(repository), commit, path);
}

Result<void> HubCache::link(const std::string& repository, const std::string& commit, const std::string& path,
                            const std::string& hash, FileCalls& files) const {
  const std::string name = snapshot_path(repository, commit, path);
  if (auto made = make_parent(name); !made) return made;
  // Renamed into place: whoever looks sees the old name or the new one.
  const std::string fresh = fmt::format("{}.{}.tokcast", name, ::getpid());
  ::unlink(fresh.c_str());
  if (::symlink(link_text(path, hash).c_str(), fresh.c_str()) != 0) {
    return std::unexpected(error_from_errno(errno, "cannot make the link", name,
                                            "Where links are impossible, give a folder with --models-dir."));
  }
  if (files.rename(fresh, name) == 0) {
    return sync_directory(std::filesystem::path(name).parent_path(), files);
  }
  const int error_number = errno;
  ::unlink(fresh.c_str());
  return std::unexpected(error_from_errno(error_number, "cannot make the link", name));
}

Result<void> HubCache::note_revision(const std::string& repository, const std::string& revision,
                                     const std::string& commit) const {
  if (is_commit(revision)) return {};
  const std::string path = folder(repository) + "/refs/" + revision;
  if (read_line(path) == commit) return {};
  return write_file(path, commit);
}

Result<std::string> HubCache::commit_of(const std::string& repository, const std::string& revision) const {
  if (is_commit(revision)) return revision;
  const auto noted = read_line(folder(repository) + "/refs/" + revision);
  if (noted && is_commit(*noted)) return *noted;
  return fail(ErrorKind::kNotFound, "HF_HUB_OFFLINE is set, and nothing of this is here yet",
              repository + "@" + revision, "Unset HF_HUB_OFFLINE.");
}

Result<HubListing> HubCache::list(const std::string& repository, const std::string& revision) const {
  const auto commit = commit_of(repository, revision);
  if (!commit) return std::unexpected(commit.error());
  HubListing out{.repository = repository, .revision = revision};
  const fs::path snapshot = folder(repository) + "/snapshots/" + *commit;
  std::error_code failure;
  for (auto at = fs::recursive_directory_iterator(snapshot, failure), end = fs::end(at);
       !failure && at != end; at.increment(failure)) {
    if (auto file = cached_file(*at, snapshot); file && out.files.size() < kMostFiles) {
      out.files.push_back(std::move(*file));
    }
  }
  std::ranges::sort(out.files, {}, &HubFile::path);
  return out;
}

HubCache default_hub_cache() {
  for (const char* name : {"LLAMA_CACHE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (auto root = variable(name)) return HubCache(std::move(*root));
  }
  if (const auto home = variable("HF_HOME")) return HubCache(*home + "/hub");
  if (const auto cache = variable("XDG_CACHE_HOME")) return HubCache(*cache + "/huggingface/hub");
  return HubCache(variable("HOME").value_or("/root") + "/.cache/huggingface/hub");
}

}  // namespace tokcast
