#include "fetch/unpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "engine/fake_engine_test_util.h"
#include "fetch/test_archive_test_util.h"

namespace tokcast {
namespace {

using testing::HasSubstr;
using Kind = TestEntry::Kind;

const std::vector<TestEntry> kModel{{"voice/", {}, Kind::kFolder},
                                    {"voice/conf/model.conf", "--rate=16000\n"},
                                    {"voice/am.bin", std::string(3'000'000, '\x17')}};

class UnpackTest : public testing::Test {
 protected:
  Result<void> unpacked(const std::string& archive, const std::string& identity = "sha256 1") {
    EXPECT_TRUE(write_file(directory_ / "voice.zip", archive));
    plan_.identity = identity;
    return unpack(plan_, *files_);
  }
  // That it is refused, leaves nothing behind, and says why.
  void refuses(const std::vector<TestEntry>& entries, const std::string& why, const TestArchive& how = {}) {
    const auto result = unpacked(packed(entries, how));
    ASSERT_FALSE(result) << why;
    EXPECT_EQ(result.error().kind, ErrorKind::kBadInput);
    EXPECT_THAT(result.error().message, HasSubstr(why));
    EXPECT_EQ(names(), std::vector<std::string>{"voice.zip"});
  }
  std::vector<std::string> names() {
    std::vector<std::string> out;
    const std::filesystem::path folder(plan_.directory);
    for (const auto& entry : std::filesystem::directory_iterator(folder.parent_path()))
      out.push_back(entry.path().filename());
    std::ranges::sort(out);
    return out;
  }

