#include "fetch/pull.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <utility>
#include <variant>

#include "base/file.h"
#include "base/text.h"
#include "fetch/hub_choice.h"
#include "fetch/journal.h"
#include "fetch/remote_facts.h"
#include "fetch/unpack.h"

namespace tokcast {
namespace {

constexpr Bytes kRoomToSpare{256 * kMebi.value};

bool is_gguf_name(const std::string& path) {
  return lower(path).ends_with(".gguf");
}

BlobPlaces places_of(const std::filesystem::path& target) {
  const std::string hidden = target.parent_path() / ("." + target.filename().string() + ".tokcast");
  return {target, hidden + ".incomplete", hidden + ".journal", hidden + ".lock"};
}

// Where in a plain folder a file of the hub goes: of a set, below the set's own name.
std::string path_in_folder(const HubFile& file, const HubName& name) {
  if (!name.is_folder()) return std::filesystem::path(file.path).filename();
  const auto set = std::filesystem::path(name.file).parent_path();
  return std::filesystem::path(file.path).lexically_relative(set.parent_path());
}

// An archive in a plain place becomes a folder beside it. It is here if that is.
void unpack_if_archive(PullFile& file, const PullPlaces& places) {
  const auto stem = archive_stem(file.item.places.target);
  if (!places.unpacks_archives || !stem) return;
  file.unpacked = *stem;
  if (is_unpacked(file.unpacked, file.identity)) file.here = file.size;
}

// What a download would find of it. A guess for the plan: the download itself believes no journal.
Bytes bytes_here(const DownloadItem& item, const std::string& identity, Bytes size) {
  std::error_code missing;
  if (std::filesystem::file_size(item.places.target, missing) == size.value && !missing) return size;
  const bool begun = std::filesystem::file_size(item.places.partial, missing) == size.value && !missing;
  const JournalKey key{identity, size};
  const auto journal = begun ? read_file(item.places.journal, key.most_text()) : Result<std::string>("");
  Bytes out{};
  for (const auto& [piece, record] : parse_journal(journal.value_or(""), key)) out += Bytes(record.bytes);
  return out;
}

PullFile hub_file(const Hub& hub, const HubFile& file, const PullPlan& plan, const HubName& name,
                  const PullPlaces& places) {
  PullFile out{.path = file.path, .size = file.size};
  out.item.file = hub.file(plan.repository, plan.commit, file.path, file.size);
  out.item.promise = {file.size, file.sha256,
                      file.sha256 ? std::nullopt : std::optional<std::string>(file.git_id)};
  out.item.is_gguf = is_gguf_name(file.path);
  if (places.folder) {
    out.item.places = places_of(std::filesystem::path(*places.folder) / path_in_folder(file, name));
  } else {
    out.hash = file.sha256.value_or(file.git_id);
    out.item.places = places.cache.places(plan.repository, out.hash);
  }
  out.identity = identity_of(out.item.promise, {}, {});
  out.here = bytes_here(out.item, out.identity, out.size);
  if (places.folder) unpack_if_archive(out, places);
  return out;
}

// The hub's list at the commit that the revision is at, or, if nobody is to be asked, what the cache has of
// it.
Result<HubListing> list_at_commit(Hub hub, const HubName& name, const HubCache& cache, std::string& commit) {
  const bool offline = hub.access().offline;
  auto found = offline ? cache.commit_of(name.repository, name.revision)
                       : hub.commit_of(name.repository, name.revision);
  if (!found) return std::unexpected(found.error());
  commit = std::move(*found);
  return offline ? cache.list(name.repository, commit) : hub.list(name.repository, commit);
}

Result<PullPlan> plan_for(HttpClient&, const Hub& hub, const HubName& name, const PullPlaces& places,
                          Clock&) {
  PullPlan plan{.repository = name.repository,
                .revision = name.revision,
                .directory = places.folder.value_or(places.cache.root()),
                .is_set = name.is_folder()};
  const auto listing = list_at_commit(hub, name, places.cache, plan.commit);
  if (!listing) return std::unexpected(listing.error());
  const auto files = choose_files(*listing, name);
  if (!files) return std::unexpected(files.error());
  if (auto fetchable = check_fetchable(*files); !fetchable) return std::unexpected(fetchable.error());
  for (const HubFile& file : *files) plan.files.push_back(hub_file(hub, file, plan, name, places));
  return plan;
}

Result<PullPlan> plan_for(HttpClient& client, const Hub& hub, const PlainUrl& address,
                          const PullPlaces& places, Clock& clock) {
  PullPlan plan{.directory = places.folder.value_or(places.other)};
  PullFile file{.path = address.file};
  file.item.file = {.request = hub.request(address.url), .name = printable(address.url)};
  file.item.is_gguf = is_gguf_name(address.file);
  file.item.places = places_of(std::filesystem::path(plan.directory) / address.file);
  Retry retry(kImpatient, clock);
  const auto facts = look_at(client, file.item.file, retry);
  if (!facts) return std::unexpected(facts.error());
  if (!facts->size) {
    return fail(ErrorKind::kUnsupported,
                "the server does not say how large the file is, so that one cut off would look whole",
                file.item.file.name, "Use another source.");
  }
  file.size = *facts->size;
  file.item.promise = {facts->size, facts->sha256, {}};
  if (facts->sha256 || !facts->validator.empty()) {
    file.identity = identity_of(file.item.promise, address.url, facts->validator);
  }
  file.here = bytes_here(file.item, file.identity, file.size);
  unpack_if_archive(file, places);
  plan.files.push_back(std::move(file));
  return plan;
}

// The folder that `archive`, which was fetched and verified, becomes.
Result<void> unpack_fetched(const PullFile& file, const std::string& archive, FileCalls& files) {
  const UnpackPlan plan{
      .archive = archive, .directory = file.unpacked, .identity = file.identity, .spare = kRoomToSpare};
  if (auto unpacked = unpack(plan, files); !unpacked) return unpacked;
  std::error_code ignored;
  std::filesystem::remove(archive, ignored);
  return {};
}

// One file of the plan, to where others find it.
Result<std::string> place_one(const PullFile& file, const std::string& fetched, const PullPlan& plan,
                              const PullPlaces& places, FileCalls& files) {
  if (!file.unpacked.empty()) {
    if (auto unpacked = unpack_fetched(file, fetched, files); !unpacked)
      return std::unexpected(unpacked.error());
    return file.unpacked;
  }
  if (file.hash.empty()) return fetched;
  auto linked = places.cache.link(plan.repository, plan.commit, file.path, file.hash, files);
  if (!linked) return std::unexpected(linked.error());
  return places.cache.snapshot_path(plan.repository, plan.commit, file.path);
}

Result<std::string> pull_one(HttpClient& client, const PullFile& file, const PullPlan& plan,
                             const PullPlaces& places, const DownloadOptions& options, Bytes& fetched) {
  if (!file.unpacked.empty() && is_unpacked(file.unpacked, file.identity)) return file.unpacked;
  const auto got = download(client, file.item, options);
  if (!got) return std::unexpected(got.error());
  fetched += got->fetched;
  return place_one(file, got->path, plan, places, *options.files);
}

// The nearest directory that is there.
std::filesystem::path existing(std::filesystem::path path) {
  std::error_code failure;
  path = std::filesystem::absolute(path, failure);
  while (!std::filesystem::exists(path, failure) && path.has_relative_path()) path = path.parent_path();
  return path;
}

// Of a file that was begun the room is taken already.
Bytes room_needed(const PullPlan& plan) {
  Bytes out{};
  for (const PullFile& file : plan.files) {
    std::error_code none;
    const bool taken = std::filesystem::file_size(file.item.places.partial, none) == file.size.value && !none;
    if (!taken) out += file.missing();
    if (!file.unpacked.empty() && file.missing().value > 0) out += file.size + file.size;
  }
  return out;
}

}  // namespace

PullPlaces default_pull_places() {
  return {.other = data_directory() + "/models"};
}

Bytes PullPlan::size() const {
  return std::accumulate(files.begin(), files.end(), Bytes(0),
                         [](Bytes sum, const PullFile& file) { return sum + file.size; });
}

Bytes PullPlan::missing() const {
  return std::accumulate(files.begin(), files.end(), Bytes(0),
                         [](Bytes sum, const PullFile& file) { return sum + file.missing(); });
}

Result<PullPlan> plan_pull(HttpClient& client, const Hub& hub, const RemoteName& name,
                           const PullPlaces& places, Clock& clock) {
  return std::visit([&](const auto& place) { return plan_for(client, hub, place, places, clock); }, name);
}

std::optional<Bytes> free_room(const PullPlan& plan) {
  std::error_code failure;
  const auto space = std::filesystem::space(existing(plan.directory), failure);
  return failure ? std::nullopt : std::optional(Bytes(space.available));
}

Result<void> check_room(const PullPlan& plan) {
  const Bytes needed = room_needed(plan);
  const auto room = free_room(plan);
  if (needed.value == 0 || !room || *room >= needed + kRoomToSpare) return {};
  return fail(ErrorKind::kDiskFull,
              fmt::format("{} are needed and {} to spare, but {} are free", format_bytes(needed),
                          format_bytes(kRoomToSpare), format_bytes(*room)),
              plan.directory, "Free some room, or choose another place with --models-dir.");
}

Result<Pulled> pull(HttpClient& client, const PullPlan& plan, const PullPlaces& places,
                    const DownloadOptions& options) {
  Pulled out;
  Bytes done{};
  for (const PullFile& file : plan.files) {
    DownloadOptions one = options;
    if (options.progress) {
      one.progress = [&](Bytes here, Bytes) { options.progress(done + here, plan.size()); };
    }
    auto path = pull_one(client, file, plan, places, one, out.fetched);
    if (!path) return std::unexpected(path.error());
    done += file.size;
    if (out.path.empty()) out.path = std::move(*path);
  }
  if (plan.repository.empty() || places.folder) return out;
  const auto noted = places.cache.note_revision(plan.repository, plan.revision, plan.commit);
  if (!noted) return std::unexpected(noted.error());
  return out;
}

}  // namespace tokcast
