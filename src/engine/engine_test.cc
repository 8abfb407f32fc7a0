#include "engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "engine/bench.h"
#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

using testing::HasSubstr;

class Finding : public testing::Test {
 protected:
  std::string engine_in(const char* name) {
    write_fake_engine(directory_ / name);
    return directory_ / name;
  }
  void broken_engine_in(const char* name) { write_script(directory_ / name + "/llama-bench", "exit 3"); }
  Error failure() const {
    const auto engine = find_engine(search_);
    return engine ? Error{.message = "it found " + engine->directory} : engine.error();
  }

  TemporaryDirectory directory_;
  EngineSearch search_{
      .configured_file = directory_ / "config/tokcast/engine",
      .path_variable = directory_ / "empty" + ":relative:" + (directory_ / "path") + "::/nowhere",
      .private_directory = directory_ / "private"};
};

TEST_F(Finding, FollowsTheOrderOfSources) {
  EXPECT_EQ(failure().kind, ErrorKind::kNotFound);
  EXPECT_THAT(failure().fix, HasSubstr("tokcast engine install"));
  const auto expect = [&](EngineSource source, const std::string& where) {
    const auto engine = find_engine(search_);
    ASSERT_TRUE(engine) << describe(engine.error());
    EXPECT_EQ(engine->source, source);
    EXPECT_EQ(engine->directory, where);
  };
  expect(EngineSource::kPrivate, engine_in("private/bin"));
  expect(EngineSource::kPath, engine_in("path"));
  write_text(search_.configured_file, engine_in("configured") + "\n");
  expect(EngineSource::kConfigured, directory_ / "configured");
  search_.environment = engine_in("environment");
  expect(EngineSource::kEnvironment, directory_ / "environment");
  search_.option = engine_in("option");
  expect(EngineSource::kOption, directory_ / "option");
}

TEST_F(Finding, TakesADirectoryABinDirectoryOrTheFileItself) {
  const std::string bin = engine_in("prefix/bin");
  for (const std::string& named : {bin, bin + "/", bin + "/llama-bench", directory_ / "prefix"}) {
    search_.option = named;
    const auto engine = find_engine(search_);
    ASSERT_TRUE(engine) << named << ": " << describe(engine.error());
    EXPECT_EQ(engine->directory, bin);
  }
}

TEST_F(Finding, NeverLooksFurtherThanABrokenEngineThatWasNamed) {
  engine_in("path");
  broken_engine_in("broken");
  write_text(search_.configured_file, directory_ / "broken");
  EXPECT_EQ(failure().kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(failure().message, HasSubstr("chosen by `tokcast engine use`"));
  search_.environment = directory_ / "missing";
  EXPECT_EQ(failure().kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(failure().message, HasSubstr("named by TOKCAST_ENGINE"));
  search_.option = "/bin/sh";
  EXPECT_EQ(failure().kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(failure().message, HasSubstr("named by --engine"));
}

TEST_F(Finding, GoesOnFromABrokenEngineInPathButTellsOfItWhenThereIsNoOther) {
  broken_engine_in("path");
  EXPECT_EQ(failure().kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(failure().message, HasSubstr("exited with code 3"));
  engine_in("private");
  const auto engine = find_engine(search_);
  ASSERT_TRUE(engine) << describe(engine.error());
  EXPECT_EQ(engine->source, EngineSource::kPrivate);
}

TEST_F(Finding, ListsEveryPlaceWithWhatIsThere) {
  broken_engine_in("path");
  search_.option = engine_in("option");
  const auto list = list_engines(search_);
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].source, EngineSource::kOption);
  EXPECT_TRUE(list[0].engine);
  EXPECT_EQ(list[1].source, EngineSource::kPath);
  EXPECT_EQ(list[1].directory, directory_ / "path");
  EXPECT_EQ(list[1].engine.error().kind, ErrorKind::kEngineFailed);
  EXPECT_EQ(list[2].source, EngineSource::kPrivate);
  EXPECT_EQ(list[2].engine.error().kind, ErrorKind::kNotFound);
}

TEST_F(Finding, UsesWhatItWasToldToUseFromThenOn) {
  engine_in("path");
  const std::string chosen = engine_in("chosen/bin");
  const auto used = use_engine(search_, directory_ / "chosen");
  ASSERT_TRUE(used) << describe(used.error());
  EXPECT_EQ(used->source, EngineSource::kConfigured);
  EXPECT_EQ(read_text(search_.configured_file), chosen + "\n");
  const auto found = find_engine(search_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->directory, chosen);
}

TEST_F(Finding, DoesNotRememberAnEngineThatDoesNotWork) {
  broken_engine_in("broken");
  EXPECT_FALSE(use_engine(search_, directory_ / "broken"));
  EXPECT_FALSE(use_engine(search_, directory_ / "missing"));
  EXPECT_FALSE(std::filesystem::exists(search_.configured_file));
}

TEST_F(Finding, SaysWhenItCannotRemember) {
  search_.configured_file = write_text(directory_ / "file", "") + "/engine";
  const auto used = use_engine(search_, engine_in("chosen"));
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().kind, ErrorKind::kIo);
}

// A real llama.cpp, where there is one: it is found, refuses a file that is no model, and says so.
TEST(RealEngine, RefusesAFileThatIsNoModel) {
  const char* named = std::getenv("TOKCAST_TEST_ENGINE");
  const auto engine =
      find_engine(default_engine_search(named == nullptr ? std::nullopt : std::optional(std::string(named))));
  if (!engine) GTEST_SKIP() << "no llama.cpp here: " << describe(engine.error());
  TemporaryDirectory directory;
  const BenchRequest request{.model_path = write_text(directory / "no-model.gguf", "no model"),
                             .tests = {{.generate = 1}},
                             .repetitions = 1};
  const auto run = run_bench(*engine, request);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, ErrorKind::kEngineFailed);
  EXPECT_THAT(run.error().message, HasSubstr("model"));
}

}  // namespace
}  // namespace tokcast
