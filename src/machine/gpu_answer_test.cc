#include "machine/gpu_answer.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

Result<GpuAnswers> read(const std::string& text) {
  const auto json = parse_json(text, "test");
  if (!json) return std::unexpected(json.error());
  return gpu_answers_from_json(*json, "libfake.so");
}

TEST(GpuAnswer, ComesBackAsItWasWritten) {
  const GpuAnswers written{.gpus = {{.name = "NVIDIA H200",
                                     .vendor = "NVIDIA",
                                     .pci_address = "0000:01:00.0",
                                     .integrated = false,
                                     .memory_total = Bytes(150'754'820'096),
                                     .memory_free = Bytes(0),
                                     .driver = "NVIDIA 570.86.15",
                                     .compute_capability = "9.0"},
                                    {}},
                           .troubles = {{"nvml", "GPU 2 is lost", "Reboot."}}};
  const auto answers = gpu_answers_from_json(gpu_answers_to_json(written), "nvml");
  ASSERT_TRUE(answers);
  ASSERT_EQ(answers->gpus.size(), 2U);
  const GpuAnswer& gpu = answers->gpus[0];
  EXPECT_EQ(gpu.name, "NVIDIA H200");
  EXPECT_EQ(gpu.vendor, "NVIDIA");
  EXPECT_EQ(gpu.pci_address, "0000:01:00.0");
  EXPECT_EQ(gpu.integrated, false);
  EXPECT_EQ(gpu.memory_total, Bytes(150'754'820'096));
  EXPECT_EQ(gpu.memory_free, Bytes(0)) << "nothing free is not unknown";
  EXPECT_EQ(gpu.driver, "NVIDIA 570.86.15");
  EXPECT_EQ(gpu.compute_capability, "9.0");
  EXPECT_EQ(answers->gpus[1].memory_total, std::nullopt);
  EXPECT_EQ(answers->gpus[1].integrated, std::nullopt);
  ASSERT_EQ(answers->troubles.size(), 1U);
  EXPECT_EQ(answers->troubles[0].what, "GPU 2 is lost");
  EXPECT_EQ(answers->troubles[0].fix, "Reboot.");
}

TEST(GpuAnswer, TellsTheErrorThatWasWritten) {
  for (const ErrorKind kind : {ErrorKind::kNotFound, ErrorKind::kUnsupported}) {
    const auto answers =
        gpu_answers_from_json(gpu_error_to_json({kind, "why", "where", "what to do"}), "nvml");
    ASSERT_FALSE(answers);
    EXPECT_EQ(answers.error().kind, kind);
    EXPECT_EQ(answers.error().message, "why");
    EXPECT_EQ(answers.error().fix, "what to do");
  }
}

TEST(GpuAnswer, ThatBreaksItsFormatIsRefusedAsAWhole) {
  std::string many = R"({"gpus": [{})";
  for (std::size_t i = 0; i < kMostGpus; ++i) many += ", {}";
  for (const std::string& text :
       {std::string("[]"), std::string("{}"), std::string("3"), std::string(R"({"gpus": {}})"),
        std::string(R"({"gpus": [3]})"), std::string(R"({"gpus": [{"name": 3}]})"),
        std::string(R"({"gpus": [{"integrated": "yes"}]})"),
        std::string(R"({"gpus": [{"pci_address": "x"}]})"),
        std::string(R"({"gpus": [{"memory_total_bytes": -1}]})"),
        std::string(R"({"gpus": [{"memory_total_bytes": 1.5}]})"),
        std::string(R"({"gpus": [{"memory_total_bytes": 18446744073709551615}]})"),
        std::string(R"({"gpus": [{"name": ")") + std::string(1000, 'x') + R"("}]})",
        std::string(R"({"gpus": [], "troubles": [{}]})"), std::string(R"({"gpus": [], "troubles": 1})"),
        many + "]}"}) {
    const auto answers = read(text);
    ASSERT_FALSE(answers) << text;
    EXPECT_EQ(answers.error().kind, ErrorKind::kBadInput) << text;
    EXPECT_EQ(answers.error().message, "the answer of libfake.so makes no sense") << text;
  }
}

TEST(GpuAnswer, IsCleanedForTheTerminal) {
  const auto answers = read("{\"gpus\": [{\"name\": \" \\u001b[31mRTX \", \"driver\": \"  \"}]}");
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->gpus[0].name, "?[31mRTX");
  EXPECT_EQ(answers->gpus[0].driver, std::nullopt);
}

TEST(GpuAnswer, MayBeAnErrorThatSaysLittle) {
  for (const char* text :
       {R"({"error": {}})", R"({"error": 3})", R"({"error": {"code": 3, "message": []}})"}) {
    const auto answers = read(text);
    ASSERT_FALSE(answers);
    EXPECT_EQ(answers.error().kind, ErrorKind::kUnsupported);
    EXPECT_EQ(answers.error().message, "libfake.so failed and did not say why");
  }
}

}  // namespace
}  // namespace tokcast
