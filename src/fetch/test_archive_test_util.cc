#include "fetch/test_archive_test_util.h"

#include <archive.h>
#include <archive_entry.h>

namespace tokcast {
namespace {

la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

unsigned type_of(TestEntry::Kind kind) {
  switch (kind) {
    case TestEntry::Kind::kFolder:
      return AE_IFDIR;
    case TestEntry::Kind::kSymbolicLink:
      return AE_IFLNK;
    case TestEntry::Kind::kDevice:
      return AE_IFCHR;
    case TestEntry::Kind::kFile:
    case TestEntry::Kind::kHardLink:
      break;
  }
  return AE_IFREG;
}

void write_entry(archive* writer, const TestEntry& entry) {
  archive_entry* header = archive_entry_new();
  archive_entry_set_pathname(header, entry.path.c_str());
  archive_entry_set_filetype(header, type_of(entry.kind));
  archive_entry_set_perm(header, 0755);
  const bool is_file = entry.kind == TestEntry::Kind::kFile;
  archive_entry_set_size(header, is_file ? static_cast<la_int64_t>(entry.content.size()) : 0);
  if (entry.kind == TestEntry::Kind::kSymbolicLink) archive_entry_set_symlink(header, entry.content.c_str());
  if (entry.kind == TestEntry::Kind::kHardLink) archive_entry_set_hardlink(header, entry.content.c_str());
  archive_write_header(writer, header);
  if (is_file) archive_write_data(writer, entry.content.data(), entry.content.size());
  archive_entry_free(header);
}

}  // namespace

std::string packed(const std::vector<TestEntry>& entries, const TestArchive& how) {
  std::string out;
  archive* writer = archive_write_new();
  archive_write_set_format_by_name(writer, how.format == "tar" ? "pax" : how.format.c_str());
  if (how.filter != "none") archive_write_add_filter_by_name(writer, how.filter.c_str());
  if (!how.password.empty()) {
    archive_write_set_options(writer, "zip:encryption=zipcrypt");
    archive_write_set_passphrase(writer, how.password.c_str());
  }
  archive_write_set_bytes_in_last_block(writer, 1);  // no padding, which zstd would stumble over
  archive_write_open(writer, &out, nullptr, &append, nullptr);
  for (const TestEntry& entry : entries) write_entry(writer, entry);
  archive_write_close(writer);
  archive_write_free(writer);
  return out;
}

}  // namespace tokcast
