// The real executable doing the whole job, against a hub on loopback and an engine made of shell script: once
// through, stopped at every step, and again.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli_test_util.h"
#include "engine/engine.h"
#include "fetch/test_archive_test_util.h"
#include "fetch/test_model_test_util.h"
#include "fetch/test_server_test_util.h"
#include "schema.h"
#include "setup/env_file.h"

namespace tokcast {
namespace {

constexpr const char* kVoice = "en/voice.onnx";
// Another program's file, as a user keeps it.
constexpr const char* kUsersEnv =
    "# my settings\nSECRET='not yours'\nexport LOCAL_LLM_THREADS=99  # guessed\n";

std::string story(const std::string& name) {
  return std::string(TOKCAST_REGISTRIES) + "/" + name + ".json";
}

// Said to have been trained for a longer context, so that every use fits.
TestFile model_for_conversations() {
  const TestFile model = servable_model();
  std::string bytes = model.bytes(0, model.size);
  constexpr std::string_view kKey = "llama.context_length";
  constexpr std::uint32_t kContext = 32'768;
  const std::size_t value = bytes.find(kKey) + kKey.size() + sizeof(std::uint32_t);
  std::memcpy(bytes.data() + value, &kContext, sizeof(kContext));
  return TestFile::of(std::move(bytes));
}

class SetupCli : public Cli {
 protected:
  SetupCli() {
    set("HF_ENDPOINT", hub_.endpoint());
    for (const char* variable : {"MODEL_ENDPOINT", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "HF_HUB_OFFLINE",
                                 "LLAMA_CACHE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_STATE_HOME"}) {
      set(variable, "");
    }
    hub_.add("user/large-GGUF", "large-Q8_0.gguf", model_for_conversations());
    hub_.add("user/small-GGUF", "small-Q8_0.gguf", model_for_conversations());
    hub_.add("user/voices", kVoice, TestFile::of(std::string(20'000, 'v')));
    hub_.add("user/voices", std::string(kVoice) + ".json", TestFile::of("{\"sample_rate\": 22050}\n"));
    hub_.cdn().serve(
        "/speech/ears.zip",
        TestFile::of(packed({{"ears/model.bin", std::string(5'000, 'm')}, {"ears/README", "listens"}})));
    write_registry(100, 100);
  }

  // Two tiers that differ in their names and promises only, and one without a language model.
  void write_registry(double heavy_seconds, double light_seconds) {
    const std::string speech = fmt::format(
        R"("stt": {{"name": "ears", "type": "zip", "url": "{}"}},
           "tts": {{"name": "voice", "type": "files", "files": [
             {{"name": "voice.onnx", "url": "hf://user/voices/{}"}},
             {{"name": "voice.onnx.json", "url": "hf://user/voices/{}.json"}}]}})",
        hub_.cdn().url("/speech/ears.zip"), kVoice, kVoice);
    const auto tier = [&speech](const char* name, const char* model, double seconds) {
      return fmt::format(
          R"("{}": {{"requirements": {{"min_cpu_cores": 1}}, "expectations": {{"llm_latency_sec": {}}},
             "models": {{"llm": {{"name": "{}-Q8_0.gguf", "url": "hf://user/{}-GGUF/{}-Q8_0.gguf"}}, {}}}}})",
          name, seconds, model, model, model, speech);
    };
    write_text(registry_, fmt::format(R"({{"schema": "tokcast.registry/1", "tiers": {{{}, {},
             "MINIMAL": {{"recommendation": "Hybrid.", "models": {{"llm": null, {}}}}}}}}})",
                                      tier("HEAVY_CPU", "large", heavy_seconds),
                                      tier("LIGHT_CPU", "small", light_seconds), speech));
  }

