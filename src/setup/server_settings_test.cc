#include "setup/server_settings.h"

#include <gtest/gtest.h>

#include <string>

namespace tokcast {
namespace {

ServerSettings some() {
  ServerSettings out{.use = "voice",
                     .tier = "LIGHT_CPU",
                     .model = "some-model:Q4_K_M",
                     .files = {"/m/llm.gguf", "/m/stt", "/m/tts.onnx"},
                     .language = "en",
                     .threads = 2,
                     .context_tokens = 2048,
                     .max_tokens = 30,
                     .budget = Seconds(10)};
  TurnForecast turn;
  turn.turn = {Seconds(4), Seconds(5), Seconds(6.5)};
  set_timeouts(out, turn);
  return out;
}

TEST(ServerSettings, EachTimeoutIsLongerThanWhatItWaitsFor) {
  for (const double high : {0.05, 0.4, 1.0, 3.9, 7.99, 30.0, 400.0}) {
    ServerSettings settings;
    TurnForecast turn;
    turn.turn = {Seconds(high / 2), Seconds(high / 1.5), Seconds(high)};
    set_timeouts(settings, turn);
    EXPECT_GE(settings.server_timeout, Seconds(high * 1.25));
    EXPECT_GE(settings.server_timeout, Seconds(high + 1));
    EXPECT_GE(settings.client_timeout, settings.server_timeout + Seconds(2));
  }
}

TEST(ServerSettings, TheEnvFileNamesExactlyWhatWasDownloaded) {
  EnvFile file = *EnvFile::parse("LOCAL_LLM_MODEL_PATH=/old\nKEEP=1\n", "test");
  ASSERT_TRUE(edit_env(file, some()));
  EXPECT_EQ(file.text(),
            "LOCAL_LLM_MODEL_PATH=/m/llm.gguf\nKEEP=1\nLOCAL_STT_MODEL_PATH=/m/stt\n"
            "LOCAL_TTS_MODEL_PATH=/m/tts.onnx\nLOCAL_LLM_THREADS=2\nLOCAL_LLM_CONTEXT=2048\n"
            "LOCAL_LLM_MAX_TOKENS=30\nLOCAL_LLM_GPU_LAYERS=0\nLOCAL_LLM_INFER_TIMEOUT_SEC=9\n"
            "LOCAL_WS_RESPONSE_TIMEOUT=12\n");
  ServerSettings hybrid{.files = {.recognition = "/m/stt"}};
  EXPECT_EQ(env_values(hybrid).size(), 1U);
}

TEST(ServerSettings, TheConfigurationKeepsWhatIsTheUsers) {
  const std::string mine = "listen = \"127.0.0.1:1\"\n\n[mine]\nkey = 1";
  const auto first = with_config_part(mine, some());
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->starts_with(mine + "\n\n# >>> tokcast setup"));
  EXPECT_NE(first->find("model_path = \"/m/llm.gguf\"\n"), std::string::npos);
  EXPECT_EQ(with_config_part(*first, some()), *first);
  ServerSettings other = some();
  other.threads = 8;
  const auto second = with_config_part(*first + "# mine as well\n", other);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->starts_with(mine));
  EXPECT_TRUE(second->ends_with("# mine as well\n"));
  EXPECT_NE(second->find("threads = 8\n"), std::string::npos);
  EXPECT_EQ(second->find("threads = 2\n"), std::string::npos);
}

TEST(ServerSettings, AConfigurationWithOneMarkIsRefused) {
  const auto whole = with_config_part("", some());
  ASSERT_TRUE(whole);
  const auto end = whole->find("# <<<");
  EXPECT_EQ(with_config_part(whole->substr(0, end), some()).error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(with_config_part(whole->substr(end), some()).error().kind, ErrorKind::kBadInput);
}

TEST(ServerSettings, TextsAreEscaped) {
  ServerSettings settings = some();
  settings.files.llm = "/a \"b\"\\c\n";
  EXPECT_NE(config_part(settings).find(R"(model_path = "/a \"b\"\\c\u000A")"), std::string::npos)
      << config_part(settings);
}

}  // namespace
}  // namespace tokcast
