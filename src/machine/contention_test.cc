#include "machine/contention.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"

namespace tokcast {
namespace {

TEST(Contention, IsUnknownWhereTheKernelDoesNotTell) {
  const ContentionCounters counters = read_contention("/no/such/root");
  EXPECT_EQ(counters.cpu_pressure, std::nullopt);
  EXPECT_EQ(contention_between(counters, counters, Seconds(1), 2).stolen_share, std::nullopt);
}

TEST(Contention, IsTheShareOfTimeBetweenTwoReadings) {
  const ContentionCounters before{Seconds(1), Seconds(10)};
  const ContentionCounters after{Seconds(2), Seconds(12)};
  const Contention between = contention_between(before, after, Seconds(4), 2);
  EXPECT_DOUBLE_EQ(*between.cpu_pressure_share, 0.25);
  EXPECT_DOUBLE_EQ(*between.stolen_share, 0.25);
}

TEST(Contention, ReadsPressureAndStolenTime) {
  std::string root = testing::TempDir() + "tokcast-contention-XXXXXX";
  ASSERT_NE(mkdtemp(root.data()), nullptr);
  ASSERT_TRUE(
      write_file(root + "/proc/pressure/cpu", "some avg10=0.21 avg60=4.27 avg300=2.64 total=2500000\n"));
  ASSERT_TRUE(write_file(root + "/proc/stat", "cpu  64034 0 12122 269581 1168 0 102 300 0 0\ncpu0 1 2 3\n"));
  const ContentionCounters counters = read_contention(root);
  EXPECT_DOUBLE_EQ(counters.cpu_pressure->value, 2.5);
  EXPECT_DOUBLE_EQ(counters.stolen->value, 300.0 / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

}  // namespace
}  // namespace tokcast
