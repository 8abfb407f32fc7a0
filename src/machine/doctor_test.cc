#include "machine/doctor.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tokcast {
namespace {

Profile calm_machine() {
  Profile profile;
  profile.limits = {.name = "Intel(R) Xeon(R) CPU E5-2660 v3 @ 2.60GHz",
                    .logical_cpus = 10,
                    .physical_cores = 10,
                    .allowed_cpus = 10};
  profile.facts.cpu.name = profile.limits.name;
  profile.facts.cpu.ggml_variant = "haswell";
  profile.facts.memory.total = Bytes(64 * kGibi.value);
  return profile;
}

Rates rates_of(double bytes_per_second) {
  Rates rates;
  rates.bandwidth.push_back({.threads = 10, .bytes_per_second = {.median = bytes_per_second, .samples = 9}});
  return rates;
}

bool says(const std::vector<Finding>& findings, std::string_view words) {
  return std::ranges::any_of(findings,
                             [&](const Finding& f) { return f.what.find(words) != std::string::npos; });
}

TEST(Doctor, FindsNothingOnACalmMachine) {
  EXPECT_TRUE(examine(calm_machine(), EngineView{.cpu_variant = "haswell"}).empty());
}

TEST(Doctor, NamesAQuotaSmallerThanTheProcessorsThatAreVisible) {
  Profile profile = calm_machine();
  profile.limits.cpu_quota = 1.5;
  const auto findings = examine(profile, std::nullopt);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings[0].what.find("1.5 processors' worth of time, of 10"), std::string::npos)
      << findings[0].what;
  EXPECT_NE(findings[0].fix.find("Use 2 threads"), std::string::npos);
  EXPECT_FALSE(findings[0].grave);
  profile.limits.cpu_quota = 0.5;
  EXPECT_TRUE(examine(profile, std::nullopt)[0].grave);
}

TEST(Doctor, NamesSecondThreadsAndNarrowAffinity) {
  Profile profile = calm_machine();
  profile.limits.logical_cpus = 20;
  profile.limits.allowed_cpus = 20;
  EXPECT_TRUE(says(examine(profile, std::nullopt), "20 processors are 10 cores"));
  profile.limits.allowed_cpus = 4;
  profile.limits.physical_cores = 4;
  EXPECT_TRUE(says(examine(profile, std::nullopt), "Only 4 of 20"));
}

TEST(Doctor, NamesCoresThatAreTooSlowToHelp) {
  Profile profile = calm_machine();
  profile.limits.performance_cores = 4;
  const auto findings = examine(profile, std::nullopt);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_TRUE(says(findings, "4 of 10 cores are performance cores"));
  EXPECT_EQ(findings[0].fix, "Start engines with --threads 4.");
}

TEST(Doctor, NamesPowersaveButNotWhereItIsTheUsualPolicy) {
  Profile profile = calm_machine();
  profile.facts.cpu.governor = "powersave";
  profile.facts.cpu.frequency_driver = "acpi-cpufreq";
  EXPECT_TRUE(says(examine(profile, std::nullopt), "governor is powersave"));
  profile.facts.cpu.frequency_driver = "intel_pstate";
  EXPECT_TRUE(examine(profile, std::nullopt).empty());
}

TEST(Doctor, NamesAClockThatFellBelowItsBase) {
  Profile profile = calm_machine();
  profile.rates = rates_of(60e9);
  profile.rates->megahertz_before = 3000;
  profile.rates->megahertz_after = 1200;
  profile.facts.cpu.base_megahertz = 2600;
  EXPECT_TRUE(says(examine(profile, std::nullopt), "from 3000 to 1200 MHz"));
  profile.rates->megahertz_after = 2700;
  EXPECT_TRUE(examine(profile, std::nullopt).empty()) << "turbo that ends is no throttling";
}

TEST(Doctor, ComparesBandwidthWithTheKnownPartButNotInAGuest) {
  Profile profile = calm_machine();
  profile.rates = rates_of(20e9);
  EXPECT_TRUE(says(examine(profile, std::nullopt), "Memory is read at 20 GB/s, 29 % of the 68 GB/s"));
  profile.rates = rates_of(50e9);
  EXPECT_TRUE(examine(profile, std::nullopt).empty());
  profile.rates = rates_of(20e9);
  profile.facts.platform.hypervisor = "kvm";
  EXPECT_TRUE(examine(profile, std::nullopt).empty());
}

TEST(Doctor, TakesTheModulesRateWhereItIsLower) {
  Profile profile = calm_machine();
  profile.facts.memory.modules.assign(2, {Bytes(kGibi.value), "DDR4", 2133});
  EXPECT_NEAR(theoretical_bandwidth(profile)->value, 2 * 8 * 2133e6, 1);
  profile.facts.memory.modules.assign(8, {Bytes(kGibi.value), "DDR4", 2133});
  EXPECT_NEAR(theoretical_bandwidth(profile)->value, 68.3e9, 0.2e9) << "four channels hold eight modules";
  profile.facts.memory.modules.clear();
  profile.facts.cpu.name = "some processor";
  EXPECT_EQ(theoretical_bandwidth(profile), std::nullopt);
}

TEST(Doctor, NamesNodesSwapAndSlowDisks) {
  Profile profile = calm_machine();
  profile.facts.cpu.numa_nodes = {{.id = 0, .cpus = {0}}, {.id = 1, .cpus = {1}}, {.id = 2}};
  profile.facts.memory.swap_used = Bytes(8 * kGibi.value);
  profile.facts.disk.path = "/models";
  profile.facts.disk.read_rate = BytesPerSecond(40e6);
  const auto findings = examine(profile, std::nullopt);
  EXPECT_TRUE(says(findings, "in 2 nodes"));
  EXPECT_TRUE(says(findings, "8.6 GB are swapped out"));
  EXPECT_TRUE(says(findings, "takes 100 s to load"));
}

TEST(Doctor, SaysLoudlyThatTheEngineCannotUseACard) {
  Profile profile = calm_machine();
  profile.gpus.gpus = {{.name = "NVIDIA GeForce RTX 4090", .vendor = "NVIDIA"}};
  const EngineView without{.cpu_variant = "haswell"};
  const auto findings = examine(profile, without);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_TRUE(findings[0].grave);
  EXPECT_NE(findings[0].what.find("lists none of 1 graphics card (NVIDIA GeForce RTX 4090)"),
            std::string::npos);
  const EngineView with{.devices = {"NVIDIA GeForce RTX 4090"}, .cpu_variant = "haswell"};
  EXPECT_TRUE(examine(profile, with).empty());
  profile.gpus.gpus[0].integrated = true;
  EXPECT_TRUE(examine(profile, without).empty()) << "an integrated one left alone is usual";
}

TEST(Doctor, NamesAnEngineWithoutThisProcessorsKernels) {
  EXPECT_TRUE(says(examine(calm_machine(), EngineView{.cpu_variant = "sse42"}), "'sse42' kernels"));
}

TEST(Doctor, PutsDriverTroublesFirst) {
  Profile profile = calm_machine();
  profile.limits.cpu_quota = 2;
  profile.gpus.troubles = {{"nvml", "the driver did not answer", "Reboot."}};
  const auto findings = examine(profile, std::nullopt);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].what, "the driver did not answer");
  EXPECT_EQ(findings[0].fix, "Reboot.");
}

}  // namespace
}  // namespace tokcast
