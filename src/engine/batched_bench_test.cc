#include "engine/batched_bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

using testing::HasSubstr;

const BatchedRequest kAsked{.model_path = "m.gguf", .prompt = 128, .generate = 29, .sessions = 4};

// As llama.cpp 0.7 (build 11669) prints it.
constexpr const char* kAnswer =
    R"(main: n_kv_max = 640
{"n_kv_max": 640, "n_batch": 2048, "n_ubatch": 512, "flash_attn": -1, "is_pp_shared": 0, "n_gpu_layers": 0, )"
    R"("n_threads": 2, "n_threads_batch": 2, "pp": 128, "tg": 29, "pl": 4, "n_kv": 628, "t_pp": 3.25, )"
    R"("speed_pp": 157.5, "t_tg": 5.5, "speed_tg": 21.1, "t": 8.75, "speed": 71.8}
)";

TEST(BatchedBench, ReadsTheOneLineThatIsItsAnswer) {
  const auto sample = parse_batched_output(kAnswer, kAsked);
  ASSERT_TRUE(sample) << describe(sample.error());
  EXPECT_EQ(sample->prefill, Seconds(3.25));
  EXPECT_EQ(sample->decode, Seconds(5.5));
  EXPECT_EQ(sample->turn(), Seconds(8.75));
}

TEST(BatchedBench, RefusesAnythingElse) {
  for (const char* answer :
       {"", "no JSON", "{", "{}", R"({"pp": 128, "tg": 29, "pl": 2, "t_pp": 1, "t_tg": 1})",
        R"({"pp": 128, "tg": 29, "pl": 4, "t_pp": -1, "t_tg": 1})",
        R"({"pp": 128, "tg": 29, "pl": 4, "t_pp": "1", "t_tg": 1})",
        R"({"pp": 128, "tg": 29, "pl": 4, "t_pp": 0, "t_tg": 0})", R"({"pp": 128, "tg": 29, "pl": 4})"}) {
    const auto sample = parse_batched_output(answer, kAsked);
    ASSERT_FALSE(sample) << answer;
    EXPECT_EQ(sample.error().kind, ErrorKind::kEngineFailed);
  }
}

TEST(BatchedBench, RunsEachRepetitionAsAProcessOfItsOwn) {
  const TemporaryDirectory directory;
  write_script(directory / "llama-batched-bench",
               "echo \"$*\" >> \"$0.log\"\ncat <<'END'\n" + std::string(kAnswer) + "END\n");
  Engine engine;
  engine.directory = directory.path();
  const auto run = run_batched_bench(engine, kAsked);
  ASSERT_TRUE(run) << describe(run.error());
  EXPECT_EQ(run->samples.size(), 3U);
  EXPECT_EQ(run->sessions, 4U);
  EXPECT_THAT(read_text(directory / "llama-batched-bench.log"),
              HasSubstr("-m m.gguf -c 628 -npp 128 -ntg 29 -npl 4 -t 1 -ngl 0 --output-format jsonl"));
}

TEST(BatchedBench, SaysThatThisEngineHasNone) {
  const TemporaryDirectory directory;
  Engine engine;
  engine.directory = directory.path();
  const auto run = run_batched_bench(engine, kAsked);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(run.error().fix, HasSubstr("engine install"));
}

TEST(BatchedBench, SaysWhyTheEngineFailed) {
  const TemporaryDirectory directory;
  write_script(directory / "llama-batched-bench", "echo 'error: too many sequences' >&2; exit 1\n");
  Engine engine;
  engine.directory = directory.path();
  const auto run = run_batched_bench(engine, kAsked);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(run.error().message, HasSubstr("too many sequences"));
}

}  // namespace
}  // namespace tokcast
