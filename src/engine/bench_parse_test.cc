#include "engine/bench_parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokcast {
namespace {

using testing::HasSubstr;

constexpr std::string_view kGood =
    R"({"build_number": 11669, "cpu_info": "A CPU", "backends": "CPU", "n_batch": 2048, "n_ubatch": 512, )"
    R"("n_threads": 2, "n_prompt": 16, "n_gen": 0, "n_depth": 64, "samples_ns": [ 2000000, 1000000 ]})";

std::string with(std::string_view from, std::string_view to) {
  std::string text(kGood);
  return text.replace(text.find(from), from.size(), to);
}

const BenchTest test_asked{.prompt = 16, .depth = 64};
const BenchRequest request_made{.tests = {test_asked}, .threads = 2, .repetitions = 2};

Result<void> check(const std::string& output, const BenchRequest& request = request_made) {
  const auto lines = parse_bench_output(output);
  if (!lines) return std::unexpected(lines.error());
  return check_answer(*lines, request.tests, request);
}

TEST(BenchOutput, GivesTheTestItsSamplesAndTheEnginesNames) {
  const auto lines = parse_bench_output(std::string(kGood) + "\n\n");
  ASSERT_TRUE(lines) << describe(lines.error());
  ASSERT_EQ(lines->size(), 1U);
  const BenchLine& line = lines->front();
  EXPECT_EQ(line.samples.test, test_asked);
  EXPECT_EQ(line.samples.samples, (std::vector<Seconds>{Seconds(0.002), Seconds(0.001)}));
  EXPECT_EQ(line.build, 11669U);
  EXPECT_EQ(line.cpu, "A CPU");
  EXPECT_EQ(line.backends, "CPU");
  EXPECT_TRUE(check(std::string(kGood)));
}

TEST(BenchOutput, StripsControlCharactersFromTheEnginesNames) {
  const auto lines = parse_bench_output(with("A CPU", R"(A\u001b[31mCPU)"));
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->front().cpu, "A?[31mCPU");
}

TEST(BenchOutput, IsRefusedWhenAFieldIsMissingOrOfAnotherType) {
  const std::pair<std::string, std::string> bad[] = {
      {with(R"("n_prompt": 16)", R"("n_prompt": "16")"), "n_prompt"},
      {with(R"("n_prompt": 16)", R"("n_prompt": -16)"), "n_prompt"},
      {with(R"("n_prompt": 16)", R"("n_prompt": 4294967312)"), "n_prompt"},
      {with(R"("n_prompt": 16, )", ""), "n_prompt"},
      {with(R"("n_depth": 64)", R"("n_depth": 6.4)"), "n_depth"},
      {with(R"("A CPU")", "7"), "cpu_info"},
      {with("[ 2000000, 1000000 ]", "[]"), "samples_ns"},
      {with("[ 2000000, 1000000 ]", "[ 2000000, 0 ]"), "samples_ns"},
      {with("[ 2000000, 1000000 ]", "[ 2000000, -1 ]"), "samples_ns"},
      {with("[ 2000000, 1000000 ]", "[ 2000000, null ]"), "samples_ns"},
      {with("[ 2000000, 1000000 ]", "1000000"), "samples_ns"},
      {"[1, 2]", "object"},
      {"| model | size |", "JSON"},
      {std::string(kGood.substr(0, 80)), "JSON"},
  };
  for (const auto& [text, complaint] : bad) {
    const auto lines = parse_bench_output(std::string(kGood) + "\n" + text);
    ASSERT_FALSE(lines) << text;
    EXPECT_EQ(lines.error().kind, ErrorKind::kEngineFailed);
    EXPECT_THAT(lines.error().message, HasSubstr(complaint));
    EXPECT_THAT(lines.error().place, HasSubstr("line 2"));
  }
}

