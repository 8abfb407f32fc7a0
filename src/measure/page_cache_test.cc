#include "measure/page_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

TEST(PageCache, TellsHowMuchOfFilesStayedInMemory) {
  const TemporaryDirectory directory;
  const std::string path = write_text(directory / "file", std::string(4'000'000, 'x'));
  const auto left = drop_from_page_cache({path});
  ASSERT_TRUE(left) << describe(left.error());
  // Nearly none on a disk, all in a file system in memory; it may be that neither can be told.
  if (left->has_value()) {
    EXPECT_GE(**left, 0);
    EXPECT_LE(**left, 1);
  }
}

TEST(PageCache, KeepsWhatAFileSystemInMemoryHolds) {
  const std::string path =
      write_text("/dev/shm/tokcast-page-cache-test-" + std::to_string(getpid()), std::string(100'000, 'x'));
  const auto left = drop_from_page_cache({path});
  unlink(path.c_str());
  ASSERT_TRUE(left) << describe(left.error());
  ASSERT_TRUE(left->has_value());
  EXPECT_EQ(**left, 1);
}

TEST(PageCache, SaysWhichFileIsNotThere) {
  const auto left = drop_from_page_cache({"/no/such/file"});
  ASSERT_FALSE(left);
  EXPECT_EQ(left.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(left.error().place, "/no/such/file");
}

TEST(PageCache, KnowsNothingOfWhatIsNoFile) {
  const TemporaryDirectory directory;
  const auto left = drop_from_page_cache({directory.path()});
  ASSERT_TRUE(left);
  EXPECT_FALSE(left->has_value());
}

}  // namespace
}  // namespace tokcast
