#include "fetch/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <utility>

#include "base/text.h"
#include "fetch/hub_name.h"

namespace tokcast {
namespace {

constexpr std::size_t kBlockBytes = 256U << 10U;
constexpr auto kFix = "Do not use it; take the model from another source.";

// What libarchive says when it gives up. It never names a cause for which there is no words.
std::string reason_of(archive* reader) {
  const char* said = archive_error_string(reader);
  return said == nullptr ? "it cannot be read" : printable(said);
}

// "./a/b/" as "a/b".
std::string_view bare(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  while (path.ends_with('/')) path.remove_suffix(1);
  return path == "." ? "" : path;
}

}  // namespace

void ArchiveReader::Closer::operator()(archive* reader) const {
  archive_read_free(reader);
}

ArchiveReader::Handle ArchiveReader::new_handle() {
  Handle handle(archive_read_new());
  if (!handle) return handle;
  archive_read_support_format_zip(handle.get());
  archive_read_support_format_tar(handle.get());
  archive_read_support_filter_gzip(handle.get());
  archive_read_support_filter_bzip2(handle.get());
  archive_read_support_filter_xz(handle.get());
  archive_read_support_filter_zstd(handle.get());
  return handle;
}

ArchiveReader::ArchiveReader(Handle handle, std::string name, Bytes packed, const ArchiveLimits& limits)
    : handle_(std::move(handle)),
      name_(std::move(name)),
      limits_(limits),
      bytes_left_(limits.always.value +
                  static_cast<std::uint64_t>(limits.growth * static_cast<double>(packed.value))) {}

std::unexpected<Error> ArchiveReader::refused(std::string message) const {
  return fail(ErrorKind::kBadInput, std::move(message), printable(name_), kFix);
}

Result<ArchiveReader> ArchiveReader::open(const std::string& path, const ArchiveLimits& limits) {
  std::error_code failure;
  const Bytes packed(std::filesystem::file_size(path, failure));
  if (failure) return std::unexpected(error_from_errno(failure.value(), "cannot open", path));
  ArchiveReader reader(new_handle(), path, packed, limits);
  const bool opened = reader.handle_ && archive_read_open_filename(reader.handle_.get(), path.c_str(),
                                                                   kBlockBytes) == ARCHIVE_OK;
  if (!opened)
    return reader.refused("this is no archive that can be unpacked: " + reason_of(reader.handle_.get()));
  return reader;
}

Result<ArchiveReader> ArchiveReader::open_bytes(std::span<const char> bytes, const std::string& name,
                                                const ArchiveLimits& limits) {
  ArchiveReader reader(new_handle(), name, Bytes(bytes.size()), limits);
  const bool opened = reader.handle_ && archive_read_open_memory(reader.handle_.get(), bytes.data(),
                                                                 bytes.size()) == ARCHIVE_OK;
  if (!opened)
    return reader.refused("this is no archive that can be unpacked: " + reason_of(reader.handle_.get()));
  return reader;
}

Result<ArchiveEntry> ArchiveReader::checked(archive_entry* entry) const {
  const char* path = archive_entry_pathname_utf8(entry);
  if (path == nullptr) return refused("an entry has no name that can be read");
  const std::string_view name = bare(path);
  const std::string shown = printable(std::string_view(path).substr(0, 256));
  const auto type = archive_entry_filetype(entry);
  const bool linked = archive_entry_hardlink(entry) != nullptr || type == AE_IFLNK;
  if (linked) return refused("it holds a link, which may lead anywhere: " + shown);
  if (type != AE_IFREG && type != AE_IFDIR) return refused("it holds what is no file: " + shown);
  if (archive_entry_is_encrypted(entry) != 0) return refused("it is encrypted: " + shown);
  const bool is_root = name.empty() && type == AE_IFDIR && !std::string_view(path).starts_with('/');
  if (!is_root && !is_file_path(name)) return refused("a name in it leads out of its folder: " + shown);
  return ArchiveEntry{std::string(name), type == AE_IFDIR};
}

Result<std::optional<ArchiveEntry>> ArchiveReader::next() {
  archive_entry* entry = nullptr;
  const int status = archive_read_next_header(handle_.get(), &entry);
  if (status == ARCHIVE_EOF) return std::nullopt;
  if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
    return refused("it is damaged, or no archive: " + reason_of(handle_.get()));
  }
  if (++entries_ > limits_.entries)
    return refused(fmt::format("it holds more than {} entries", limits_.entries));
  auto checked_entry = checked(entry);
  if (!checked_entry) return std::unexpected(checked_entry.error());
  return std::move(*checked_entry);
}

Result<std::size_t> ArchiveReader::read(std::span<char> out) {
  const auto count = archive_read_data(handle_.get(), out.data(), out.size());
  if (count < 0) return refused("it is damaged: " + reason_of(handle_.get()));
  const auto bytes = static_cast<std::uint64_t>(count);
  if (bytes > bytes_left_) {
    return refused(fmt::format("it unpacks to more than {:g} times its size: it may be made to fill the disk",
                               limits_.growth));
  }
  bytes_left_ -= bytes;
  return bytes;
}

std::optional<std::string> archive_stem(std::string_view name) {
  constexpr std::array<std::string_view, 9> kEndings{".zip",  ".tar",    ".tar.gz", ".tgz",    ".tar.bz2",
                                                     ".tbz2", ".tar.xz", ".txz",    ".tar.zst"};
  const std::string lower_case = lower(name);
  for (const std::string_view ending : kEndings) {
    if (lower_case.size() > ending.size() && lower_case.ends_with(ending)) {
      return std::string(name.substr(0, name.size() - ending.size()));
    }
  }
  return std::nullopt;
}

}  // namespace tokcast
