#include "base/file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/temporary_directory_test_util.h"

namespace tokcast {
namespace {

TEST(File, WritesMakeTheirDirectoriesAndReplaceTheWhole) {
  const TemporaryDirectory folder;
  const std::string path = folder / "a/b/c.json";
  ASSERT_TRUE(write_file(path, "a long first content"));
  ASSERT_TRUE(write_file(path, "second"));
  EXPECT_EQ(read_file(path), "second");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / "a/b"), {}), 1)
      << "temporary left behind";
}

TEST(File, AMissingFileIsNotFoundAndAHugeOneIsRefused) {
  EXPECT_EQ(read_file("/no/such/file").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(read_file("/proc/self/environ", Bytes(1)).error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(read_line("/no/such/file"), std::nullopt);
}

TEST(File, AFullDiskIsSaidAsSuch) {
  const auto written = write_file("/dev/full/x", "y");
  EXPECT_FALSE(written);
}

TEST(File, HashesAreStable) {
  EXPECT_EQ(stable_hash("tokcast"), stable_hash("tokcast"));
  EXPECT_EQ(stable_hash(""), "cbf29ce484222325");
}

}  // namespace
}  // namespace tokcast
