#include "cli/probe_text.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

Profile server() {
  Profile profile;
  profile.limits = {.name = "Some CPU", .logical_cpus = 20, .physical_cores = 10, .allowed_cpus = 20};
  profile.limits.memory_available = Bytes(30'000'000'000);
  profile.limits.threads_from = "physical cores";
  profile.facts.cpu = {.name = "Some CPU",
                       .microarchitecture = "Haswell",
                       .architecture = "x86_64",
                       .isa = {"avx2", "fma"},
                       .sockets = 2,
                       .cores = 10,
                       .logical_cpus = 20};
  profile.facts.cpu.caches = {{3, Bytes(25'000'000), 2}};
  profile.facts.memory.total = Bytes(64'000'000'000);
  profile.facts.unknown = {{"memory.modules", "only root may read the DMI table"}};
  return profile;
}

std::string page(const Profile& profile, const std::vector<Finding>& findings = {}, std::size_t width = 100) {
  return probe_page(profile, std::nullopt, findings, {.width = width});
}

TEST(ProbePage, BeginsWithWhatMayBeUsed) {
  EXPECT_TRUE(page(server()).starts_with("Some CPU: 10 threads and 30 GB may be used\n")) << page(server());
}

TEST(ProbePage, ShowsFactsAndWhatIsNotKnownWithItsReason) {
  const std::string text = page(server());
  EXPECT_NE(text.find("2 sockets, 10 cores, 20 threads; Haswell"), std::string::npos) << text;
  EXPECT_NE(text.find("L3 2 × 25 MB"), std::string::npos) << text;
  EXPECT_NE(text.find("memory.modules (only root may read the DMI table)"), std::string::npos) << text;
  EXPECT_NE(text.find("Graphics"), std::string::npos);
  EXPECT_NE(text.find("none found: `tokcast engine install`"), std::string::npos);
}

TEST(ProbePage, ShowsRatesWithTheirSpread) {
  Profile profile = server();
  Rates rates;
  rates.bandwidth.push_back({.threads = 10, .bytes_per_second = {50e9, 48e9, 52e9, 9}});
  rates.dot.push_back({"int8", "avx2", 10, {900e9, 890e9, 910e9, 9}});
  profile.rates = rates;
  const std::string text = page(profile);
  EXPECT_NE(text.find("50.0 GB/s ±4 % with 10 threads"), std::string::npos) << text;
  EXPECT_NE(text.find("900 GOPS ±1 % int8 with 10 threads (avx2)"), std::string::npos) << text;
}

TEST(ProbePage, EndsWithWhatHoldsItBackAndTheNextCommand) {
  EXPECT_NE(page(server()).find("Nothing was found that holds it back."), std::string::npos);
  const std::string text = page(server(), {{true, "The disk is slow.", "Buy another."}});
  EXPECT_NE(text.find("  ! The disk is slow.\n    Buy another.\n"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("tokcast recommend\n"));
}

TEST(ProbePage, SharesNoControlCharactersAndKeepsToTheWidth) {
  Profile profile = server();
  profile.facts.cpu.name = "evil\x1b[31m";
  const std::string text = page(profile, {{false, std::string(200, 'x') + " y z", ""}}, 60);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace tokcast