TEST(BenchAnswer, IsRefusedWhenItIsNotWhatWasAsked) {
  const std::string good(kGood);
  const std::pair<std::string, std::string> bad[] = {
      {with(R"("n_threads": 2)", R"("n_threads": 4)"), "threads 4 instead of 2"},
      {with(R"("n_batch": 2048)", R"("n_batch": 1024)"), "batch 1024 instead of 2048"},
      {with(R"("n_ubatch": 512)", R"("n_ubatch": 256)"), "micro-batch 256 instead of 512"},
      {with("[ 2000000, 1000000 ]", "[ 2000000 ]"), "repetitions 1 instead of 2"},
      {with(R"("n_prompt": 16)", R"("n_prompt": 17)"), "prompt 17"},
      {good + "\n" + good, "nobody asked for"},
      {"", "no result for prompt 16"},
  };
  for (const auto& [text, complaint] : bad) {
    const auto checked = check(text);
    ASSERT_FALSE(checked) << text;
    EXPECT_EQ(checked.error().kind, ErrorKind::kEngineFailed);
    EXPECT_THAT(checked.error().message, HasSubstr(complaint));
  }
}

TEST(LastWords, AreTheLastLineThatSaysSomething) {
  EXPECT_EQ(last_words(""), "");
  EXPECT_EQ(last_words("ggml_backend_load_best: failed to enumerate /x: No such file\n"
                       "error: invalid parameter for argument: --bogus\n"
                       "load_backend: loaded CPU backend from /x.so\n\n"),
            "error: invalid parameter for argument: --bogus");
}

TEST(LastWords, PreferTheLineThatNamesTheCause) {
  EXPECT_EQ(last_words("llama_model_load: error loading model: missing tensor 'output_norm.weight'\n"
                       "llama_model_load_from_file_impl: failed to load model\n"
                       "llama_bench: error: failed to load model 'm.gguf'\n"),
            "llama_model_load: error loading model: missing tensor 'output_norm.weight'");
}

TEST(LastWords, AreShortAndFreeOfControlCharacters) {
  EXPECT_EQ(last_words("\x1b[31mred\x1b[0m\n"), "?[31mred?[0m");
  EXPECT_LT(last_words(std::string(100000, 'x')).size(), 400U);
}

TEST(BufferSizes, AreThoseOfTheLargestContextWithAllItsDevices) {
  const BufferSizes sizes = parse_buffer_sizes(
      "llama_context: constructing llama_context\n"
      "llama_kv_cache:        CPU KV buffer size =     1.00 MiB\n"
      "sched_reserve:        CPU compute buffer size =     9.00 MiB\n"
      "sched_reserve:        CPU compute buffer size =     2.00 MiB\n"
      "llama_context: constructing llama_context\n"
      "llama_kv_cache:        CPU KV buffer size =     1.00 MiB\n"
      "llama_kv_cache:      CUDA0 KV buffer size =     2.00 MiB\n"
      "llama_memory_recurrent:        CPU RS buffer size =     0.50 MiB\n"
      "sched_reserve:        CPU compute buffer size =     3.00 MiB\n"
      "sched_reserve:      CUDA0 compute buffer size =     4.00 MiB\n"
      "~llama_context:        CPU compute buffer size is  99.0000 MiB, matches expectation of  99.0000 "
      "MiB\n");
  EXPECT_EQ(sizes.compute, Bytes(7 * kMebi.value));
  EXPECT_EQ(sizes.kv, Bytes(7 * kMebi.value / 2));
}

TEST(BufferSizes, AreUnknownWhenTheEngineKeepsSilentOrBabbles) {
  for (const char* text :
       {"", "sched_reserve: CPU compute buffer size = many MiB\n", " KV buffer size = 1.00 MiB"}) {
    const BufferSizes sizes = parse_buffer_sizes(text);
    EXPECT_FALSE(sizes.compute) << text;
    EXPECT_FALSE(sizes.kv) << text;
  }
}

}  // namespace
}  // namespace tokcast
