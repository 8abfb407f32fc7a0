#include "fetch/verified.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.h"

namespace tokcast {
namespace {

// Changes when the file does. Empty: there is none.
std::string state_of(const std::string& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) return {};
  return fmt::format("{} {} {}.{} {}.{}", about.st_size, about.st_ino, about.st_mtim.tv_sec,
                     about.st_mtim.tv_nsec, about.st_ctim.tv_sec, about.st_ctim.tv_nsec);
}

std::string note_for(const std::string& path, const std::string& identity) {
  return fmt::format("tokcast.verified/1\n{}\n{}\n{}\n", path, identity, state_of(path));
}

}  // namespace

bool VerifiedFiles::holds(const std::string& path, const std::string& identity) const {
  return !state_of(path).empty() &&
         read_file(directory_ + "/" + stable_hash(path)).value_or("") == note_for(path, identity);
}

void VerifiedFiles::note(const std::string& path, const std::string& identity) const {
  // What it says about failing to write is in the header.
  [[maybe_unused]] const auto written =
      write_file(directory_ + "/" + stable_hash(path), note_for(path, identity));
}

VerifiedFiles default_verified_files() {
  return VerifiedFiles(cache_directory() + "/verified");
}

}  // namespace tokcast
