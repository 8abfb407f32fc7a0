// Archives of models that are folders, read as if an enemy had packed them.
//
// ZIP and TAR (plain, gzip, bzip2, xz, zstd) by libarchive, which decodes; what an entry may be is decided
// here: regular files and directories with names that stay below where they begin (is_file_path). Links,
// devices, encrypted entries, more than the limits allow: the whole archive is refused.
#ifndef TOKCAST_FETCH_ARCHIVE_READER_H_
#define TOKCAST_FETCH_ARCHIVE_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

struct archive;
struct archive_entry;

namespace tokcast {

struct ArchiveLimits {
  std::uint64_t entries = 10'000;
  // Of all files: models hardly shrink by packing, a bomb by a factor of a thousand.
  double growth = 20;
  Bytes always{64 * kMebi.value};  // allowed whatever the archive's size
};

struct ArchiveEntry {
  std::string path;  // relative, without "./" before or '/' behind it
  bool is_directory = false;
};

// One thread at a time. Errors of all: kBadInput (what is wrong with which entry); kIo, kNotFound.
class ArchiveReader {
 public:
  static Result<ArchiveReader> open(const std::string& path, const ArchiveLimits& limits = {});
  // `bytes` must outlive it; `name` is for errors.
  static Result<ArchiveReader> open_bytes(std::span<const char> bytes, const std::string& name,
                                          const ArchiveLimits& limits = {});

  // nullopt: there are no more.
  Result<std::optional<ArchiveEntry>> next();
  // Bytes of the entry that next() gave, in order; 0: it ends here.
  Result<std::size_t> read(std::span<char> out);

 private:
  struct Closer {
    void operator()(archive* reader) const;
  };
  using Handle = std::unique_ptr<archive, Closer>;

  ArchiveReader(Handle handle, std::string name, Bytes packed, const ArchiveLimits& limits);
  static Handle new_handle();
  Result<ArchiveEntry> checked(archive_entry* entry) const;
  std::unexpected<Error> refused(std::string message) const;

  Handle handle_;
  std::string name_;
  ArchiveLimits limits_;
  std::uint64_t bytes_left_;
  std::uint64_t entries_ = 0;
};

// The name of the folder that an archive of this name is unpacked to; nullopt: by its name it is none.
std::optional<std::string> archive_stem(std::string_view name);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_ARCHIVE_READER_H_
