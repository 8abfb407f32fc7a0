#include "engine/engine_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

using testing::HasSubstr;

TEST(BenchHelp, GivesEachOptionUnderAllItsNames) {
  const auto options = parse_bench_help(kFakeHelp);
  EXPECT_EQ(options.at("-fa"), "<on|off|auto>");
  EXPECT_EQ(options.at("--flash-attn"), "<on|off|auto>");
  EXPECT_EQ(options.at("-v"), "");
  EXPECT_EQ(options.at("--version"), "");
  EXPECT_EQ(options.at("--prio"), "<-1|0|1|2|3>");
  EXPECT_FALSE(options.contains("-mmp"));
  EXPECT_TRUE(parse_bench_help(kFakeOldHelp).contains("-mmp"));
}

TEST(BenchHelp, OfAnotherProgramIsNotOne) {
  EXPECT_TRUE(parse_bench_help("").empty());
  EXPECT_TRUE(parse_bench_help("usage: other [options]\n  -m, --model FILE\n  -o, --output FILE\n").empty());
}

TEST(EngineVersions, AreReadInBothStyles) {
  const auto now =
      parse_version("load_backend: x\nversion: 0.7.0 (build 11669, commit Debian)\nbuilt with GNU 16\n");
  ASSERT_TRUE(now);
  EXPECT_EQ(now->build, 11669U);
  EXPECT_EQ(now->text, "0.7.0 (build 11669, commit Debian)");
  const auto before = parse_version("version: 4321 (abcdef)\nbuilt with cc\n");
  ASSERT_TRUE(before);
  EXPECT_EQ(before->build, 4321U);
}

TEST(EngineVersions, OfOtherProgramsAreNotOurs) {
  for (const char* text : {"", "version: ", "version: 3.14", "version: 7.0.1 (abc)", "version: 12",
                           "Version 12 (a)", "version: (build x)", "version: 99999999999999999999 (a)"}) {
    EXPECT_FALSE(parse_version(text)) << text;
  }
}

class Probing : public testing::Test {
 protected:
  Result<Engine> probe() const { return probe_engine(bin_, EngineSource::kOption, cache_); }
  Error failure() const {
    const auto engine = probe();
    return engine ? Error{.message = "it succeeded"} : engine.error();
  }
  long starts() const { return std::ranges::count(read_text(bin_ + "/llama-bench.log"), '\n'); }

  TemporaryDirectory directory_;
  std::string bin_ = directory_ / "bin";
  std::string cache_;
};

TEST_F(Probing, TellsWhatTheEngineIs) {
  write_fake_engine(bin_);
  const auto engine = probe();
  ASSERT_TRUE(engine) << describe(engine.error());
  EXPECT_EQ(engine->directory, bin_);
  EXPECT_EQ(engine->source, EngineSource::kOption);
  EXPECT_EQ(engine->build, 11669U);
  EXPECT_EQ(engine->version, "0.7.0 (build 11669, commit fake)");
  EXPECT_THAT(engine->identity, testing::MatchesRegex("llama\\.cpp-b11669-[0-9a-f]+"));
  EXPECT_TRUE(engine->bench_options.contains("-lm"));
}

TEST_F(Probing, GivesAnotherIdentityToAnotherFileOrLibrary) {
  write_fake_engine(bin_);
  const auto first = probe();
  const auto again = probe();
  write_fake_engine(bin_, {.misbehave = "true"});
  const auto other_file = probe();
  write_text(directory_ / "lib/libggml-base.so.0", "kernels");
  const auto other_library = probe();
  ASSERT_TRUE(first && again && other_file && other_library);
  EXPECT_EQ(first->identity, again->identity);
  EXPECT_NE(first->identity, other_file->identity);
  EXPECT_NE(other_file->identity, other_library->identity);
}

TEST_F(Probing, AsksOnceAndRemembersUntilTheFileChanges) {
  cache_ = directory_ / "cache";
  write_fake_engine(bin_);
  const auto first = probe();
  const long asked = starts();
  const auto again = probe();
  ASSERT_TRUE(first && again);
  EXPECT_EQ(starts(), asked);
  EXPECT_EQ(again->version, first->version);
  EXPECT_EQ(again->bench_options, first->bench_options);
  EXPECT_EQ(again->identity, first->identity);
  write_fake_engine(bin_, {.version = "version: 0.8.0 (build 12000, commit fake)"});
  const auto changed = probe();
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->build, 12000U);
}

TEST_F(Probing, IgnoresMemoriesThatAreDamaged) {
  cache_ = directory_ / "cache";
  write_fake_engine(bin_);
  ASSERT_TRUE(probe());
  const std::string memory = std::filesystem::directory_iterator(cache_)->path();
  for (const char* damage : {"", "{", "[]", "7", R"({"schema": "tokcast.engine-facts/1", "build": "x"})",
                             R"({"schema": 7, "build": 1, "version": "v", "bench_options": {}})"}) {
    write_text(memory, damage);
    const auto engine = probe();
    ASSERT_TRUE(engine) << damage;
    EXPECT_EQ(engine->build, 11669U) << damage;
  }
}

TEST_F(Probing, LearnsTheBuildOfAnOldEngineFromItsServer) {
  write_fake_engine(bin_, {.help = kFakeOldHelp});
  EXPECT_THAT(failure().message, HasSubstr("too old to say its build"));
  write_script(bin_ + "/llama-server", "echo 'version: 6000 (abcdef)' >&2");
  const auto engine = probe();
  ASSERT_TRUE(engine) << describe(engine.error());
  EXPECT_EQ(engine->build, 6000U);
}

TEST_F(Probing, SaysWhenThereIsNothing) {
  EXPECT_EQ(failure().kind, ErrorKind::kNotFound);
}

TEST_F(Probing, RefusesAnotherProgram) {
  write_script(bin_ + "/llama-bench", "echo 'a bench for llamas'");
  EXPECT_EQ(failure().kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(failure().message, HasSubstr("not llama-bench"));
}

TEST_F(Probing, RefusesAnEngineWithoutTheOptionsItNeedsAndSaysHowToGetOne) {
  std::string help(kFakeHelp);
  const auto jsonl = help.find("jsonl|");
  write_fake_engine(bin_, {.help = help.replace(jsonl, 6, "")});
  EXPECT_THAT(failure().message, HasSubstr("too old"));
  EXPECT_THAT(failure().fix, HasSubstr("engine install"));
}

TEST_F(Probing, RefusesAFileThatCannotRun) {
  write_text(bin_ + "/llama-bench", "not executable");
  EXPECT_EQ(failure().kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(failure().message, HasSubstr("cannot be started"));
}

TEST_F(Probing, RepeatsWhatAProgramThatFailsSays) {
  write_script(bin_ + "/llama-bench", "echo 'libfoo.so: cannot open shared object file' >&2; exit 127");
  EXPECT_EQ(failure().kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(failure().message,
              HasSubstr("exited with code 127: libfoo.so: cannot open shared object file"));
}

}  // namespace
}  // namespace tokcast
