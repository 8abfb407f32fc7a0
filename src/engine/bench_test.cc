#include "engine/bench.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "engine/engine_probe.h"
#include "engine/fake_turns_test_util.h"

namespace tokcast {
namespace {

using testing::HasSubstr;
using testing::Not;

class BenchRuns : public testing::Test {
 protected:
  // A model of a million bytes: a fake token takes 0.3 ms on one thread.
  BenchRuns() { write_text(model_, std::string(1'000'000, 'x')); }

  Engine engine(const FakeEngine& fake = {}) {
    write_fake_engine(directory_.path(), fake);
    Engine out;
    out.directory = directory_.path();
    out.bench_options = parse_bench_help(fake.help);
    return out;
  }

  BenchRequest request(std::vector<BenchTest> tests = {{.generate = 4}}) {
    return {.model_path = model_, .tests = std::move(tests), .repetitions = 3};
  }

  Error failure(const std::string& misbehave, Seconds deadline = Seconds(20)) {
    BenchRequest asked = request();
    asked.deadline = deadline;
    const auto run = run_bench(engine({.misbehave = misbehave}), asked);
    return run ? Error{.message = "it succeeded"} : run.error();
  }

  std::string log() const { return read_text(directory_ / "llama-bench.log"); }
  long starts() const { return std::ranges::count(log(), '\n'); }

