// Every driver library's way to answer, fail, hang and crash, by fake libraries (fake_gpu/) that the helper
// process loads in place of real ones. Devices of the machine that runs the tests may be among the answers:
// the fakes' are told by their PCI domain.
#include <gtest/gtest.h>

#include <algorithm>

#include "machine/gpu.h"

namespace tokcast {
namespace {

using Plays = std::vector<std::pair<std::string, std::string>>;

GpuSurvey survey(const Plays& plays, Seconds deadline = Seconds(60)) {
  GpuSurveyOptions options{
      .helper = {TOKCAST_GPU_TEST_HELPER}, .helper_environment = plays, .deadline = deadline};
  options.helper_environment.emplace_back("LD_LIBRARY_PATH", TOKCAST_FAKE_GPU_DIR);
  return survey_gpus(options);
}

std::vector<Gpu> fakes(const GpuSurvey& result) {
  std::vector<Gpu> found;
  std::ranges::copy_if(result.gpus, std::back_inserter(found),
                       [](const Gpu& gpu) { return gpu.pci_address.value_or("").starts_with("fa4e:"); });
  return found;
}

// The trouble of that source; the fix must not be empty.
std::string trouble(const GpuSurvey& result, const std::string& source) {
  const auto found = std::ranges::find(result.troubles, source, &GpuTrouble::source);
  if (found == result.troubles.end()) return "";
  return found->fix.empty() ? "without a fix: " + found->what : found->what;
}

constexpr Bytes gibi(std::uint64_t count) {
  return Bytes(count * kGibi.value);
}

TEST(GpuSurvey, KnowsItsLibraries) {
  EXPECT_EQ(gpu_libraries(), (std::vector<std::string>{"nvml", "rocm-smi", "level-zero", "vulkan"}));
  const auto answer = ask_gpu_library("cuda");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kUsage);
}

TEST(GpuSurvey, AsksNvmlAboutTwoCards) {
  const auto gpus = fakes(survey({{"TOKCAST_FAKE_NVML", "two-cards"}}));
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(gpus[0].name, "NVIDIA GeForce RTX 4090");
  EXPECT_EQ(gpus[0].vendor, "NVIDIA");
  EXPECT_EQ(gpus[0].pci_address, "fa4e:01:00.0");
  EXPECT_EQ(gpus[0].memory_total, gibi(24));
  EXPECT_EQ(gpus[0].memory_free, gibi(23));
  EXPECT_EQ(gpus[0].driver, "NVIDIA 550.54.14");
  EXPECT_EQ(gpus[0].compute_capability, "8.9");
  EXPECT_FALSE(gpus[0].integrated);
  EXPECT_EQ(gpus[0].sources, std::vector<std::string>{"nvml"});
  EXPECT_EQ(gpus[1].name, "NVIDIA GeForce RTX 3060");
  EXPECT_EQ(gpus[1].memory_free, gibi(2));
}

TEST(GpuSurvey, KeepsALaptopsCardALaptopsCard) {
  const auto gpus = fakes(survey({{"TOKCAST_FAKE_NVML", "laptop"}}));
  ASSERT_EQ(gpus.size(), 1U);
  EXPECT_EQ(gpus[0].name, "NVIDIA GeForce RTX 4090 Laptop GPU");
  EXPECT_EQ(gpus[0].memory_total, gibi(16));
}

TEST(GpuSurvey, LeavesMemoryUnknownThatNvmlDoesNotTell) {
  const auto gpus = fakes(survey({{"TOKCAST_FAKE_NVML", "no-own-memory"}}));
  ASSERT_EQ(gpus.size(), 1U);
  EXPECT_EQ(gpus[0].memory_total, std::nullopt);
  EXPECT_EQ(gpus[0].memory_free, std::nullopt);
}

TEST(GpuSurvey, ExplainsADriverOfAnotherVersion) {
  const auto result = survey({{"TOKCAST_FAKE_NVML", "mismatch"}});
  EXPECT_EQ(trouble(result, "nvml"), "libnvidia-ml.so.1 refused: Driver/library version mismatch");
  EXPECT_NE(result.troubles[0].fix.find("reload the driver"), std::string::npos);
}

TEST(GpuSurvey, ExplainsWhoMayNotOpenTheDevice) {
  const auto result = survey({{"TOKCAST_FAKE_NVML", "no-permission"},
                              {"TOKCAST_FAKE_ROCM_SMI", "no-permission"},
                              {"TOKCAST_FAKE_LEVEL_ZERO", "no-permission"},
                              {"TOKCAST_FAKE_VULKAN", "refuses"}});
  EXPECT_EQ(trouble(result, "nvml"), "libnvidia-ml.so.1 refused: Insufficient Permissions");
  EXPECT_EQ(trouble(result, "rocm-smi"), "librocm_smi64.so refused: RSMI_STATUS_OF_A_FAKE");
  EXPECT_EQ(trouble(result, "level-zero"), "libze_loader.so.1 refused: 0x70010000");
  EXPECT_EQ(trouble(result, "vulkan"), "libvulkan.so.1 refused: VkResult -3");
}

TEST(GpuSurvey, DoesNotWaitForALibraryThatHangs) {
  const auto result = survey({{"TOKCAST_FAKE_NVML", "hang"}}, Seconds(0.5));
  EXPECT_EQ(trouble(result, "nvml"), "libnvidia-ml.so.1 did not answer within 0.5 s");
}

TEST(GpuSurvey, OutlivesLibrariesThatCrash) {
  const auto result = survey(
      {{"TOKCAST_FAKE_NVML", "crash"}, {"TOKCAST_FAKE_VULKAN", "crash"}, {"TOKCAST_FAKE_ROCM_SMI", "card"}});
  EXPECT_EQ(trouble(result, "nvml"),
            "libnvidia-ml.so.1 failed: the process that asked it was killed by signal 6 (Aborted)");
  EXPECT_EQ(trouble(result, "vulkan"),
            "libvulkan.so.1 failed: the process that asked it was killed by signal 6 (Aborted)");
  EXPECT_EQ(fakes(result).size(), 1U) << "the others were asked";
}

TEST(GpuSurvey, TakesTheAnswerOfADriverThatChattersAndCrashesAfterIt) {
  const auto result = survey({{"TOKCAST_FAKE_NVML", "chatter-and-late-crash"}});
  EXPECT_EQ(fakes(result).size(), 1U);
  EXPECT_EQ(trouble(result, "nvml"), "");
}

TEST(GpuSurvey, ReportsALostCardBesideTheOthers) {
  const auto result = survey({{"TOKCAST_FAKE_NVML", "lost-card"}});
  EXPECT_EQ(fakes(result).size(), 1U);
  EXPECT_EQ(trouble(result, "nvml"), "NVIDIA GPU 1 did not answer: GPU is lost");
}

TEST(GpuSurvey, SurvivesTextThatIsNone) {
  const auto result = survey({{"TOKCAST_FAKE_NVML", "garbage-text"}});
  const auto gpu = std::ranges::find(result.gpus, "?[31mRTX?", &Gpu::name);
  ASSERT_NE(gpu, result.gpus.end());
  EXPECT_EQ(gpu->pci_address, std::nullopt);
}

TEST(GpuSurvey, RefusesImpossibleNumbers) {
  EXPECT_EQ(trouble(survey({{"TOKCAST_FAKE_NVML", "absurd-numbers"}}), "nvml"),
            "the answer of libnvidia-ml.so.1 makes no sense");
}

TEST(GpuSurvey, RefusesImpossibleCounts) {
  const auto result = survey({{"TOKCAST_FAKE_NVML", "huge-count"},
                              {"TOKCAST_FAKE_ROCM_SMI", "huge-count"},
                              {"TOKCAST_FAKE_LEVEL_ZERO", "huge-count"}});
  EXPECT_EQ(trouble(result, "nvml"), "libnvidia-ml.so.1 claims 4294967295 GPUs");
  EXPECT_EQ(trouble(result, "rocm-smi"), "librocm_smi64.so claims 4294967295 GPUs");
  EXPECT_EQ(trouble(result, "level-zero"), "libze_loader.so.1 claims 4294967295 devices");
}

TEST(GpuSurvey, AsksRocmSmi) {
  const auto gpus = fakes(survey({{"TOKCAST_FAKE_ROCM_SMI", "card"}}));
  ASSERT_EQ(gpus.size(), 1U);
  EXPECT_EQ(gpus[0].name, "one of AMD Radeon RX 7900 XT/7900 XTX");
  EXPECT_EQ(gpus[0].pci_address, "fa4e:83:00.0");
  EXPECT_EQ(gpus[0].memory_total, gibi(24));
  EXPECT_EQ(gpus[0].memory_free, gibi(23));
  EXPECT_EQ(gpus[0].driver, "amdgpu 6.8.5");
}

TEST(GpuSurvey, LearnsTheNameThatRocmSmiDoesNotKnowFromVulkan) {
  for (const char* play : {"unnamed", "card"}) {
    const auto gpus = fakes(survey({{"TOKCAST_FAKE_ROCM_SMI", play}, {"TOKCAST_FAKE_VULKAN", "radeon"}}));
    ASSERT_EQ(gpus.size(), 1U);
    EXPECT_EQ(gpus[0].name, "AMD Radeon RX 7900 XTX (RADV NAVI31)");
    EXPECT_EQ(gpus[0].sources, (std::vector<std::string>{"rocm-smi", "vulkan"}));
  }
}

TEST(GpuSurvey, AsksLevelZeroAboutAnArcCard) {
  const auto gpus = fakes(survey({{"TOKCAST_FAKE_LEVEL_ZERO", "arc"}}));
  ASSERT_EQ(gpus.size(), 1U);
  EXPECT_EQ(gpus[0].name, "Intel(R) Arc(TM) A770 Graphics");
  EXPECT_EQ(gpus[0].vendor, "Intel");
  EXPECT_EQ(gpus[0].pci_address, "fa4e:03:00.0");
  EXPECT_EQ(gpus[0].memory_total, gibi(16)) << "both tiles";
  EXPECT_EQ(gpus[0].memory_free, gibi(14));
  EXPECT_FALSE(gpus[0].integrated);
}

TEST(GpuSurvey, DoesNotCountTheMainMemoryAsThatOfAnIntegratedProcessor) {
  const auto gpus =
      fakes(survey({{"TOKCAST_FAKE_LEVEL_ZERO", "integrated"}, {"TOKCAST_FAKE_VULKAN", "hybrid"}}));
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_TRUE(gpus[0].integrated);
  EXPECT_EQ(gpus[0].name, "Intel(R) Iris(R) Xe Graphics");
  EXPECT_EQ(gpus[0].memory_total, std::nullopt);
  EXPECT_EQ(gpus[0].sources, (std::vector<std::string>{"level-zero", "vulkan"}));
}

TEST(GpuSurvey, AsksVulkanAndLeavesTheSoftwareOut) {
  const auto result = survey({{"TOKCAST_FAKE_VULKAN", "hybrid"}});
  const auto gpus = fakes(result);
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(gpus[1].name, "NVIDIA GeForce RTX 4090");
  EXPECT_EQ(gpus[1].driver, "fake 1.2.3");
  EXPECT_EQ(gpus[1].memory_total, gibi(24)) << "both heaps on the device, not the main memory's";
  EXPECT_EQ(gpus[1].memory_free, gibi(20));
  EXPECT_TRUE(
      std::ranges::none_of(result.gpus, [](const Gpu& gpu) { return gpu.name.starts_with("llvmpipe"); }));
}

TEST(GpuSurvey, SeesNoGpuInSoftwareAndVirtualDevices) {
  const auto result = survey({{"TOKCAST_FAKE_VULKAN", "software"}});
  EXPECT_TRUE(std::ranges::none_of(result.gpus, [](const Gpu& gpu) {
    return std::ranges::find(gpu.sources, "vulkan") != gpu.sources.end();
  }));
  EXPECT_EQ(trouble(result, "vulkan"), "");
}

TEST(GpuSurvey, KnowsTheSameCardBehindDirect3D) {
  const auto gpus = fakes(survey({{"TOKCAST_FAKE_NVML", "two-cards"}, {"TOKCAST_FAKE_VULKAN", "windows"}}));
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(gpus[0].sources, (std::vector<std::string>{"nvml", "vulkan"}));
}

TEST(GpuSurvey, FindsNoFaultWithLibrariesThatHaveNothingToSpeakFor) {
  const auto result = survey({});
  EXPECT_TRUE(fakes(result).empty());
  EXPECT_EQ(trouble(result, "vulkan"), "");
}

TEST(GpuSurvey, SaysWhenItsHelperCannotRun) {
  const auto result = survey_gpus({.helper = {"/no/such/helper"}});
  ASSERT_EQ(result.troubles.size(), gpu_libraries().size());
  EXPECT_TRUE(
      trouble(result, "nvml").starts_with("libnvidia-ml.so.1 was not asked: cannot run this program"));
}

TEST(GpuSurvey, WithoutAHelperAsksNoLibrary) {
  for (const Gpu& gpu : survey_gpus({}).gpus) EXPECT_EQ(gpu.sources, std::vector<std::string>{"sysfs"});
}

}  // namespace
}  // namespace tokcast
