#include "bench/peers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace tokcast {
namespace {

PeerAnswer ask(std::string_view name, const PeerQuestion& question) {
  const auto peer = std::ranges::find(peers(), name, &Peer::name);
  EXPECT_NE(peer, peers().end()) << name;
  return peer == peers().end() ? PeerAnswer{} : peer->answer(question);
}

double decode_of(std::string_view name, const PeerQuestion& question) {
  return ask(name, question).decode.value_or(-1);
}

// 8 billion parameters in 5 GB.
PeerModel eight_billion(std::string quantization = "Q4_K_M") {
  return {.billions = 8,
          .active_billions = 8,
          .quantization = std::move(quantization),
          .file = Bytes(5'000'000'000)};
}

// 30 billion parameters in 18 GB, 3 active, of which 2 in experts.
PeerModel mixture() {
  return {.billions = 30,
          .active_billions = 3,
          .active_expert_billions = 2,
          .experts = 128,
          .experts_used = 8,
          .quantization = "Q4_K_M",
          .file = Bytes(18'000'000'000)};
}

PeerGpu card(std::uint64_t gigabytes = 24) {
  return {.name = "GeForce RTX 4090",
          .vendor = "NVIDIA",
          .backend = "CUDA",
          .bandwidth = BytesPerSecond(1000e9),
          .memory = Bytes(gigabytes * 1'000'000'000),
          .fp16_teraflops = 160};
}

PeerCpu desktop() {
  return {.brand = "AMD Ryzen 7 7840HS",
          .cores = 8,
          .gigahertz = 3.8,
          .specified_bandwidth = BytesPerSecond(80e9),
          .measured_bandwidth = BytesPerSecond(60e9),
          .teraflops = 1};
}

PeerQuestion on_card(PeerModel model = eight_billion(), std::uint64_t gigabytes = 24) {
  return {.model = std::move(model), .gpu = card(gigabytes), .cpu = desktop()};
}

PeerQuestion on_processor(PeerModel model = eight_billion()) {
  return {.model = std::move(model), .cpu = desktop()};
}

TEST(Llmfit, DividesTheBandwidthByNominalBytes) {
  EXPECT_NEAR(decode_of("llmfit", on_card()), 1000 / (8 * 0.5) * 0.55, 1e-9);
  EXPECT_NEAR(decode_of("llmfit", on_card(eight_billion("Q6_K"))), 1000 / (8 * 0.75) * 0.55, 1e-9);
  EXPECT_NEAR(decode_of("llmfit", on_card(eight_billion("F16"))), 1000 / (8 * 2.0) * 0.55, 1e-9);
  EXPECT_NEAR(decode_of("llmfit", on_card(eight_billion("IQ3_XS"))), 1000 / (8 * 0.375) * 0.55, 1e-9);
}

TEST(Llmfit, HalvesWhatDoesNotFit) {
  EXPECT_NEAR(decode_of("llmfit", on_card(eight_billion(), 4)), 1000 / (8 * 0.5) * 0.55 * 0.5, 1e-9);
}

TEST(Llmfit, SaysTheSameOfEveryProcessor) {
  PeerQuestion question = on_processor();
  EXPECT_NEAR(decode_of("llmfit", question), 70.0 / 8 * 1.15 * 1.1 * 0.3, 1e-9);
  question.cpu.cores = 2;
  EXPECT_NEAR(decode_of("llmfit", question), 3.320625, 1e-9);
  question.cpu.arm64 = true;
  EXPECT_NEAR(decode_of("llmfit", question), 90.0 / 8 * 1.15 * 1.1 * 0.3, 1e-9);
}

TEST(Llmfit, GuessesUnknownCardsByTheirBackend) {
  PeerQuestion question = on_card();
  question.gpu->bandwidth.reset();
  EXPECT_NEAR(decode_of("llmfit", question), 220.0 / 8 * 1.15 * 1.1, 1e-9);
  question.gpu->backend = "SYCL";
  question.cpu.cores = 4;
  EXPECT_NEAR(decode_of("llmfit", question), 100.0 / 8 * 1.15, 1e-9);
}

TEST(Llmfit, CountsTheRestOfAMixtureDear) {
  // 18 of 24 GB are 0.75: 1 - 0.15 x (1 - 8 / 128).
  EXPECT_NEAR(decode_of("llmfit", on_card(mixture())), 1000 / (2 * 0.5 + 1 * 3.2) * 0.859375, 1e-9);
  EXPECT_NEAR(decode_of("llmfit", on_card(mixture(), 80)), 1000 / 4.2, 1e-9) << "no pressure, no gain";
}

TEST(Llmfit, TakesMixturesThatItDoesNotKnowByTheirNumberOfExperts) {
  PeerModel unknown = mixture();
  unknown.active_expert_billions.reset();
  EXPECT_NEAR(decode_of("llmfit", on_card(unknown)), 1000 / (3 * 0.5) * 0.55 * 0.40, 1e-9);
  unknown.experts = 16;
  EXPECT_NEAR(decode_of("llmfit", on_card(unknown)), 1000 / (3 * 0.5) * 0.55 * 0.85, 1e-9);
}

TEST(Llmfit, ReadsAnOffloadedMixtureFromBothMemories) {
  PeerQuestion question = on_card(mixture(), 12);
  EXPECT_NEAR(decode_of("llmfit", question), 0.8 / (1.5 / 60 + 1.5 / 550), 1e-9);
  question.cpu.measured_bandwidth.reset();
  EXPECT_NEAR(decode_of("llmfit", question), 0.8 / (1.5 / 50 + 1.5 / 550), 1e-9);
}

TEST(Whichllm, MultipliesQuantisationAndVendor) {
  EXPECT_NEAR(decode_of("whichllm", on_card()), 1000.0 / 5 * 0.55, 1e-9);
  EXPECT_NEAR(decode_of("whichllm", on_card(eight_billion("Q8_0"))), 1000.0 / 5 * 0.45, 1e-9);
  PeerQuestion question = on_card();
  question.gpu->vendor = "AMD";
  EXPECT_NEAR(decode_of("whichllm", question), 1000.0 / 5 * 0.55 * 0.78, 1e-9);
}

TEST(Whichllm, ReadsAtLeastASmallShareOfAMixture) {
  // 0.05 x 1000 / 256 exceeds the tenth that is active.
  EXPECT_NEAR(decode_of("whichllm", on_card(mixture())), 1000 / (18 * 0.1953125) * 0.55, 1e-9);
  PeerQuestion slow = on_card(mixture());
  slow.gpu->bandwidth = BytesPerSecond(200e9);
  EXPECT_NEAR(decode_of("whichllm", slow), 200 / (18 * 0.1) * 0.55, 1e-9);
}

TEST(Whichllm, HasOneConstantForEveryProcessor) {
  EXPECT_NEAR(decode_of("whichllm", on_processor()), 18.0 / 8 * 0.55 / 0.45, 1e-9);
  PeerModel large = eight_billion();
  large.billions = 400;
  EXPECT_NEAR(decode_of("whichllm", on_processor(large)), 0.3, 1e-9);
}

TEST(Whichllm, PunishesOffload) {
  PeerQuestion question = on_card(eight_billion(), 4);
  EXPECT_NEAR(decode_of("whichllm", question), 1000.0 / 5 * 0.55 * 0.45, 1e-9);
  question.gpu->shares_memory = true;
  EXPECT_NEAR(decode_of("whichllm", question), 1000.0 / 5 * 0.55 * 0.85, 1e-9);
}

TEST(LlmFit, AddsTheTimesOfCardAndProcessor) {
  EXPECT_NEAR(decode_of("llm-fit", on_card()), 1000 * 0.8 / 5, 1e-9);
  EXPECT_NEAR(decode_of("llm-fit", on_processor()), 60 * 0.55 / 5, 1e-9);
  EXPECT_NEAR(decode_of("llm-fit", on_card(eight_billion(), 4)), 1 / (4 / 800.0 + 1 / 33.0), 1e-9);
}

TEST(LlmFit, ChargesTheWholeWindow) {
  PeerModel model = eight_billion();
  model.key_values = Bytes(3'000'000'000);
  EXPECT_NEAR(decode_of("llm-fit", on_card(model)), 100, 1e-9);
}

TEST(LlmFit, PredictsPrefillFromOperationsOfTheCardOnly) {
  PeerModel model = eight_billion();
  EXPECT_NEAR(*ask("llm-fit", on_card(model)).prefill, 0.32 * 160e12 / 16e9, 1e-6);
  model.attention_values = 2e9;
  EXPECT_NEAR(*ask("llm-fit", on_card(model)).prefill, 0.32 * 160e12 / 20e9, 1e-6);
  EXPECT_NEAR(*ask("llm-fit", on_card(eight_billion(), 4)).prefill, 0.32 * 160e12 * 0.804 / 16e9, 1e-6);
  EXPECT_FALSE(ask("llm-fit", on_processor()).prefill);
}

TEST(LlmChecker, CountsCoresAndClock) {
  // 4 + 0.6 x 8 + 2.5 x 1.8 + 1.5, times (7 / 8) ^ 0.72.
  EXPECT_NEAR(decode_of("llm-checker (a)", on_processor()), 14.8 * 0.90833, 1e-3);
  PeerQuestion question = on_processor();
  question.cpu.brand = "12th Gen Intel(R) Core(TM) i7-12700H";
  EXPECT_NEAR(decode_of("llm-checker (a)", question), 16.3 * 0.90833, 1e-3);
  question.cpu.cores = 64;
  EXPECT_NEAR(decode_of("llm-checker (a)", question), 18 * 0.90833, 1e-3);
  question.model.billions = 0.5;
  EXPECT_NEAR(decode_of("llm-checker (a)", question), 18 * 2.2, 1e-9);
}

TEST(LlmChecker, KnowsTheCardsThatAreDescribed) {
  EXPECT_NEAR(decode_of("llm-checker (a)", on_card()), 80 * 0.90833, 1e-2);
  PeerQuestion question = on_card();
  question.gpu->name = "GeForce RTX 3090 Ti";
  EXPECT_FALSE(ask("llm-checker (a)", question).decode);
}

TEST(GgufParser, IsTheCeilingOfTheBandwidth) {
  EXPECT_NEAR(decode_of("gguf-parser-go", on_card()), 200, 1e-9);
  EXPECT_NEAR(decode_of("gguf-parser-go", on_processor()), 80.0 / 5, 1e-9);
  EXPECT_NEAR(decode_of("gguf-parser-go", on_card(mixture())), 1000.0 / 18, 1e-9) << "all experts' bytes";
}

TEST(GgufParser, TakesTheOperationsWhereTheyBind) {
  PeerQuestion question = on_processor();
  question.cpu.teraflops = 0.1;
  EXPECT_NEAR(decode_of("gguf-parser-go", question), 6.25, 1e-9);
}

TEST(GgufParser, CombinesTwoDevicesInItsOwnWay) {
  const double a = 0.8 * 5 / 1000;
  const double b = 0.2 * 5 / 80;
  EXPECT_NEAR(decode_of("gguf-parser-go", on_card(eight_billion(), 4)), b / (a * a + b * b), 1e-9);
}

TEST(Canirun, HasOneShareForAllCards) {
  EXPECT_NEAR(decode_of("canirun.ai", on_card()), 1000.0 / 5 * 0.7, 1e-9);
  PeerQuestion question = on_card();
  question.gpu->vendor = "Apple";
  EXPECT_NEAR(decode_of("canirun.ai", question), 1000.0 / 5 * 0.65, 1e-9);
}

TEST(Canirun, TakesEveryMemoryForFiftyGigabytesASecond) {
  const double mean = 1 / (0.8 / 1000 + 0.2 / 50);
  EXPECT_NEAR(decode_of("canirun.ai", on_card(eight_billion(), 4)), mean / 5 * 0.7 * 0.85, 1e-9);
}

TEST(GpuPoor, CountsBytesTwice) {
  EXPECT_NEAR(decode_of("gpu_poor", on_processor()), 80 / 10.0 / 1.6, 1e-9);
  EXPECT_NEAR(decode_of("gpu_poor", on_card()), 1000 / 10.0 / 1.75, 1e-9);
}

TEST(GpuPoor, PredictsPrefillByOperationsAndBits) {
  // 2 x 8 billion operations at half a teraflop, a quarter of it for 4 of 16 bits.
  EXPECT_NEAR(*ask("gpu_poor", on_processor()).prefill, 125, 1e-9);
  EXPECT_NEAR(*ask("gpu_poor", on_card()).prefill, 160e12 * 0.85 / 16e9 * 4 / 1.8, 1e-6);
}

TEST(GpuPoor, TakesTheSlowerOfMemoryAndOperations) {
  PeerQuestion question = on_processor();
  question.cpu.teraflops = 0.1;
  EXPECT_NEAR(decode_of("gpu_poor", question), 1 / 0.32, 1e-9);
}

TEST(Peers, SayNothingWhereTheirInputsAreUnknown) {
  PeerQuestion question = on_card();
  question.gpu->bandwidth.reset();
  for (const char* name : {"whichllm", "llm-fit", "gguf-parser-go", "canirun.ai", "gpu_poor"}) {
    EXPECT_FALSE(ask(name, question).decode) << name;
  }
  PeerQuestion bare{.model = eight_billion()};
  for (const char* name : {"llm-fit", "llm-checker (a)", "gguf-parser-go", "canirun.ai", "gpu_poor"}) {
    EXPECT_FALSE(ask(name, bare).decode) << name;
    EXPECT_FALSE(ask(name, bare).prefill) << name;
  }
}

TEST(Peers, KnowNoSpeedOfOddQuantisations) {
  for (const char* quantization : {"Q1_0", "IQ1_M", "mix", "", "Q", "F32"}) {
    EXPECT_FALSE(ask("llmfit", on_card(eight_billion(quantization))).decode) << quantization;
    EXPECT_FALSE(ask("whichllm", on_card(eight_billion(quantization))).decode) << quantization;
  }
}

TEST(Peers, AreSevenWithNamesOfTheirOwn) {
  std::vector<std::string_view> names;
  for (const Peer& peer : peers()) names.push_back(peer.name);
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::unique(names).size(), 0U);
  EXPECT_EQ(names.size(), 7U);
}

}  // namespace
}  // namespace tokcast
