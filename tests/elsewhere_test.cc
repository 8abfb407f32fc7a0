// The real executable asked about machines that are elsewhere, described in words.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "cli_test_util.h"
#include "schema.h"

namespace tokcast {
namespace {

// The story this tool grew from: an installer promised 15 s from RAM and cores alone, fetched a 13B model,
// and a turn took 20 to 30 s, after a load of 135 s.
constexpr const char* kStoryMachine = "2x E5-2660 v3 39GiB";

// Prompts of a voice agent: instructions and what was said so far.
TEST_F(Cli, TellsTheStoryBeforeTheDownload) {
  const std::vector<std::pair<std::string, std::string>> turns{{"10", "512"}, {"15", "768"}};
  for (const auto& [budget, prompt] : turns) {
    const ChildResult result = tokcast({"forecast", "llama-2-13b-chat:Q4_K_M", "--machine", kStoryMachine,
                                        "--threads", "16", "--prompt", prompt, "--budget", budget, "--json"});
    EXPECT_EQ(schema_findings("forecast", result.standard_output), "");
    const Json answer = parsed(result);
    EXPECT_EQ(result.exit_code, 21) << answer["turn_seconds"].dump();
    EXPECT_TRUE(contains(answer["reasons"].dump(), "more than the")) << answer["reasons"].dump();
    EXPECT_GT(answer["load_seconds"]["high"], 60)
        << "the load is a promise of its own, and long from a hard disk";
    EXPECT_TRUE(contains(answer["reasons"].dump(), "ready in")) << answer["reasons"].dump();
    // No reading of the weights is quicker than the memory of two sockets.
    const double bytes =
        answer["memory"]["weights_bytes"].get<double>() - 400e6;  // an untied embedding, caches
    EXPECT_LT(answer["decode_tokens_per_second"]["high"].get<double>(), 136.6e9 / bytes);
    const ChildResult small = tokcast({"forecast", "qwen2.5-1.5b-instruct", "--machine", kStoryMachine,
                                       "--threads", "16", "--prompt", prompt, "--budget", budget, "--json"});
    EXPECT_TRUE(small.exit_code == 0 || small.exit_code == 20) << small.standard_output;
  }
}

TEST_F(Cli, TellsWhenTheFirstWordsOfAVoiceTurnAreHeard) {
  const Json answer = parsed(tokcast({"forecast", "qwen2.5-1.5b-instruct", "--machine", kStoryMachine,
                                      "--threads", "16", "--voice", "--kv-type", "q8_0,f16", "--json"}));
  EXPECT_GT(answer["first_spoken_seconds"]["expected"], answer["first_token_seconds"]["expected"]);
  EXPECT_LT(answer["first_spoken_seconds"]["low"], answer["turn_seconds"]["high"]);
  EXPECT_EQ(answer["workload"]["key_type"], "Q8_0");
  EXPECT_EQ(tokcast({"forecast", kSmall, "--kv-type", "q6_k"}).exit_code, 2);
}

TEST_F(Cli, ForecastsOnTheGpuOfAMachineElsewhereUnlessToldOtherwise) {
  const std::vector<std::string> ask{"forecast", "qwen3-8b", "--json", "--machine",
                                     "8c avx2 2x ddr5-5600 32GiB gpu RTX 4090"};
  const Json on_gpu = parsed(tokcast(ask));
  EXPECT_EQ(on_gpu["workload"]["gpu_layers"], 37) << "36 layers and the output";
  EXPECT_EQ(on_gpu["memory"]["limit_from"], "memory of the GPU");
  std::vector<std::string> without = ask;
  without.insert(without.end(), {"--gpu-layers", "0"});
  const Json on_cpu = parsed(tokcast(without));
  EXPECT_EQ(on_cpu["workload"]["gpu_layers"], 0);
  EXPECT_GT(on_cpu["turn_seconds"]["expected"].get<double>(),
            on_gpu["turn_seconds"]["expected"].get<double>());
  std::vector<std::string> part = ask;
  part.insert(part.end(), {"--gpu-layers", "20"});
  const Json split = parsed(tokcast(part));
  EXPECT_EQ(split["workload"]["gpu_layers"], 20);
  EXPECT_LT(split["decode_tokens_per_second"]["expected"], on_gpu["decode_tokens_per_second"]["expected"]);
  EXPECT_GT(split["decode_tokens_per_second"]["expected"], on_cpu["decode_tokens_per_second"]["expected"]);
}

}  // namespace
}  // namespace tokcast
