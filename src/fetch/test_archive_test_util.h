// Archives for tests, good ones and such as an enemy would make.
#ifndef TOKCAST_FETCH_TEST_ARCHIVE_TEST_UTIL_H_
#define TOKCAST_FETCH_TEST_ARCHIVE_TEST_UTIL_H_

#include <string>
#include <vector>

namespace tokcast {

struct TestEntry {
  enum class Kind { kFile, kFolder, kSymbolicLink, kHardLink, kDevice };

  std::string path;
  std::string content{};  // of a link: where it leads
  Kind kind = Kind::kFile;
};

struct TestArchive {
  std::string format = "zip";   // "zip", "tar"
  std::string filter = "none";  // "none", "gzip", "bzip2", "xz", "zstd"
  std::string password{};       // empty: not encrypted
};

// The bytes of an archive.
std::string packed(const std::vector<TestEntry>& entries, const TestArchive& how = {});

}  // namespace tokcast

#endif  // TOKCAST_FETCH_TEST_ARCHIVE_TEST_UTIL_H_
