#include "cli/fleet_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "base/text.h"

namespace tokcast {
namespace {

using testing::HasSubstr;
using testing::Not;

Profile node() {
  Profile profile;
  profile.limits = {.name = "Xeon(R) \"Gold\"", .physical_cores = 10, .allowed_cpus = 20};
  profile.limits.memory_available = Bytes(38'900'000'000);
  profile.facts.cpu = {.name = "Xeon(R) \"Gold\"", .microarchitecture = "Sapphire Rapids"};
  Rates rates;
  rates.bandwidth.push_back({.threads = 10, .bytes_per_second = {41.9e9, 41e9, 43e9, 9}});
  rates.dot.push_back({"int8", "avx2", 10, {900e9, 890e9, 910e9, 9}});
  profile.rates = rates;
  return profile;
}

Profile with_cards() {
  Profile profile = node();
  profile.gpus.gpus = {
      {.name = "NVIDIA GeForce RTX 4090 (rev. 2)", .vendor = "NVIDIA", .memory_total = Bytes(25'757'220'864)},
      {.name = "Some UHD", .vendor = "Intel", .integrated = true, .memory_total = Bytes(99'000'000'000)}};
  return profile;
}

TEST(NfdFeatures, AreLabelsThatKubernetesTakes) {
  Profile profile = with_cards();
  profile.gpus.gpus.front().name = "-_" + std::string(100, 'x') + " ~";
  const std::regex line("tokcast-[a-z0-9-]+=[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");
  const std::string text = nfd_features(profile);
  for (const std::string_view one : split(trim(text), '\n'))
    EXPECT_TRUE(std::regex_match(std::string(one), line)) << one;
}

TEST(NfdFeatures, AreWholeNumbersThatAreNeverMoreThanThereIs) {
  const std::string text = nfd_features(node());
  EXPECT_THAT(text, HasSubstr("tokcast-memory-gb=38\n"));
  EXPECT_THAT(text, HasSubstr("tokcast-read-gbps=41\n"));
  EXPECT_THAT(text, HasSubstr("tokcast-int8-gops=900\n"));
  EXPECT_THAT(text, HasSubstr("tokcast-threads=10\n"));
  EXPECT_THAT(text, HasSubstr("tokcast-microarchitecture=Sapphire-Rapids\n"));
}

TEST(NfdFeatures, CountACardsOwnMemoryOnly) {
  const std::string text = nfd_features(with_cards());
  EXPECT_THAT(text, HasSubstr("tokcast-gpus=2\n"));
  EXPECT_THAT(text, HasSubstr("tokcast-gpu=NVIDIA-GeForce-RTX-4090-rev.-2\n"));
  EXPECT_THAT(text, HasSubstr("tokcast-gpu-memory-gb=25\n"));
}

TEST(NfdFeatures, LeaveOutWhatIsNotKnown) {
  const std::string text = nfd_features({});
  EXPECT_THAT(text, Not(HasSubstr("memory")));
  EXPECT_THAT(text, Not(HasSubstr("gbps")));
}

TEST(SlurmFeatures, AreOneLineOfWordsThatSlurmTakes) {
  const std::string text = slurm_features(with_cards());
  EXPECT_TRUE(std::regex_match(text, std::regex("tokcast_[a-z0-9_]+(,tokcast_[a-z0-9_]+)*\n"))) << text;
  EXPECT_THAT(text, HasSubstr(",tokcast_gpu_nvidia_geforce_rtx_4090_rev_2,"));
}

TEST(SlurmFeatures, NameEachPowerOfTwoThatIsReached) {
  const std::string text = slurm_features(node());
  EXPECT_THAT(text, HasSubstr("tokcast_memory_gb_ge_1,"));
  EXPECT_THAT(text, HasSubstr("tokcast_memory_gb_ge_32,"));
  EXPECT_THAT(text, Not(HasSubstr("tokcast_memory_gb_ge_64")));
  EXPECT_THAT(text, HasSubstr("tokcast_read_gbps_ge_32,"));
}

TEST(PrometheusMetrics, AreInBaseUnitsWithHelpAndType) {
  const std::string text = prometheus_metrics(node(), {{true, "slow", ""}, {false, "hint", ""}});
  EXPECT_THAT(
      text, HasSubstr("# TYPE tokcast_usable_memory_bytes gauge\ntokcast_usable_memory_bytes 38900000000\n"));
  EXPECT_THAT(text, HasSubstr("tokcast_memory_read_bytes_per_second{threads=\"10\"} 41900000000\n"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "tokcast_dot_operations_per_second{type=\"int8\",path=\"avx2\",threads=\"10\"} 900000000000\n"));
  EXPECT_THAT(text, HasSubstr("tokcast_findings{grave=\"true\"} 1\ntokcast_findings{grave=\"false\"} 1\n"));
}

TEST(PrometheusMetrics, EscapeWhatFirmwareSays) {
  EXPECT_THAT(prometheus_metrics(node(), {}), HasSubstr(R"(name="Xeon(R) \"Gold\"")"));
  Profile profile = node();
  profile.limits.name = "a\nb\\";
  EXPECT_THAT(prometheus_metrics(profile, {}), HasSubstr(R"(name="a?b\\")"));
}

TEST(PrometheusMetrics, LeaveOutWhatIsNotKnown) {
  const std::string text = prometheus_metrics({}, {});
  for (const char* name : {"memory_bytes", "read_bytes", "dot_operations", "gpu", "timestamp"})
    EXPECT_THAT(text, Not(HasSubstr(name)));
}

}  // namespace
}  // namespace tokcast
