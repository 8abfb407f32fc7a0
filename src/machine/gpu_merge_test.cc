#include "machine/gpu_merge.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

using Strings = std::vector<std::string>;

GpuSource from(const std::string& name, std::vector<GpuAnswer> gpus) {
  return {name, GpuAnswers{.gpus = std::move(gpus)}};
}

GpuSource failing(const std::string& name, ErrorKind kind, const std::string& message) {
  return {name, fail(kind, message)};
}

constexpr Bytes kTwentyFour{24 * kGibi.value};
constexpr Bytes kOne{kGibi.value};

TEST(GpuMerge, JoinsWhatSourcesSayOfOneAddressAndBelievesTheBest) {
  const auto survey = merge_gpus(
      {from("vulkan", {{.name = "NVIDIA GeForce RTX 4090",
                        .pci_address = "0000:01:00.0",
                        .integrated = false,
                        .memory_total = kOne,
                        .memory_free = kOne}}),
       from(
           "sysfs",
           {{.name = "NVIDIA AD102", .vendor = "NVIDIA", .pci_address = "0000:01:00.0", .driver = "nvidia"}}),
       from("nvml", {{.name = "NVIDIA GeForce RTX 4090",
                      .vendor = "NVIDIA",
                      .pci_address = "0000:01:00.0",
                      .memory_total = kTwentyFour,
                      .driver = "NVIDIA 550.54.14",
                      .compute_capability = "8.9"}})});
  ASSERT_EQ(survey.gpus.size(), 1U);
  const Gpu& gpu = survey.gpus[0];
  EXPECT_EQ(gpu.name, "NVIDIA GeForce RTX 4090");
  EXPECT_EQ(gpu.memory_total, kTwentyFour);
  EXPECT_EQ(gpu.memory_free, kOne) << "NVML did not tell it";
  EXPECT_EQ(gpu.driver, "NVIDIA 550.54.14");
  EXPECT_EQ(gpu.sources, (Strings{"nvml", "sysfs", "vulkan"}));
  EXPECT_TRUE(survey.troubles.empty());
}

TEST(GpuMerge, KeepsTwoCardsOfOneNameApart) {
  const auto with_addresses =
      merge_gpus({from("nvml", {{.name = "RTX 3090", .pci_address = "0000:01:00.0"},
                                {.name = "RTX 3090", .pci_address = "0000:02:00.0"}})});
  EXPECT_EQ(with_addresses.gpus.size(), 2U);
  const auto without = merge_gpus({from("vulkan", {{.name = "RTX 3090"}, {.name = "RTX 3090"}})});
  EXPECT_EQ(without.gpus.size(), 2U);
}

TEST(GpuMerge, JoinsByNameWhereAnAddressIsMissingEachCardOnce) {
  const auto survey = merge_gpus(
      {from("nvml", {{.name = "RTX 3090", .pci_address = "0000:02:00.0", .memory_total = kTwentyFour},
                     {.name = "RTX 3090", .pci_address = "0000:01:00.0", .memory_total = kTwentyFour}}),
       from("vulkan", {{.name = "RTX 3090"}, {.name = "RTX 3090"}})});
  ASSERT_EQ(survey.gpus.size(), 2U);
  EXPECT_EQ(survey.gpus[0].pci_address, "0000:01:00.0") << "by address";
  EXPECT_EQ(survey.gpus[0].sources, (Strings{"nvml", "vulkan"}));
  EXPECT_EQ(survey.gpus[1].sources, (Strings{"nvml", "vulkan"}));
}

TEST(GpuMerge, CountsTheOneIntegratedProcessorOfAVendorOnce) {
  const auto survey = merge_gpus(
      {from("sysfs", {{.name = "Apple GPU", .vendor = "Apple", .integrated = true, .driver = "asahi"}}),
       from("vulkan", {{.name = "Apple M1 Max (G13C C0)", .vendor = "Apple", .integrated = true}})});
  ASSERT_EQ(survey.gpus.size(), 1U);
  EXPECT_TRUE(survey.gpus[0].integrated);
}

TEST(GpuMerge, CountsADeviceOfTwoVulkanDriversOnce) {
  const auto survey =
      merge_gpus({from("vulkan", {{.name = "RX 6800 (RADV)", .pci_address = "0000:03:00.0"},
                                  {.name = "RX 6800 (AMDVLK)", .pci_address = "0000:03:00.0"}})});
  ASSERT_EQ(survey.gpus.size(), 1U);
  EXPECT_EQ(survey.gpus[0].sources, Strings{"vulkan"});
}