  TemporaryDirectory directory_;
  std::string model_ = directory_ / "model.gguf";
};

TEST_F(BenchRuns, GiveTheSamplesOfEachTestInTheOrderAsked) {
  const auto run =
      run_bench(engine(), request({{.generate = 4}, {.prompt = 16}, {.generate = 2}, {.generate = 4}}));
  ASSERT_TRUE(run) << describe(run.error());
  ASSERT_EQ(run->results.size(), 4U);
  EXPECT_EQ(run->results[0].test, (BenchTest{.generate = 4}));
  EXPECT_EQ(run->results[1].test, (BenchTest{.prompt = 16}));
  EXPECT_EQ(run->results[2].test, (BenchTest{.generate = 2}));
  EXPECT_EQ(run->results[3].samples, run->results[0].samples);
  ASSERT_EQ(run->results[0].samples.size(), 3U);
  EXPECT_NEAR(run->results[0].samples[0].value, 4 * 0.0003, 1e-9);
  EXPECT_NEAR(run->results[2].samples[0].value, 2 * 0.0003, 1e-9);
  EXPECT_EQ(run->build, 11669U);
  EXPECT_EQ(run->cpu, "Fake CPU");
  EXPECT_EQ(run->backends, "CPU");
  EXPECT_GT(run->wall, Seconds(0));
}

TEST_F(BenchRuns, ShareOneProcessWhenTheTestsAreACrossProduct) {
  const auto run = run_bench(
      engine(),
      request({{.prompt = 16}, {.generate = 4}, {.prompt = 16, .depth = 64}, {.generate = 4, .depth = 64}}));
  ASSERT_TRUE(run) << describe(run.error());
  EXPECT_EQ(starts(), 1);
  EXPECT_THAT(log(), HasSubstr("-p 16 -n 4 -d 0,64 "));
}

TEST_F(BenchRuns, TimeAWholeTurnInOneGo) {
  const std::string help = help_with_turns();
  const auto run = run_bench(engine({.help = help, .misbehave = kTurnsAndSlowDays}), request({{16, 4, 64}}));
  ASSERT_TRUE(run) << describe(run.error());
  EXPECT_THAT(log(), HasSubstr("-p 0 -n 0 -pg 16,4 -d 64 "));
  const double prompt = 0.0002 + 16 * 1e6 * 0.01e-9 * (1 + 72 * 0.0001);
  EXPECT_NEAR(run->results[0].samples[0].value, prompt + 4 * 0.0003 * (1 + 80 * 0.0001), 1e-7);
}

TEST_F(BenchRuns, RunNothingThatWasNotAskedFor) {
  const auto run =
      run_bench(engine(), request({{.prompt = 16}, {.generate = 4}, {.generate = 4, .depth = 64}}));
  ASSERT_TRUE(run) << describe(run.error());
  EXPECT_EQ(run->results.size(), 3U);
  EXPECT_EQ(starts(), 2);
  EXPECT_THAT(log(), HasSubstr("-p 0 -n 4 -d 64 "));
  EXPECT_THAT(log(), HasSubstr("-p 16 -n 4 -d 0 "));
}

TEST_F(BenchRuns, StateEverySetting) {
  BenchRequest asked = request();
  asked.threads = 2;
  asked.gpu_layers = 7;
  asked.warm_up = false;
  ASSERT_TRUE(run_bench(engine(), asked));
  for (const char* words :
       {"-t 2 ", "-r 3 ", "-b 2048 ", "-ub 512 ", "-ctk f16 ", "-ctv f16 ", "-fa auto ", "-ngl 7 ",
        "-lm mmap ", "--poll 50 ", "--prio 0 ", "-nkvo 0 ", "--repack 1 ", "--no-warmup ", "-o jsonl"}) {
    EXPECT_THAT(log(), HasSubstr(words));
  }
  EXPECT_THAT(log(), Not(HasSubstr("-v")));
}

TEST_F(BenchRuns, LeaveOutWhatAnOldEngineDoesNotKnow) {
  BenchRequest asked = request();
  asked.warm_up = false;
  const auto run = run_bench(engine({.help = kFakeOldHelp}), asked);
  ASSERT_TRUE(run) << describe(run.error());
  EXPECT_THAT(log(), HasSubstr("-fa 0 "));
  EXPECT_THAT(log(), HasSubstr("-mmp 1 "));
  for (const char* unknown : {"-lm", "--repack", "--no-warmup"}) EXPECT_THAT(log(), Not(HasSubstr(unknown)));
}

TEST_F(BenchRuns, TellBufferSizesOnlyWhenAsked) {
  BenchRequest asked = request();
  const auto silent = run_bench(engine(), asked);
  asked.report_buffers = true;
  const auto told = run_bench(engine(), asked);
  ASSERT_TRUE(silent && told);
  EXPECT_FALSE(silent->compute_buffer || silent->kv_buffer);
  EXPECT_EQ(told->compute_buffer, Bytes(7 * kMebi.value / 2));
  EXPECT_EQ(told->kv_buffer, Bytes(2 * kMebi.value));
}

TEST_F(BenchRuns, ReadAModelFromAnInheritedDescriptor) {
  const int fd = open(model_.c_str(), O_RDONLY | O_CLOEXEC);
  BenchRequest asked = request();
  asked.model_path = "/proc/self/fd/" + std::to_string(fd);
  EXPECT_FALSE(run_bench(engine(), asked));  // a child inherits only what is named
  asked.inherited_descriptors = {fd};
  const auto run = run_bench(engine(), asked);
  close(fd);
  ASSERT_TRUE(run) << describe(run.error());
  EXPECT_NEAR(run->results[0].samples[0].value, 4 * 0.0003, 1e-9);
}

TEST_F(BenchRuns, TakeAModelWithACommaInItsName) {
  BenchRequest asked = request();
  asked.model_path = write_text(directory_ / "one,two.gguf", "weights");
  const auto run = run_bench(engine(), asked);
  ASSERT_TRUE(run) << describe(run.error());
  EXPECT_THAT(log(), Not(HasSubstr("one,two")));
}

TEST_F(BenchRuns, RefuseARequestThatMakesNoSense) {
  std::vector<BenchRequest> bad{request({}), request({{}}), request({{.prompt = 1, .depth = 3'000'000'000}})};
  for (auto member : {&BenchRequest::threads, &BenchRequest::repetitions, &BenchRequest::batch}) {
    bad.push_back(request());
    bad.back().*member = 0;
  }
  for (const BenchRequest& asked : bad) {
    const auto run = run_bench(engine(), asked);
    ASSERT_FALSE(run);
    EXPECT_EQ(run.error().kind, ErrorKind::kUsage);
  }
  EXPECT_EQ(starts(), 0);
}

TEST_F(BenchRuns, RepeatTheEnginesLastWordsWhenItRefuses) {
  BenchRequest asked = request();
  asked.model_path = directory_ / "missing.gguf";
  const auto run = run_bench(engine(), asked);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(run.error().message, HasSubstr("exited with code 1: llama_bench: error: failed to load model"));
}

TEST_F(BenchRuns, NameTheSignalWhenTheEngineCrashes) {
  const Error error = failure("echo 'ggml.c:1: GGML_ASSERT(ne > 0) failed' >&2; kill -ABRT $$");
  EXPECT_EQ(error.kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(error.message, HasSubstr("signal 6"));
  EXPECT_THAT(error.message, HasSubstr("GGML_ASSERT(ne > 0) failed"));
}

TEST_F(BenchRuns, EndAnEngineThatHangs) {
  const Error error = failure("exec sleep 60", Seconds(0.2));
  EXPECT_EQ(error.kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(error.message, HasSubstr("took longer than 0.2"));
}

TEST_F(BenchRuns, EndAnEngineThatFloods) {
  const Error error = failure("exec yes");
  EXPECT_EQ(error.kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(error.message, HasSubstr("printed more than"));
}

TEST_F(BenchRuns, BelieveNoOtherAnswer) {
  EXPECT_THAT(failure("echo 'tokens per second: 12'; exit 0").message, HasSubstr("not valid JSON"));
  EXPECT_THAT(failure("exit 0").message, HasSubstr("no result for"));
  EXPECT_THAT(failure("set -- \"$@\" -n 5").message, HasSubstr("nobody asked for, prompt 0, generate 5"));
  EXPECT_THAT(failure("set -- \"$@\" -t 2").message, HasSubstr("threads 2 instead of 1"));
  EXPECT_THAT(failure("set -- \"$@\" -r 2").message, HasSubstr("repetitions 2 instead of 3"));
}

TEST_F(BenchRuns, SayWhenTheEngineIsGone) {
  const Engine gone = engine();
  std::filesystem::remove(gone.executable("bench"));
  const auto run = run_bench(gone, request());
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(run.error().message, HasSubstr("cannot be started"));
}

}  // namespace
}  // namespace tokcast