  ChildResult setup(std::vector<std::string> more = {"--yes"}) {
    std::vector<std::string> arguments{"setup", "--registry", registry_, "--env", env_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return tokcast(arguments);
  }
  Json setup_json() {
    const ChildResult result = setup({"--yes", "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.standard_error << result.standard_output;
    return parsed(result);
  }

  EnvFile env() const { return EnvFile::parse(read_text(env_), env_).value(); }

  // Every file below the home with what tells whether it was touched; links and what `except` begins are left
  // out.
  std::map<std::string, std::string> snapshot(const std::vector<std::string>& except = {}) const {
    std::map<std::string, std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home_.path())) {
      const std::string path = entry.path().lexically_relative(home_.path());
      const bool left_out =
          std::ranges::any_of(except, [&path](const std::string& begin) { return path.starts_with(begin); });
      if (left_out || !entry.is_regular_file()) continue;
      out[path] = fmt::format("{} {}", entry.file_size(), entry.last_write_time().time_since_epoch().count());
    }
    return out;
  }
  void expect_whole() const {
    for (const char* key : {"LOCAL_LLM_MODEL_PATH", "LOCAL_STT_MODEL_PATH", "LOCAL_TTS_MODEL_PATH"}) {
      const auto path = env().get(key);
      ASSERT_TRUE(path) << key;
      EXPECT_TRUE(std::filesystem::exists(*path)) << *path;
    }
  }

  TestHub hub_{};
  std::string registry_ = home_ / "registry.json";
  std::string env_ = home_ / "server/.env";
  std::string config_ = home_ / ".config/tokcast/config.toml";
};

TEST_F(SetupCli, DoesTheWholeJob) {
  const ChildResult result = setup({"--yes", "--json"});
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
  const ChildResult stopped = run({"timeout", "--foreground", "--preserve-status", "-s", "INT", "4",
                                   TOKCAST_BINARY, "setup", "--registry", registry_, "--env", env_, "--yes"});
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
  use_engine({.misbehave = "case \"$*\" in *snapshots*) echo 'error: no' >&2; exit 1 ;; esac"});
  const ChildResult failed = setup();
  EXPECT_EQ(failed.exit_code, 1) << failed.standard_output;
  EXPECT_FALSE(std::filesystem::exists(env_));
  use_engine({});
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

TEST_F(SetupCli, ABrokenPromiseIsSaidAndTheNextTierTried) {
  write_registry(5, 100);
  write_fake_engine(home_ / "slow", {.speed = {.overhead_ns = 400'000'000}});
  use_engine({.misbehave = fmt::format("case \"$*\" in *large-Q8_0*) exec '{}' \"$@\" ;; esac",
                                       home_ / "slow/llama-bench")});
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

// The story: what an installer got wrong, before a byte is fetched.
TEST_F(SetupCli, TheStorysServerGetsAModelThatKeepsItsTimeAndACardALargerOne) {
  const ChildResult server = tokcast({"setup", "--dry-run", "--json", "--machine", story("story-server")});
  EXPECT_EQ(server.exit_code, 0) << server.standard_error;
  EXPECT_EQ(schema_findings("setup", server.standard_output), "");
  const auto chosen = [](const Json& document) {
    for (const Json& tier : document["tiers"]) {
      if (tier["tier"] == document["chosen"]) return tier["forecast"];
    }
    return Json();
  };
  const Json on_server = chosen(parsed(server));
  EXPECT_LE(on_server["turn_seconds"]["high"], 10);
  const ChildResult desktop =
      tokcast({"setup", "--dry-run", "--json", "--machine", "8c avx2 2x ddr5-5600 32GiB gpu RTX 4090"});
  EXPECT_EQ(desktop.exit_code, 0) << desktop.standard_error;
  EXPECT_EQ(parsed(desktop)["chosen"], "HEAVY_GPU");
  EXPECT_GT(chosen(parsed(desktop))["model"]["parameters"], on_server["model"]["parameters"]);
  const ChildResult old = tokcast({"setup", "--dry-run", "--json", "--registry", story("light-medium-heavy"),
                                   "--machine", story("story-server")});
  EXPECT_NE(parsed(old)["chosen"], "HEAVY");
  EXPECT_EQ(hub_.request_count(), 0U);
}

}  // namespace
}  // namespace tokcast
