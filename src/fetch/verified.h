// Files whose content was hashed once and found right: remembered by place, size, inode and times, so that
// 40 GB are not read again each time somebody asks for them.
#ifndef TOKCAST_FETCH_VERIFIED_H_
#define TOKCAST_FETCH_VERIFIED_H_

#include <string>
#include <utility>

namespace tokcast {

class VerifiedFiles {
 public:
  explicit VerifiedFiles(std::string directory) : directory_(std::move(directory)) {}

  // `identity` is what the content was compared with (JournalKey::source).
  bool holds(const std::string& path, const std::string& identity) const;
  // Does nothing if it cannot be written: then the file is read again, the next time.
  void note(const std::string& path, const std::string& identity) const;

 private:
  std::string directory_;
};

// Below cache_directory().
VerifiedFiles default_verified_files();

}  // namespace tokcast

#endif  // TOKCAST_FETCH_VERIFIED_H_
