#include "fetch/line_speed.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "engine/fake_engine_test_util.h"
#include "fetch/test_clock_test_util.h"

namespace tokcast {
namespace {

constexpr const char* kHost = "hub.example:8080";
constexpr BytesPerSecond kTen{10e6};
constexpr BytesPerSecond kTwenty{20e6};

// Answers with `chunks` times 1 MiB, some time apart.
class SlowClient final : public HttpClient {
 public:
  Result<HttpHead> get(const HttpRequest&, HttpSink& sink) override {
    const HttpHead head{.status = 200};
    const std::string mebibyte(1U << 20U, 'x');
    if (auto told = sink.on_head(head); !told) return std::unexpected(told.error());
    for (int i = 0; i < chunks; ++i) {
      if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (auto taken = sink.on_bytes(mebibyte); !taken) return std::unexpected(taken.error());
    }
    return head;
  }
  int chunks = 1;
};

class Nothing final : public HttpSink {
 public:
  Result<void> on_head(const HttpHead&) override { return {}; }
  Result<void> on_bytes(std::span<const char>) override { return {}; }
};

TEST(MeteredClient, CountsFromTheFirstBytesToTheLast) {
  SlowClient slow;
  MeteredClient metered(slow);
  Nothing sink;
  slow.chunks = 5;
  ASSERT_TRUE(metered.get({}, sink));
  EXPECT_EQ(metered.passed().bytes, Bytes(4U << 20U));
  EXPECT_GE(metered.passed().time, Seconds(0.08));
  ASSERT_TRUE(metered.passed().speed());
  EXPECT_LE(metered.passed().speed()->value, (4U << 20U) / 0.08);
}

TEST(MeteredClient, KnowsNoSpeedFromSmallAnswers) {
  SlowClient slow;
  MeteredClient metered(slow);
  Nothing sink;
  ASSERT_TRUE(metered.get({}, sink));
  EXPECT_EQ(metered.passed().bytes, Bytes(0));
  EXPECT_FALSE(metered.passed().speed());
}

TEST(MeteredClient, HandsOnTheErrorOfTheSink) {
  class Full final : public HttpSink {
   public:
    Result<void> on_head(const HttpHead&) override { return {}; }
    Result<void> on_bytes(std::span<const char>) override { return fail(ErrorKind::kDiskFull, "full"); }
  } sink;
  SlowClient slow;
  MeteredClient metered(slow);
  EXPECT_EQ(metered.get({}, sink).error().kind, ErrorKind::kDiskFull);
}

class SpeedStoreTest : public testing::Test {
 protected:
  // A later moment.
  class LaterClock final : public Clock {
   public:
    std::int64_t unix_seconds() const override { return seconds; }
    Result<void> sleep(Seconds) override { return {}; }
    std::int64_t seconds = 1'800'000'000;
  };

  TemporaryDirectory directory_;
  LaterClock clock_;
  SpeedStore store_{directory_ / "speeds", clock_};
};

TEST_F(SpeedStoreTest, RemembersTheLastDownloadFromEachServer) {
  EXPECT_FALSE(store_.find(kHost));
  store_.note(kHost, {Bytes(50'000'000), Seconds(10)});
  store_.note(kHost, {Bytes(100'000'000), Seconds(10)});
  EXPECT_EQ(store_.find(kHost), kTen);
  EXPECT_FALSE(store_.find("other.example"));
}

TEST_F(SpeedStoreTest, KeepsNothingOfWhatIsTooLittle) {
  store_.note(kHost, {Bytes(1000), Seconds(10)});
  store_.note(kHost, {Bytes(100'000'000), Seconds(0.01)});
  store_.note("", {Bytes(100'000'000), Seconds(10)});
  EXPECT_FALSE(store_.find(kHost));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "speeds"));
}

TEST_F(SpeedStoreTest, ForgetsAfterAMonth) {
  store_.note(kHost, {Bytes(100'000'000), Seconds(10)});
  clock_.seconds += 29LL * 24 * 3600;
  EXPECT_TRUE(store_.find(kHost));
  clock_.seconds += 2LL * 24 * 3600;
  EXPECT_FALSE(store_.find(kHost));
}

TEST_F(SpeedStoreTest, TakesADamagedFileForNone) {
  store_.note(kHost, {Bytes(100'000'000), Seconds(10)});
  const std::string path = std::filesystem::directory_iterator(directory_ / "speeds")->path();
  for (const char* line : {"", "1", "100000000 10", "100000000 -1 1800000000", "100000000 nan 1800000000",
                           "100000000 0 1800000000", "1e9 10 1800000000", "100000000 10 x", "1 2 3 4"}) {
    std::ofstream(path) << "tokcast.speed/1\n" << kHost << "\n" << line << "\n";
    EXPECT_FALSE(store_.find(kHost)) << line;
  }
  std::ofstream(path) << "tokcast.speed/1\nother\n100000000 10 1800000000\n";
  EXPECT_FALSE(store_.find(kHost));
}

TEST(ExpectedSpeed, IsTheLastDownloadsUnlessTheHeaderCameFaster) {
  EXPECT_FALSE(expected_speed({}, {}, {}));
  EXPECT_EQ(expected_speed(kTen, {}, {})->from, SpeedFrom::kHeader);
  EXPECT_EQ(expected_speed({}, kTen, {})->from, SpeedFrom::kLastDownload);
  EXPECT_EQ(expected_speed(kTen, kTwenty, {})->rate, kTwenty);
  EXPECT_EQ(expected_speed(kTwenty, kTen, {})->from, SpeedFrom::kHeader);
}

TEST(ExpectedSpeed, IsNotAboveTheLimit) {
  EXPECT_EQ(expected_speed({}, {}, 10'000'000)->from, SpeedFrom::kLimit);
  EXPECT_EQ(expected_speed({}, kTwenty, 10'000'000)->rate, kTen);
  EXPECT_EQ(expected_speed({}, kTen, 20'000'000)->from, SpeedFrom::kLastDownload);
}

TEST(HostOf, LeavesOutWhoLogsIn) {
  EXPECT_EQ(host_of("https://Hub.Example/user/repo"), "hub.example");
  EXPECT_EQ(host_of("http://me:secret@hub.example:8080?x=@y"), kHost);
  EXPECT_EQ(host_of("nothing"), "");
}

}  // namespace
}  // namespace tokcast
