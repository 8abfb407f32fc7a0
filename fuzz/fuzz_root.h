// A directory of the fuzzer's own, in memory if the machine has such a place, gone when this is.
#ifndef TOKCAST_FUZZ_FUZZ_ROOT_H_
#define TOKCAST_FUZZ_FUZZ_ROOT_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace tokcast {

inline void require(bool holds) {
  if (!holds) std::abort();
}

class FuzzRoot {
 public:
  FuzzRoot() {
    const std::filesystem::path memory = "/dev/shm";
    const auto folder = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
    path_ = folder / "tokcast-fuzz-XXXXXX";
    require(mkdtemp(path_.data()) != nullptr);
  }
  ~FuzzRoot() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  FuzzRoot(const FuzzRoot&) = delete;
  FuzzRoot& operator=(const FuzzRoot&) = delete;

  const std::string& path() const { return path_; }

  void write(std::string_view file, std::string_view content) const {
    const std::filesystem::path path = path_ + std::string(file);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary);
    out << content;
  }

 private:
  std::string path_;
};

}  // namespace tokcast

#endif  // TOKCAST_FUZZ_FUZZ_ROOT_H_
