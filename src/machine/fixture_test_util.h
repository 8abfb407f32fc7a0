// Other machines for tests: the archives in tests/fixtures/machines, laid out below a temporary root.
#ifndef TOKCAST_MACHINE_FIXTURE_TEST_UTIL_H_
#define TOKCAST_MACHINE_FIXTURE_TEST_UTIL_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/temporary_directory_test_util.h"
#include "machine/gather.h"

namespace tokcast {

// TOKCAST_FIXTURES is that folder.
inline std::string fixture_path(std::string_view name) {
  return std::string(TOKCAST_FIXTURES "/").append(name).append(".json");
}

inline std::vector<std::string> fixture_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(TOKCAST_FIXTURES)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

inline Json read_fixture(std::string_view name) {
  const std::string path = fixture_path(name);
  const auto archive = parse_json(read_file(path).value_or(""), path, {.keys = GatherLimits{}.entries});
  EXPECT_TRUE(archive) << path;
  return archive.value_or(Json());
}

// Its files are gone when this is. They are thousands, and therefore in memory where the machine has such a
// place.
class Fixture {
 public:
  explicit Fixture(std::string_view name) : archive_(read_fixture(name)) {
    const auto unpacked = unpack(archive_, root());
    EXPECT_TRUE(unpacked) << describe(unpacked.error());
  }

  const std::string& root() const { return directory_.path(); }
  const Json& archive() const { return archive_; }

 private:
  static std::filesystem::path parent() {
    const std::filesystem::path memory = "/dev/shm";
    return access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  }

  TemporaryDirectory directory_{parent()};
  Json archive_;
};

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_FIXTURE_TEST_UTIL_H_
