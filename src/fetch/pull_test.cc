#include "fetch/pull.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "base/file.h"
#include "engine/fake_engine_test_util.h"
#include "fetch/test_archive_test_util.h"
#include "fetch/test_clock_test_util.h"
#include "fetch/test_server_test_util.h"

namespace tokcast {
namespace {

constexpr const char* kRepository = "user/voices";
constexpr const char* kPath = "large/voice.bin";

class PullTest : public testing::Test {
 protected:
  PullTest() { hub_.add(kRepository, kPath, file_); }

  PullPlaces places() { return {.cache = HubCache(directory_ / "hub"), .other = directory_ / "models"}; }
  Result<PullPlan> planned(const PullPlaces& where,
                           const std::string& name = "hf://user/voices/large/voice.bin") {
    const auto parsed = parse_remote_name(name, hub_.endpoint());
    if (!parsed) return std::unexpected(parsed.error());
    const Hub hub(*client_, {.endpoint = hub_.endpoint(), .offline = offline_}, clock_);
    return plan_pull(*client_, hub, *parsed, where, clock_);
  }
  Result<Pulled> pulled(const PullPlan& plan, const PullPlaces& where) {
    DownloadOptions options{.verified = VerifiedFiles(directory_ / "verified")};
    options.clock = &clock_;
    return pull(*client_, plan, where, options);
  }
  std::string repository_folder() { return directory_ / "hub/models--user--voices"; }

  TemporaryDirectory directory_{};
  TestHub hub_{};
  TestFile file_ = TestFile::sparse("speech", 5'000'000);
  TestClock clock_{};
  std::unique_ptr<HttpClient> client_ = curl_http_client({});
  bool offline_ = false;
};

TEST_F(PullTest, LaysAFileOutAsTheSharedCacheDoes) {
  const auto plan = planned(places());
  ASSERT_TRUE(plan) << describe(plan.error());
  EXPECT_EQ(plan->missing(), Bytes(file_.size));
  const auto got = pulled(*plan, places());
  ASSERT_TRUE(got) << describe(got.error());
  EXPECT_EQ(got->path, repository_folder() + "/snapshots/" + TestHub::kCommit + "/" + kPath);
  EXPECT_EQ(std::filesystem::read_symlink(got->path), "../../../blobs/" + sha256_of(file_));
  EXPECT_EQ(hash_file(got->path, {}).value(), sha256_of(file_));
  EXPECT_EQ(read_file(repository_folder() + "/refs/main").value(), TestHub::kCommit);
}

TEST_F(PullTest, AdoptsABlobThatAnotherToolFetchedOnceItIsVerified) {
  const std::string blob = repository_folder() + "/blobs/" + sha256_of(file_);
  ASSERT_TRUE(write_file(blob, file_.bytes(0, file_.size)));
  const auto plan = planned(places());
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->missing(), Bytes(0));
  const auto got = pulled(*plan, places());
  ASSERT_TRUE(got) << describe(got.error());
  EXPECT_EQ(got->fetched, Bytes(0));
  EXPECT_EQ(hub_.cdn().requests().size(), 0U);
}

TEST_F(PullTest, ReplacesABlobOfTheRightSizeWithTheWrongContent) {
  std::string wrong = file_.bytes(0, file_.size);
  wrong[1'234'567] ^= 1;
  ASSERT_TRUE(write_file(repository_folder() + "/blobs/" + sha256_of(file_), wrong));
  const auto plan = planned(places());
  ASSERT_TRUE(plan);
  const auto got = pulled(*plan, places());
  ASSERT_TRUE(got) << describe(got.error());
  EXPECT_EQ(got->fetched, Bytes(file_.size));
  EXPECT_EQ(hash_file(got->path, {}).value(), sha256_of(file_));
}

TEST_F(PullTest, PutsItInAPlainFolderWhereOneIsGiven) {
  PullPlaces where = places();
  where.folder = directory_ / "plain";
  const auto plan = planned(where);
  ASSERT_TRUE(plan);
  const auto got = pulled(*plan, where);
  ASSERT_TRUE(got) << describe(got.error());
  EXPECT_EQ(got->path, *where.folder + "/voice.bin");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "hub"));
}

TEST_F(PullTest, TakesAnyAddressAndGoesOnByWhatTheServerSaysOfIt) {
  const std::string address = hub_.cdn().url(TestHub::cdn_path(kRepository, kPath));
  const auto plan = planned(places(), address);
  ASSERT_TRUE(plan) << describe(plan.error());
  EXPECT_EQ(plan->size(), Bytes(file_.size));
  const auto got = pulled(*plan, places());
  ASSERT_TRUE(got) << describe(got.error());
  EXPECT_EQ(got->path, directory_ / "models/voice.bin");
}