TEST(GpuMerge, PrefersANameThatMeansOneProduct) {
  const auto name_of = [](const char* better, const char* worse) {
    return merge_gpus({from("sysfs", {{.name = better, .pci_address = "0000:03:00.0"}}),
                       from("vulkan", {{.name = worse, .pci_address = "0000:03:00.0"}})})
        .gpus.at(0)
        .name;
  };
  EXPECT_EQ(name_of("one of AMD Radeon RX 7900 XT/7900 XTX", "AMD Radeon RX 7900 XTX (RADV NAVI31)"),
            "AMD Radeon RX 7900 XTX (RADV NAVI31)");
  EXPECT_EQ(name_of("AMD device 0x744c", "AMD Radeon RX 7900 XTX"), "AMD Radeon RX 7900 XTX");
  EXPECT_EQ(name_of("AMD Radeon RX 7900 GRE", "AMD Radeon Graphics"), "AMD Radeon RX 7900 GRE");
}

TEST(GpuMerge, NamesWhatNobodyKnowsUnknown) {
  const auto survey = merge_gpus({from("vulkan", {{}})});
  ASSERT_EQ(survey.gpus.size(), 1U);
  EXPECT_EQ(survey.gpus[0].name, "unknown GPU");
  EXPECT_EQ(survey.gpus[0].vendor, "unknown");
  EXPECT_EQ(survey.gpus[0].memory_total, std::nullopt);
}

TEST(GpuMerge, DropsFreeMemoryThatIsMoreThanAll) {
  const auto survey = merge_gpus({from("nvml", {{.memory_total = kOne, .memory_free = kTwentyFour}})});
  EXPECT_EQ(survey.gpus.at(0).memory_total, kOne);
  EXPECT_EQ(survey.gpus.at(0).memory_free, std::nullopt);
}

GpuAnswer bare_card() {
  return {.name = "NVIDIA AD102", .vendor = "NVIDIA", .pci_address = "0000:01:00.0"};
}

TEST(GpuMerge, FindsFaultWithAMissingLibraryOnlyIfACardNeedsIt) {
  const auto missing = failing("nvml", ErrorKind::kNotFound, "libnvidia-ml.so.1 is not installed");
  EXPECT_TRUE(merge_gpus({missing, from("sysfs", {})}).troubles.empty());
  EXPECT_TRUE(merge_gpus({missing, from("sysfs", {{.vendor = "AMD"}})}).troubles.empty());
  EXPECT_TRUE(
      merge_gpus({missing, from("sysfs", {bare_card()}), from("vulkan", {bare_card()})}).troubles.empty())
      << "Vulkan can use it";
  const auto survey = merge_gpus({missing, from("sysfs", {bare_card()})});
  ASSERT_EQ(survey.troubles.size(), 1U);
  EXPECT_EQ(survey.troubles[0].source, "nvml");
  EXPECT_EQ(survey.troubles[0].what, "NVIDIA AD102 is here, but libnvidia-ml.so.1 is not installed");
  EXPECT_NE(survey.troubles[0].fix.find("Install NVIDIA's driver"), std::string::npos);
}

TEST(GpuMerge, LeavesIntegratedProcessorsWithoutALibraryInPeace) {
  const auto survey =
      merge_gpus({failing("level-zero", ErrorKind::kNotFound, "libze_loader.so.1 is not installed"),
                  from("sysfs", {{.name = "Intel UHD", .vendor = "Intel", .integrated = true}})});
  EXPECT_TRUE(survey.troubles.empty());
}

TEST(GpuMerge, ReportsEveryOtherFailureWithAFix) {
  const auto survey =
      merge_gpus({failing("vulkan", ErrorKind::kTimeout, "libvulkan.so.1 did not answer within 3 s"),
                  failing("nvml", ErrorKind::kInterrupted, "interrupted"),
                  GpuSource{"rocm-smi", GpuAnswers{.troubles = {{"", "GPU 1 is lost", ""}}}}});
  ASSERT_EQ(survey.troubles.size(), 2U) << "an interruption is none";
  EXPECT_EQ(survey.troubles[0].source, "rocm-smi");
  EXPECT_FALSE(survey.troubles[0].fix.empty());
  EXPECT_EQ(survey.troubles[1].what, "libvulkan.so.1 did not answer within 3 s");
  EXPECT_NE(survey.troubles[1].fix.find("vulkaninfo"), std::string::npos);
}

TEST(GpuMerge, WondersAboutAWindowsGpuThatNobodyAnswersFor) {
  EXPECT_EQ(merge_gpus({}, true).troubles.size(), 1U);
  EXPECT_TRUE(merge_gpus({from("nvml", {{.name = "NVIDIA GeForce RTX 3080"}})}, true).troubles.empty());
  EXPECT_TRUE(merge_gpus({}, false).troubles.empty());
}

}  // namespace
}  // namespace tokcast
