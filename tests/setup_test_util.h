// A home in which `tokcast setup` finds a hub on loopback, an engine made of shell script, and a registry.
#ifndef TOKCAST_TESTS_SETUP_TEST_UTIL_H_
#define TOKCAST_TESTS_SETUP_TEST_UTIL_H_

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli_test_util.h"
#include "engine/fake_turns_test_util.h"
#include "fetch/test_archive_test_util.h"
#include "fetch/test_model_test_util.h"
#include "fetch/test_server_test_util.h"
#include "schema.h"
#include "setup/env_file.h"

namespace tokcast {

inline constexpr const char* kVoice = "en/voice.onnx";
// Said to have been trained for a longer context, so that every use fits.
inline TestFile model_for_conversations() {
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
    use({});
    set("HF_ENDPOINT", hub_.endpoint());
    for (const char* variable :
         {"MODEL_ENDPOINT", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "HF_HUB_OFFLINE", "LLAMA_CACHE",
          "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_STATE_HOME", "OLLAMA_MODELS"}) {
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

  // An engine that knows turns; what `fake.misbehave` does comes first.
  void use(FakeEngine fake) {
    fake.help = help_;
    fake.misbehave += kTurnsAndSlowDays;
    use_engine(fake);
  }
  // Of models in files with this word in their names a token takes 0.4 s.
  void use_engine_slow_with(const std::string& word) {
    write_fake_engine(
        home_ / "slow",
        {.speed = {.overhead_ns = 400'000'000}, .help = help_, .misbehave = std::string(kTurnsAndSlowDays)});
    use({.misbehave = fmt::format("case \"$*\" in *{}*) exec '{}' \"$@\" ;; esac\n", word,
                                  home_ / "slow/llama-bench")});
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

  std::vector<std::string> setup_arguments(const std::vector<std::string>& more) const {
    std::vector<std::string> out{"setup", "--registry", registry_, "--env", env_};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  ChildResult setup(const std::vector<std::string>& more = {"--yes"}) {
    return tokcast(setup_arguments(more));
  }
  // Stopped by Control-C if it has not ended by then.
  ChildResult setup_stopped_after(const std::string& seconds) {
    std::vector<std::string> arguments{"timeout", "--foreground", "--preserve-status", "-s",
                                       "INT",     seconds,        TOKCAST_BINARY};
    const auto own = setup_arguments({"--yes"});
    arguments.insert(arguments.end(), own.begin(), own.end());
    return run(arguments);
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

  const std::string help_ = help_with_turns();
  TestHub hub_{};
  std::string registry_ = home_ / "registry.json";
  std::string env_ = home_ / "server/.env";
  std::string config_ = home_ / ".config/tokcast/config.toml";
};

}  // namespace tokcast

#endif  // TOKCAST_TESTS_SETUP_TEST_UTIL_H_