  TemporaryDirectory directory_{};
  UnpackPlan plan_{.archive = directory_ / "voice.zip", .directory = directory_ / "voice"};
  FileCalls* files_ = &system_files();
};

TEST_F(UnpackTest, MakesAFolderOfAnArchive) {
  ASSERT_TRUE(unpacked(packed(kModel)));
  EXPECT_EQ(read_file(plan_.directory + "/conf/model.conf").value(), "--rate=16000\n");
  EXPECT_EQ(std::filesystem::file_size(plan_.directory + "/am.bin"), 3'000'000U);
  EXPECT_EQ(names(), (std::vector<std::string>{"voice", "voice.zip"}));
}

TEST_F(UnpackTest, ReadsTheUsualKindsOfArchives) {
  for (const char* filter : {"none", "gzip", "bzip2", "xz", "zstd"}) {
    const auto result = unpacked(packed(kModel, {"tar", filter}), filter);
    ASSERT_TRUE(result) << filter << ": " << describe(result.error());
    EXPECT_EQ(read_file(plan_.directory + "/conf/model.conf").value(), "--rate=16000\n") << filter;
  }
}

TEST_F(UnpackTest, KeepsFilesTogetherThatLieInSeveralFolders) {
  ASSERT_TRUE(unpacked(packed({{"./a/1", "one"}, {"b/2", "two"}})));
  EXPECT_EQ(read_file(plan_.directory + "/a/1").value(), "one");
  EXPECT_EQ(read_file(plan_.directory + "/b/2").value(), "two");
}

TEST_F(UnpackTest, GivesFilesNoRightsThatTheArchiveAsksFor) {
  ASSERT_TRUE(unpacked(packed({{"run.sh", "#!/bin/sh"}})));
  const auto rights = std::filesystem::status(plan_.directory + "/run.sh").permissions();
  EXPECT_EQ(rights & std::filesystem::perms::owner_exec, std::filesystem::perms::none);
}

TEST_F(UnpackTest, RefusesNamesThatLeadOutOfItsFolder) {
  for (const char* name :
       {"../evil", "voice/../../evil", "/etc/evil", "a//b", "c:\\evil", "..", "voice/evil\x1b[2J"}) {
    for (const char* format : {"zip", "tar"})
      refuses({{"good", "1"}, {name, "2"}}, "leads out of its folder", {format});
  }
}

TEST_F(UnpackTest, RefusesLinksAndDevices) {
  refuses({{"out", "/etc", Kind::kSymbolicLink}, {"out/evil", "1"}}, "a link");
  refuses({{"out", "..", Kind::kSymbolicLink}}, "a link", {"tar"});
  refuses({{"a", "1"}, {"b", "/etc/passwd", Kind::kHardLink}}, "a link", {"tar"});
  refuses({{"disk", {}, Kind::kDevice}}, "no file", {"tar"});
}

TEST_F(UnpackTest, RefusesBombs) {
  plan_.limits.always = Bytes(1'000'000);
  refuses({{"zeros", std::string(40'000'000, '\0')}}, "fill the disk");
  refuses({{"zeros", std::string(40'000'000, '\0')}}, "fill the disk", {"tar", "gzip"});
  plan_.limits.entries = 100;
  std::vector<TestEntry> many;
  for (int i = 0; i < 101; ++i) many.push_back({"f" + std::to_string(i), ""});
  refuses(many, "more than 100 entries");
}

TEST_F(UnpackTest, RefusesWhatItCannotRead) {
  refuses({{"a", "1"}, {"a", "2"}}, "twice");
  refuses({{"secret", "1"}}, "encrypted", {"zip", "none", "key"});
  refuses({}, "nothing in the archive");
  const auto none = unpacked("GGUF, and no archive at all");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::kBadInput);
}

TEST_F(UnpackTest, CutOffAnywhereItLeavesNothing) {
  const std::string whole = packed({{"voice/a", "some text"}, {"voice/b", "more of it"}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto result = unpacked(whole.substr(0, size));
    // A ZIP whose directory at the end is missing may still be read from its start, and then whole.
    if (result) {
      EXPECT_EQ(read_file(plan_.directory + "/b").value(), "more of it") << size;
    } else {
      EXPECT_EQ(names(), std::vector<std::string>{"voice.zip"}) << size;
    }
    std::filesystem::remove_all(plan_.directory);
  }
}

TEST_F(UnpackTest, NoticesAChangedByteOfTheContent) {
  std::string wrong = packed({{"a", std::string(10'000, 'x') + "needle"}}, {"zip"});
  wrong[60] ^= 1;
  const auto result = unpacked(wrong);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(names(), std::vector<std::string>{"voice.zip"});
}

TEST_F(UnpackTest, KnowsWhatItUnpackedAndNoticesWhatIsMissing) {
  ASSERT_TRUE(unpacked(packed(kModel), "sha256 1"));
  EXPECT_TRUE(is_unpacked(plan_.directory, "sha256 1"));
  EXPECT_FALSE(is_unpacked(plan_.directory, "sha256 2"));
  EXPECT_FALSE(is_unpacked(plan_.directory, ""));
  std::filesystem::resize_file(plan_.directory + "/am.bin", 2'999'999);
  EXPECT_FALSE(is_unpacked(plan_.directory, "sha256 1"));
  std::filesystem::remove(plan_.directory + "/am.bin");
  EXPECT_FALSE(is_unpacked(plan_.directory, "sha256 1"));
}

TEST_F(UnpackTest, ReplacesAnEarlierArchiveAndKeepsItIfTheNewOneIsBad) {
  ASSERT_TRUE(unpacked(packed(kModel), "sha256 1"));
  ASSERT_FALSE(unpacked(packed({{"../evil", "1"}}), "sha256 2"));
  EXPECT_TRUE(is_unpacked(plan_.directory, "sha256 1"));
  ASSERT_TRUE(unpacked(packed({{"new", "1"}}), "sha256 2"));
  EXPECT_EQ(read_file(plan_.directory + "/new").value(), "1");
  EXPECT_FALSE(std::filesystem::exists(plan_.directory + "/am.bin"));
}

TEST_F(UnpackTest, NeverTouchesAFolderOfSomebodyElse) {
  ASSERT_TRUE(write_file(plan_.directory + "/diary", "mine"));
  const auto result = unpacked(packed(kModel));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().fix, HasSubstr("Move it away"));
  EXPECT_EQ(read_file(plan_.directory + "/diary").value(), "mine");
}

class FullDisk final : public FileCalls {
 public:
  ssize_t write_at(int, std::span<const char>, std::uint64_t) override {
    errno = ENOSPC;
    return -1;
  }
};

TEST_F(UnpackTest, LeavesNothingOnAFullDisk) {
  FullDisk full;
  files_ = &full;
  const auto result = unpacked(packed(kModel));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kDiskFull);
  EXPECT_EQ(names(), std::vector<std::string>{"voice.zip"});
  files_ = &system_files();
  plan_.spare = Bytes(std::uint64_t{1} << 60U);
  EXPECT_EQ(unpacked(packed(kModel)).error().kind, ErrorKind::kDiskFull);
}

}  // namespace
}  // namespace tokcast