TEST_F(PullTest, UnpacksAnArchiveOnceAndDoesNotKeepIt) {
  const std::string archive = packed({{"ears/model.bin", std::string(100'000, 'm')}});
  hub_.add(kRepository, "ears.zip", TestFile::of(archive));
  const std::string address = hub_.cdn().url(TestHub::cdn_path(kRepository, "ears.zip"));
  const auto plan = planned(places(), address);
  ASSERT_TRUE(plan) << describe(plan.error());
  const auto got = pulled(*plan, places());
  ASSERT_TRUE(got) << describe(got.error());
  EXPECT_EQ(got->path, directory_ / "models/ears");
  EXPECT_EQ(read_file(got->path + "/model.bin").value().size(), 100'000U);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "models/ears.zip"));
  const auto again = planned(places(), address);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->missing(), Bytes(0));
  EXPECT_EQ(pulled(*again, places()).value().fetched, Bytes(0));
}

TEST_F(PullTest, Case36AnswersFromTheCacheAloneWhenOffline) {
  const auto plan = planned(places());
  ASSERT_TRUE(plan);
  const auto path = pulled(*plan, places()).value().path;
  const std::size_t asked = hub_.hub().requests().size() + hub_.cdn().requests().size();
  offline_ = true;
  const auto offline = planned(places());
  ASSERT_TRUE(offline) << describe(offline.error());
  EXPECT_EQ(pulled(*offline, places()).value().path, path);
  EXPECT_EQ(planned(places(), "hf://user/voices@v2/large/voice.bin").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(planned(places(), "hf://user/voices/large/other.bin").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(hub_.hub().requests().size() + hub_.cdn().requests().size(), asked);
}

TEST_F(PullTest, KeepsArchivesAsTheyAreIfToldTo) {
  hub_.add(kRepository, "ears.zip", TestFile::of(packed({{"a", "1"}})));
  PullPlaces where = places();
  where.unpacks_archives = false;
  const auto plan = planned(where, hub_.cdn().url(TestHub::cdn_path(kRepository, "ears.zip")));
  ASSERT_TRUE(plan) << describe(plan.error());
  EXPECT_EQ(pulled(*plan, where).value().path, directory_ / "models/ears.zip");
}

TEST_F(PullTest, FetchesAllFilesOfAFolderAndKeepsTheirOrder) {
  hub_.add(kRepository, "en/low/voice.onnx", TestFile::of("weights"));
  hub_.add(kRepository, "en/low/voice.onnx.json", TestFile::of("{}"));
  PullPlaces where = places();
  where.folder = directory_ / "plain";
  const auto plan = planned(where, "hf://user/voices/en/low/");
  ASSERT_TRUE(plan) << describe(plan.error());
  EXPECT_TRUE(plan->is_set);
  const auto got = pulled(*plan, where);
  ASSERT_TRUE(got) << describe(got.error());
  EXPECT_EQ(read_file(*where.folder + "/low/voice.onnx").value(), "weights");
  EXPECT_EQ(read_file(*where.folder + "/low/voice.onnx.json").value(), "{}");
}

TEST_F(PullTest, Case31RefusesAWebPageBeforeItStarts) {
  hub_.cdn().answer("/login", 200, "<html>", {{"Content-Type", "text/html"}});
  const auto plan = planned(places(), hub_.cdn().url("/login"));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind, ErrorKind::kBadInput);
}

TEST_F(PullTest, Case21SaysBeforeTheFirstByteThatTheRoomIsTooSmall) {
  auto plan = planned(places());
  ASSERT_TRUE(plan);
  EXPECT_TRUE(check_room(*plan));
  plan->files.front().size = Bytes(std::uint64_t{1} << 60U);
  const auto room = check_room(*plan);
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().kind, ErrorKind::kDiskFull);
}

TEST(HubCachePlaces, AreBesideTheBlobAndTheLockWhereHuggingFaceTakesIt) {
  const BlobPlaces places = HubCache("/c").places("user/repo", "abc");
  EXPECT_EQ(places.target, "/c/models--user--repo/blobs/abc");
  EXPECT_EQ(places.lock, "/c/.locks/models--user--repo/abc.lock");
}

}  // namespace
}  // namespace tokcast
