// The real executable doing the whole job, against a hub on loopback and an engine made of shell script: once
// through, stopped at every step, and again.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "engine/engine.h"
#include "setup_test_util.h"

namespace tokcast {
namespace {

// Another program's file, as a user keeps it.
constexpr const char* kUsersEnv =
    "# my settings\nSECRET='not yours'\nexport LOCAL_LLM_THREADS=99  # guessed\n";

std::string story(const std::string& name) {
  return std::string(TOKCAST_REGISTRIES) + "/" + name + ".json";
}

TEST_F(SetupCli, DoesTheWholeJob) {
  const ChildResult result = setup({"--use", "voice", "--yes", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.standard_error << result.standard_output;
  EXPECT_EQ(schema_findings("setup", result.standard_output), "");
  const Json document = parsed(result);
  EXPECT_EQ(document["chosen"], "HEAVY_CPU");
  const Json& done = document["done"];
  EXPECT_EQ(done["promise_kept"], true);
  EXPECT_TRUE(done["promise"].is_number_integer());
  EXPECT_TRUE(done["measured_turn_seconds"].is_object());
  expect_whole();
  EXPECT_EQ(env().get("LOCAL_LLM_MODEL_PATH"), done["llm_path"].get<std::string>());
  EXPECT_EQ(env().get("LOCAL_LLM_THREADS"), std::to_string(done["threads"].get<int>()));
  EXPECT_EQ(env().get("LOCAL_LLM_GPU_LAYERS"), "0");
  EXPECT_GT(done["client_timeout_seconds"], done["server_timeout_seconds"]);
  EXPECT_GT(done["server_timeout_seconds"], done["promised_turn_seconds"]["high"]);
  EXPECT_TRUE(std::filesystem::exists(*env().get("LOCAL_TTS_MODEL_PATH") + ".json"));
  EXPECT_TRUE(std::filesystem::exists(*env().get("LOCAL_STT_MODEL_PATH") + "/model.bin"));
  EXPECT_TRUE(contains(read_text(config_), *env().get("LOCAL_LLM_MODEL_PATH")));
}

TEST_F(SetupCli, WhatWasMeasuredStandsBesideThePromiseInTheLedger) {
  const Json done = setup_json()["done"];
  const Json listed = parsed(tokcast({"promises", "--json"}))["promises"][0];
  EXPECT_EQ(listed["promise"]["id"], done["promise"]);
  EXPECT_EQ(listed["promise"]["accepted_by"], "setup");
  EXPECT_EQ(listed["outcome"]["standing"], "kept");
  EXPECT_EQ(listed["file"], "same");
  EXPECT_EQ(listed["promise"]["model"]["file_path"], done["llm_path"]);
  const Json shown = parsed(tokcast({"promises", "show", "1", "--json"}));
  EXPECT_EQ(shown["actuals"][0]["turn_seconds"], done["measured_turn_seconds"]["expected"]);
  EXPECT_FALSE(shown["actuals"][0]["cached_load_sample_seconds"].empty());
}

TEST_F(SetupCli, TouchesNothingElse) {
  const auto before = snapshot();
  ASSERT_EQ(setup().exit_code, 0);
  auto after = snapshot({".cache/huggingface/", ".cache/tokcast/", ".config/tokcast/config.toml",
                         ".local/share/tokcast/models/", ".local/state/tokcast/", "server/.env",
                         "engine/llama-bench.log"});
  EXPECT_EQ(after, before);
}

TEST_F(SetupCli, AgainItChangesNothing) {
  ASSERT_EQ(setup().exit_code, 0);
  const auto before = snapshot({".cache/tokcast/", "engine/"});
  const std::size_t measured = measurements();
  const Json document = setup_json();
  EXPECT_EQ(document["done"]["bytes_fetched"], 0);
  EXPECT_EQ(document["done"]["env"]["changed"], false);
  EXPECT_EQ(document["done"]["config"]["changed"], false);
  EXPECT_EQ(measurements(), measured);
  EXPECT_EQ(snapshot({".cache/tokcast/", "engine/"}), before);
}

TEST_F(SetupCli, OfflineItIsDoneWithWhatIsHere) {
  EXPECT_EQ(setup({"--yes", "--offline"}).exit_code, 33);
  ASSERT_EQ(setup().exit_code, 0);
  const std::uint64_t requests = hub_.request_count();
  const ChildResult again = setup({"--yes", "--offline"});
  EXPECT_EQ(again.exit_code, 0) << again.standard_error;
  EXPECT_EQ(hub_.request_count(), requests);
}

TEST_F(SetupCli, RepairsWhatIsBroken) {
  const Json first = setup_json();
  const std::string voice = first["done"]["tts_path"];
  std::filesystem::remove(env_);
  std::filesystem::remove_all(first["done"]["stt_path"].get<std::string>());
  const std::string blob = std::filesystem::canonical(voice);
  std::filesystem::permissions(blob, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
  write_text(blob, "cut off");
  EXPECT_EQ(setup().exit_code, 0);
  expect_whole();
  EXPECT_EQ(read_text(voice).size(), 20'000U);
}

TEST_F(SetupCli, ADryRunFetchesAndWritesNothing) {
  const auto before = snapshot({".cache/tokcast/", "engine/llama-bench.log"});
  const ChildResult result = setup({"--dry-run"});
  EXPECT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_TRUE(contains(result.standard_output, "HEAVY_CPU")) << result.standard_output;
  EXPECT_TRUE(contains(result.standard_output, "To fetch: ")) << result.standard_output;
  EXPECT_LE(widest_line(result.standard_output), 110U) << result.standard_output;  // paths are not broken
  EXPECT_EQ(snapshot({".cache/tokcast/", "engine/llama-bench.log"}), before);
}

TEST_F(SetupCli, OffATerminalItAsksNobodyAndDoesNothingWithoutYes) {
  const auto before = snapshot({".cache/tokcast/", "engine/llama-bench.log"});
  const ChildResult result = setup({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.standard_error, "--yes")) << result.standard_error;
  EXPECT_EQ(snapshot({".cache/tokcast/", "engine/llama-bench.log"}), before);
}

TEST_F(SetupCli, KeepsWhatIsTheUsers) {
  write_text(env_, kUsersEnv);
  const Json document = setup_json();
  const std::string backup = document["done"]["env"]["backup"];
  EXPECT_EQ(read_text(backup), kUsersEnv);
  const std::string text = read_text(env_);
  EXPECT_TRUE(text.starts_with("# my settings\nSECRET='not yours'\nexport LOCAL_LLM_THREADS=")) << text;
  EXPECT_TRUE(contains(text, "  # guessed\n")) << text;
  EXPECT_NE(env().get("LOCAL_LLM_THREADS"), "99");
  EXPECT_EQ(setup_json()["done"]["env"]["backup"], nullptr);
}

TEST_F(SetupCli, StoppedWhileFetchingItGoesOn) {
  const std::string path = TestHub::cdn_path("user/large-GGUF", "large-Q8_0.gguf");
  hub_.cdn().misbehave(path, {.stall_at = 100'000});
  const ChildResult stopped = setup_stopped_after("4");
  EXPECT_EQ(stopped.exit_code, 130) << stopped.standard_error;
  EXPECT_FALSE(std::filesystem::exists(env_));
  hub_.cdn().behave(path);
  EXPECT_EQ(setup().exit_code, 0);
  expect_whole();
}

TEST_F(SetupCli, ServersThatFailEndWithTheirCodeAndTheNextTimeAllIsWell) {
  const std::string voice = TestHub::cdn_path("user/voices", kVoice);
  hub_.cdn().misbehave(voice, {.flip_file_byte = 10'000});
  const ChildResult wrong = setup();
  EXPECT_EQ(wrong.exit_code, 31) << wrong.standard_error;
  EXPECT_FALSE(std::filesystem::exists(env_));
  hub_.cdn().behave(voice);
  hub_.cdn().misbehave("/speech/ears.zip", {.status = 404});
  const ChildResult gone = setup();
  EXPECT_EQ(gone.exit_code, 33) << gone.standard_error;
  EXPECT_TRUE(contains(gone.standard_error, "ears (stt) cannot be had")) << gone.standard_error;
  hub_.cdn().behave("/speech/ears.zip");
  EXPECT_EQ(setup().exit_code, 0);
  expect_whole();
}

TEST_F(SetupCli, AUseThatNeedsNoSpeechGoesOnWithoutIt) {
  hub_.cdn().misbehave("/speech/ears.zip", {.status = 404});
  const ChildResult result = setup({"--yes", "--use", "chat"});
  EXPECT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_TRUE(env().get("LOCAL_LLM_MODEL_PATH"));
  EXPECT_FALSE(env().get("LOCAL_STT_MODEL_PATH"));
}

TEST_F(SetupCli, AnEngineThatFailsIsSaidAndTheNextTimeAllIsWell) {
  // It rehearses, but fails on the file that was fetched.
  use({.misbehave = "case \"$*\" in *snapshots*) echo 'error: no' >&2; exit 1 ;; esac\n"});
  const ChildResult failed = setup();
  EXPECT_EQ(failed.exit_code, 1) << failed.standard_output;
  EXPECT_FALSE(std::filesystem::exists(env_));
  use({});
  EXPECT_EQ(setup().exit_code, 0);
  expect_whole();
}

TEST_F(SetupCli, AnEnvFileThatCannotBeWrittenIsSaidAndTheNextTimeAllIsWell) {
  std::filesystem::create_directories(env_);
  const ChildResult failed = setup();
  EXPECT_EQ(failed.exit_code, 34) << failed.standard_error;
  const std::size_t measured = measurements();
  std::filesystem::remove(env_);
  write_text(env_, "BROKEN='never closed\n");
  EXPECT_EQ(setup().exit_code, 34);
  EXPECT_EQ(read_text(env_), "BROKEN='never closed\n");
  std::filesystem::remove(env_);
  EXPECT_EQ(setup().exit_code, 0);
  EXPECT_EQ(measurements(), measured) << "what was measured is not measured again";
  expect_whole();
}

TEST_F(SetupCli, KilledAtAnyMomentItGoesOn) {
  for (int i = 1; i <= 8; ++i) {
    run({"/bin/sh", "-c",
         fmt::format("\"$0\" setup --registry '{}' --env '{}' --yes >/dev/null 2>&1 & sleep 0.{}; kill -9 "
                     "$!; wait $!; true",
                     registry_, env_, i),
         TOKCAST_BINARY});
  }
  EXPECT_EQ(setup().exit_code, 0);
  expect_whole();
}

// Each time it gets one step further, and is stopped there.
TEST_F(SetupCli, StoppedOnceInEveryStepItEndsWellAndTouchesNothingElse) {
  const std::vector<std::string> own{".cache/huggingface/",
                                     ".cache/tokcast/",
                                     ".config/tokcast/config.toml",
                                     ".local/share/tokcast/models/",
                                     ".local/state/tokcast/",
                                     "server/.env",
                                     "engine/"};
  const auto before = snapshot(own);
  const auto expect_stopped = [this](const char* step) {
    const ChildResult stopped = setup_stopped_after("4");
    EXPECT_EQ(stopped.exit_code, 130) << step << ": " << stopped.standard_error;
    EXPECT_FALSE(std::filesystem::exists(env_)) << step;
  };
  use({.misbehave = "exec sleep 60\n"});
  expect_stopped("rehearse");
  use({});
  const std::string listing = TestHub::tree_path("user/large-GGUF");
  hub_.hub().misbehave(listing, {.delay = Seconds(60)});
  expect_stopped("plan");
  hub_.hub().behave(listing);
  for (const std::string& path :
       {TestHub::cdn_path("user/large-GGUF", "large-Q8_0.gguf"), std::string("/speech/ears.zip"),
        TestHub::cdn_path("user/voices", kVoice)}) {
    hub_.cdn().misbehave(path, {.stall_at = 10});
    expect_stopped(path.c_str());
    hub_.cdn().behave(path);
  }
  use({.misbehave = "case \"$*\" in *snapshots*) exec sleep 60 ;; esac\n"});
  expect_stopped("measure");
  use({});
  const Json done = setup_json()["done"];
  EXPECT_EQ(done["promise_kept"], true);
  expect_whole();
  EXPECT_EQ(snapshot(own), before);
  EXPECT_EQ(parsed(tokcast({"promises", "--json"}))["promises"].size(), 1U) << "one promise, however often";
}

TEST_F(SetupCli, ABrokenPromiseIsSaidAndTheNextTierTried) {
  write_registry(5, 100);
  use_engine_slow_with("large-Q8_0");
  const ChildResult result = setup();
  EXPECT_EQ(result.exit_code, 0) << result.standard_error << result.standard_output;
  EXPECT_TRUE(contains(result.standard_error, "HEAVY_CPU breaks its promise")) << result.standard_error;
  EXPECT_TRUE(contains(*env().get("LOCAL_LLM_MODEL_PATH"), "small-Q8_0")) << read_text(env_);
  EXPECT_EQ(setup_json()["chosen"], "LIGHT_CPU");
}

TEST_F(SetupCli, ATierThatIsAskedForIsSetUpEvenIfItBreaksAndTheCodeSaysSo) {
  write_registry(0.001, 100);
  const ChildResult dry = setup({"--dry-run", "--tier", "heavy-cpu"});
  EXPECT_EQ(dry.exit_code, 21) << dry.standard_error;
  const ChildResult result = setup({"--yes", "--tier", "Heavy"});
  EXPECT_EQ(result.exit_code, 21) << result.standard_error;
  EXPECT_TRUE(contains(result.standard_error, "taken as HEAVY_CPU")) << result.standard_error;
  EXPECT_TRUE(contains(*env().get("LOCAL_LLM_MODEL_PATH"), "large-Q8_0"));
}

TEST_F(SetupCli, HybridIsRecommendedWhereNoPromiseIsKept) {
  write_registry(0.001, 0.001);
  const ChildResult result = setup({"--yes", "--json"});
  EXPECT_EQ(result.exit_code, 21) << result.standard_error;
  EXPECT_EQ(schema_findings("setup", result.standard_output), "");
  EXPECT_EQ(parsed(result)["hybrid"], true);
  EXPECT_FALSE(env().get("LOCAL_LLM_MODEL_PATH"));
  EXPECT_TRUE(env().get("LOCAL_STT_MODEL_PATH"));
}

TEST_F(SetupCli, WhatIsNotKnownIsAnErrorWithTheList) {
  const ChildResult tier = setup({"--dry-run", "--tier", "HUGE"});
  EXPECT_EQ(tier.exit_code, 2);
  EXPECT_TRUE(contains(tier.standard_error, "HEAVY_CPU, LIGHT_CPU or MINIMAL")) << tier.standard_error;
  const ChildResult language = setup({"--dry-run", "--language", "xx"});
  EXPECT_EQ(language.exit_code, 2);
  EXPECT_TRUE(contains(language.standard_error, "There are en.")) << language.standard_error;
  const ChildResult use = setup({"--dry-run", "--use", "singing"});
  EXPECT_EQ(use.exit_code, 2);
  EXPECT_TRUE(contains(use.standard_error, "voice")) << use.standard_error;
  EXPECT_EQ(setup({"--yes", "--machine", "Ryzen 9 7950X 32GiB"}).exit_code, 2);
}

TEST_F(SetupCli, WithAModelsDirAllLiesBelowIt) {
  const ChildResult result = setup({"--yes", "--models-dir", home_ / "models"});
  EXPECT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_EQ(env().get("LOCAL_LLM_MODEL_PATH"), home_ / "models/llm/large-Q8_0.gguf");
  EXPECT_EQ(env().get("LOCAL_STT_MODEL_PATH"), home_ / "models/stt/ears");
  EXPECT_EQ(env().get("LOCAL_TTS_MODEL_PATH"), home_ / "models/tts/voice.onnx");
  EXPECT_FALSE(std::filesystem::exists(home_ / ".cache/huggingface"));
}

// With the engine that users run: what is measured is real, and a server starts from what was written.
TEST_F(SetupCli, TheRealEngineIsMeasuredAndServesFromTheEnvFile) {
  const auto engine = find_engine(default_engine_search());
  if (!engine) GTEST_SKIP() << describe(engine.error());
  set("TOKCAST_ENGINE", engine->directory);
  write_registry(999999, 999999);  // so tiny a model on a busy machine: anything goes
  const ChildResult result = setup({"--yes", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.standard_error << result.standard_output;
  EXPECT_EQ(schema_findings("setup", result.standard_output), "");
  EXPECT_EQ(parsed(result)["done"]["promise_kept"], true);
  // The shell reads the file as the server of the story would; the server ends once it has answered.
  const ChildResult served = run(
      {"timeout", "-s", "INT", "60", "/bin/sh", "-ec",
       ". \"$1\"; \"$0\" -m \"$LOCAL_LLM_MODEL_PATH\" -t \"$LOCAL_LLM_THREADS\" -c \"$LOCAL_LLM_CONTEXT\" "
       "-n \"$LOCAL_LLM_MAX_TOKENS\" -ngl \"$LOCAL_LLM_GPU_LAYERS\" --offline --host \"$2\" >\"$3\" 2>&1 & "
       "pid=$!; "
       "until grep -q 'model loaded' \"$3\" || ! kill -0 $pid; do sleep 0.2; done; "
       "kill $pid; wait $pid || true; cat \"$3\"",
       engine->executable("server"), env_, home_ / "engine.sock", home_ / "engine.log"});
  EXPECT_TRUE(contains(served.standard_output, "model loaded")) << served.standard_output;
}

TEST_F(SetupCli, AHostileRegistryIsRefusedWithItsPlaceAndNothingIsDone) {
  const std::string sound = read_text(registry_);
  const auto with = [&sound](const std::string& from, const std::string& to) {
    std::string out = sound;
    return out.replace(out.find(from), from.size(), to);
  };
  for (const std::string& text : {with("hf://user/large-GGUF/large-Q8_0.gguf", "/etc/passwd"),
                                  with("hf://user/large-GGUF/large-Q8_0.gguf", "file:///etc/passwd"),
                                  with("\"large-Q8_0.gguf\"", "\"../../large-Q8_0.gguf\""),
                                  with("\"min_cpu_cores\": 1", "\"min_cpu_cores\": -1"),
                                  with("tokcast.registry/1", "tokcast.registry/99"), std::string(1000, '['),
                                  std::string("\x7f\x45LF")}) {
    write_text(registry_, text);
    const ChildResult result = setup();
    EXPECT_NE(result.exit_code, 0) << text;
    EXPECT_TRUE(contains(result.standard_error, "registry.json")) << result.standard_error;
  }
  EXPECT_FALSE(std::filesystem::exists(env_));
  EXPECT_EQ(hub_.body_bytes(), 0U);
}

TEST_F(SetupCli, AnArchiveThatReachesOutOfItsFolderIsRefused) {
  hub_.cdn().serve("/speech/ears.zip",
                   TestFile::of(packed({{"ears/model.bin", "m"}, {"../../../../evil", "outside"}})));
  const ChildResult result = setup();
  EXPECT_EQ(result.exit_code, 34) << result.standard_error;
  EXPECT_FALSE(std::filesystem::exists(env_));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home_.path()))
    EXPECT_NE(entry.path().filename(), "evil") << entry.path();
}

TEST_F(SetupCli, AConfigurationThatCannotBeUnderstoodIsLeftAlone) {
  const std::string text = "[mine]\nx = 1\n# >>> tokcast setup (this part is written by `tokcast setup`)\n";
  write_text(config_, text);
  const ChildResult result = setup();
  EXPECT_EQ(result.exit_code, 34) << result.standard_error;
  EXPECT_TRUE(contains(result.standard_error, "config.toml")) << result.standard_error;
  EXPECT_EQ(read_text(config_), text);
  write_text(config_, "[mine]\nx = 1\n");
  EXPECT_EQ(setup().exit_code, 0);
  EXPECT_TRUE(read_text(config_).starts_with("[mine]\nx = 1\n")) << read_text(config_);
}

TEST_F(SetupCli, ARecordThatSomebodyWroteIsNotBelieved) {
  ASSERT_EQ(setup().exit_code, 0);
  const std::string record = home_ / ".local/state/tokcast/setup.json";
  for (const std::string& text :
       {std::string("{"), std::string(2 << 20, '['), std::string(R"({"key": 7})")}) {
    write_text(record, text);
    EXPECT_EQ(setup().exit_code, 0) << text.substr(0, 20);
    expect_whole();
  }
}

// The story: what an installer got wrong, before a byte is fetched.
class SetupOfTheStory : public SetupCli {
 protected:
  Json dry_run(const std::string& machine, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"setup", "--dry-run", "--json", "--machine", machine};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ChildResult result = tokcast(arguments);
    EXPECT_EQ(schema_findings("setup", result.standard_output), "") << result.standard_error;
    exit_code_ = result.exit_code.value_or(-1);
    return parsed(result);
  }
  static Json chosen(const Json& document) {
    for (const Json& tier : document["tiers"]) {
      if (tier["tier"] == document["chosen"]) return tier["forecast"];
    }
    return {};
  }

  static constexpr const char* kDesktop = "8c avx2 2x ddr5-5600 32GiB gpu RTX 4090";
  int exit_code_ = 0;
};

TEST_F(SetupOfTheStory, ItsServerGetsAModelThatKeepsTenSecondsAndACardALargerOne) {
  const Json on_server = chosen(dry_run(story("story-server")));
  EXPECT_EQ(exit_code_, 0);
  EXPECT_LE(on_server["turn_seconds"]["high"], 10);
  const Json on_desktop = chosen(dry_run(kDesktop));
  EXPECT_EQ(exit_code_, 0);
  EXPECT_GT(on_desktop["workload"]["gpu_layers"], 0);
  EXPECT_GT(on_desktop["model"]["parameters"], on_server["model"]["parameters"]);
  EXPECT_EQ(hub_.request_count(), 0U);
}

// Its own machine, as it was gathered from the parts that it names.
TEST_F(SetupOfTheStory, SoDoesTheMachineThatIsKnownByItsParts) {
  const Json xeon = chosen(dry_run(std::string(TOKCAST_FIXTURES) + "/expected/dual-xeon-e5-2660-v3.json"));
  EXPECT_EQ(exit_code_, 0);
  EXPECT_LE(xeon["turn_seconds"]["high"], 10);
}

TEST_F(SetupOfTheStory, ItsOldRegistryNoLongerGivesTheServerThePromiseThatItCannotKeep) {
  for (const std::string& machine :
       {story("story-server"), std::string(TOKCAST_FIXTURES) + "/expected/dual-xeon-e5-2660-v3.json"}) {
    const Json document = dry_run(machine, {"--registry", story("light-medium-heavy")});
    EXPECT_NE(document["chosen"], "HEAVY") << machine;
    if (!document["hybrid"].get<bool>()) {
      EXPECT_EQ(chosen(document)["verdict"], "keeps") << machine;
    }
  }
}

TEST_F(SetupOfTheStory, ACardGetsATierOfCards) {
  const Json document = dry_run(kDesktop, {"--tier", "heavy"});
  EXPECT_EQ(document["chosen"], "HEAVY_GPU");
  EXPECT_EQ(chosen(document)["verdict"], "keeps");
  const Json old = dry_run(kDesktop, {"--registry", story("five-tiers")});
  EXPECT_TRUE(old["chosen"].get<std::string>().ends_with("_GPU")) << old["chosen"];
}

}  // namespace
}  // namespace tokcast
