#include "cli/pull_text.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

constexpr Bytes kGigabyte{1'000'000'000};

TEST(PullProgress, TellsRateAndTimeLeftFromWhatThisRunFetched) {
  const std::string text = progress_text(Bytes(2'000'000'000), Bytes(4'000'000'000), kGigabyte, Seconds(10));
  EXPECT_EQ(text, "2.0 GB of 4.0 GB, 100 MB/s, 20 s left");
}

TEST(PullProgress, PromisesNothingBeforeThereIsARate) {
  EXPECT_EQ(progress_text(kGigabyte, Bytes(4'000'000'000), kGigabyte, Seconds(10)), "1.0 GB of 4.0 GB");
  EXPECT_EQ(progress_text(kGigabyte, Bytes(4'000'000'000), Bytes(0), Seconds(0.2)), "1.0 GB of 4.0 GB");
}

TEST(PlanText, ShowsWhatIsHereAndStripsControlCharacters) {
  PullPlan plan{.repository = "user/repo", .revision = "main", .commit = "0123456789", .directory = "/"};
  PullFile file{.path = "a\x1b[31m.gguf"};
  file.size = kGigabyte;
  file.here = Bytes(250'000'000);
  plan.files.push_back(file);
  const std::string text = plan_text(plan, Terminal{});
  EXPECT_NE(text.find("user/repo at main (0123456)"), std::string::npos) << text;
  EXPECT_NE(text.find("1.0 GB, 250 MB of it here already"), std::string::npos) << text;
  EXPECT_NE(text.find("To fetch: 750 MB, 60 s at 100 Mbit/s."), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
}

}  // namespace
}  // namespace tokcast
