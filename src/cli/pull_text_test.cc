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
  const std::string text = plan_text(plan, std::nullopt, Terminal{});
  EXPECT_NE(text.find("user/repo at main (0123456)"), std::string::npos) << text;
  EXPECT_NE(text.find("1.0 GB, 250 MB of it here already"), std::string::npos) << text;
  EXPECT_NE(text.find("To fetch: 750 MB; how long that takes is not known yet."), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
}

TEST(PlanText, SaysHowLongItTakesAndHowThatIsKnown) {
  PullPlan plan{.directory = "/"};
  PullFile file{.path = "a.gguf"};
  file.size = kGigabyte;
  plan.files.push_back(file);
  const auto says = [&plan](LineSpeed speed, const std::string& part) {
    const std::string text = plan_text(plan, speed, Terminal{});
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  constexpr BytesPerSecond kRate{20e6};
  says({kRate, SpeedFrom::kHeader}, "1.0 GB, 50 s at 20 MB/s, as its header came.");
  says({kRate, SpeedFrom::kLastDownload}, "1.0 GB, 50 s at 20 MB/s, as the last download from there went.");
  says({kRate, SpeedFrom::kLimit}, "1.0 GB, at least 50 s at 20 MB/s, the limit.");
  says({BytesPerSecond(5e9), SpeedFrom::kHeader}, "1 s at 5.0 GB/s");
}

TEST(PlanText, EstimatesNoTimeForWhatIsHere) {
  PullPlan plan{.directory = "/"};
  PullFile file{.path = "a.gguf"};
  file.size = file.here = kGigabyte;
  plan.files.push_back(file);
  const std::string text = plan_text(plan, std::nullopt, Terminal{});
  EXPECT_NE(text.find("To fetch: 0 B.\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace tokcast
