#include "fetch/download.h"

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "base/text.h"
#include "fetch/blob_lock.h"
#include "fetch/journal.h"
#include "fetch/remote_facts.h"
#include "fetch/transfer.h"
#include "model/gguf_reader.h"

namespace tokcast {
namespace {

constexpr int kMostVersions = 3;  // that we see one after the other before we give up

Result<void> check_gguf_file(const std::string& path) {
  const auto source = open_file_source(path);
  if (!source) return std::unexpected(source.error());
  const auto header = read_gguf(**source, GgufData::kRequired);
  return header ? Result<void>() : std::unexpected(header.error());
}

// What half a download and one that was killed leave beside the file: the lock is ours, so nobody uses it.
void remove_leftovers(const BlobPlaces& places) {
  namespace fs = std::filesystem;
  std::error_code failure;
  fs::remove(places.partial, failure);
  const fs::path journal(places.journal);
  std::error_code ignored;
  for (auto at = fs::directory_iterator(journal.parent_path(), failure), end = fs::end(at);
       !failure && at != end; at.increment(failure)) {
    // The journal, and the temporary files that become it.
    const std::string name = at->path().filename();
    if (name.starts_with(journal.filename().string())) fs::remove(at->path(), ignored);
  }
}

// One download whose lock is held.
class Download {
 public:
  Download(HttpClient& client, DownloadItem item, const DownloadOptions& options, const BlobLock& lock)
      : client_(client), item_(std::move(item)), options_(options), lock_(lock) {}

  Result<Downloaded> run() {
    auto done = find_or_fetch();
    if (done) remove_leftovers(item_.places);
    return done;
  }

 private:
  Result<Downloaded> find_or_fetch() {
    const bool asked_nobody = promises_content();
    if (asked_nobody) {
      auto here = find_here(item_, options_, identity());
      if (!here) return std::unexpected(here.error());
      if (*here) return std::move(**here);
    }
    for (int version = 0; version < kMostVersions; ++version) {
      if (auto looked = look(); !looked) return std::unexpected(looked.error());
      if (!asked_nobody && can_go_on()) {
        auto here = find_here(item_, options_, identity());
        if (!here) return std::unexpected(here.error());
        if (*here) return std::move(**here);
      }
      const auto ended = fetch();
      if (!ended) return std::unexpected(ended.error());
      if (*ended == BoardEnd::kComplete) return finish();
    }
    return fail(ErrorKind::kNetwork, "the file is replaced on the server again and again", item_.file.name,
                "Try again later.");
  }

  bool promises_content() const { return item_.promise.sha256 || item_.promise.git_id; }
  // What came before is of use only if it can be told that it belongs to the same content.
  bool can_go_on() const { return promises_content() || !facts_.validator.empty(); }
  std::string identity() const {
    return identity_of(item_.promise, item_.file.request.url, facts_.validator);
  }

  Result<void> look() {
    Retry retry(options_.retry, *options_.clock);
    auto facts = look_at(client_, item_.file, retry);
    if (!facts) return std::unexpected(facts.error());
    facts_ = std::move(*facts);
    if (!facts_.size) {
      return fail(ErrorKind::kUnsupported,
                  "the server does not say how large the file is, so that one cut off would look whole",
                  item_.file.name, "Use another source.");
    }
    if (item_.is_gguf && !facts_.start.starts_with("GGUF")) {
      return fail(ErrorKind::kBadInput, "what the server sends is no GGUF file", item_.file.name,
                  "Open the address in a browser: it may be a page about the file, or ask for a login.");
    }
    if (!promises_content()) item_.promise.sha256 = facts_.sha256;
    item_.promise.size = facts_.size;
    return {};
  }

  Result<BoardEnd> fetch() {
    bool in_ranges = facts_.sends_ranges && can_go_on();
    for (;;) {
      if (auto opened = open_files(); !opened) return std::unexpected(opened.error());
      TransferPlan plan{client_,   item_.file,      facts_,         item_.promise,        *blob_,
                        *journal_, *options_.clock, options_.retry, options_.connections, in_ranges};
      if (!can_go_on()) plan.retry.attempts = 1;
      TransferResult result = transfer(plan, [this](Bytes here) { tick(here); });
      fetched_ += Bytes(result.fetched);
      hash_ = std::move(result.hash);
      if (result.end == BoardEnd::kFailed) return std::unexpected(std::move(result.error));
      if (result.end != BoardEnd::kNoRanges || !in_ranges) return result.end;
      in_ranges = false;
    }
  }

  Result<void> open_files() {
    const BlobPlaces& places = item_.places;
    journal_.reset();
    blob_.reset();
    auto blob = Blob::open(places.partial, *facts_.size, *options_.files);
    if (!blob) return std::unexpected(blob.error());
    blob_ = std::move(*blob);
    if (blob_->is_new() || !can_go_on()) ::unlink(places.journal.c_str());
    auto journal = Journal::open(places.journal, {identity(), *facts_.size});
    if (!journal) return std::unexpected(journal.error());
    journal_ = std::move(*journal);
    return {};
  }

  void tick(Bytes here) {
    lock_.touch();
    if (options_.progress) options_.progress(here, *facts_.size);
  }

  Result<Downloaded> finish() {
    auto right = check_content(item_.promise, hash_, item_.file.name);
    if (right && item_.is_gguf) right = check_gguf_file(item_.places.partial);
    if (!right) {
      remove_leftovers(item_.places);
      return std::unexpected(right.error());
    }
    if (auto placed = blob_->place(item_.places.target); !placed) return std::unexpected(placed.error());
    options_.verified.note(item_.places.target, identity());
    return Downloaded{item_.places.target, *facts_.size, hash_, fetched_};
  }

  HttpClient& client_;
  DownloadItem item_;  // its promise completed by what the server says
  const DownloadOptions& options_;
  const BlobLock& lock_;
  RemoteFacts facts_{};
  std::unique_ptr<Blob> blob_{};
  std::unique_ptr<Journal> journal_{};
  Bytes fetched_{};
  std::string hash_{};
};

}  // namespace

std::string identity_of(const ContentPromise& promise, const std::string& address,
                        const std::string& validator) {
  if (promise.sha256) return "sha256 " + *promise.sha256;
  if (promise.git_id) return "git " + *promise.git_id;
  return address + " " + validator;
}

Result<std::optional<Downloaded>> find_here(const DownloadItem& item, const DownloadOptions& options,
                                            const std::string& identity) {
  const std::string& path = item.places.target;
  std::error_code missing;
  const Bytes size(std::filesystem::file_size(path, missing));
  if (missing || (item.promise.size && *item.promise.size != size)) return std::nullopt;
  if (options.verified.holds(path, identity)) return Downloaded{path, size, {}, {}};
  if (!item.promise.sha256 && !item.promise.git_id) return std::nullopt;
  auto hash = hash_file(path, item.promise);
  if (!hash) return std::unexpected(hash.error());
  if (!check_content(item.promise, *hash, path)) return std::nullopt;
  options.verified.note(path, identity);
  return Downloaded{path, size, std::move(*hash), {}};
}

Result<Downloaded> download(HttpClient& client, const DownloadItem& item, const DownloadOptions& options) {
  const auto lock = BlobLock::acquire(item.places.lock, options.waiting);
  if (!lock) return std::unexpected(lock.error());
  return Download(client, item, options, **lock).run();
}

}  // namespace tokcast
