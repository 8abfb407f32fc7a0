#include "setup/served_config.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "setup/server_settings.h"

namespace tokcast {
namespace {

ServerSettings some_settings() {
  ServerSettings out;
  out.files.llm = "/models/a \"quoted\" name.gguf";
  out.threads = 3;
  out.context_tokens = 2048;
  out.budget = Seconds(10);
  return out;
}

TEST(ServedConfig, ReadsWhatSetupWrote) {
  const auto read = served_config(config_part(some_settings()), "config.toml");
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(read->model_path, "/models/a \"quoted\" name.gguf");
  EXPECT_EQ(read->threads, 3U);
  EXPECT_EQ(read->context_tokens, 2048U);
  EXPECT_EQ(read->turn_budget, Seconds(10));
}

TEST(ServedConfig, LeavesUntoldWhatIsNotThere) {
  const auto read =
      served_config("[llm]\nmodel_path = '/m.gguf'\n[of_others]\nthreads = 'many'\n", "config.toml");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->threads || read->context_tokens || read->turn_budget);
}

TEST(ServedConfig, TellsWhoListensAndWhoSpeaks) {
  ServerSettings settings = some_settings();
  settings.files.synthesis = "/models/en_US-lessac-high.onnx";
  const auto read = served_config(config_part(settings) + R"(
[speech.whisper]
model = "/models/ggml-base.en.bin"
language = "en"
[speech.piper]
program = "/opt/piper/piper"
voices = ["/v/a.onnx", "/v/b.onnx"]
)",
                                  "config.toml");
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(read->speech.whisper_model, "/models/ggml-base.en.bin");
  EXPECT_EQ(read->speech.whisper_program, "");
  EXPECT_EQ(read->speech.whisper_language, "en");
  EXPECT_EQ(read->speech.piper_program, "/opt/piper/piper");
  EXPECT_EQ(read->speech.piper_voices, (std::vector<std::string>{"/v/a.onnx", "/v/b.onnx"}));
  EXPECT_EQ(read->speech.set_up_voice, "/models/en_US-lessac-high.onnx");
}

TEST(ServedConfig, NamesTheValueOfSpeechThatIsOfTheWrongKind) {
  for (const char* value : {"whisper = { model = 3 }", "piper = { program = [] }",
                            "piper = { voices = '/a' }", "piper = { voices = ['/a', 3] }"}) {
    const auto read =
        served_config(std::string("[llm]\nmodel_path = '/m.gguf'\n[speech]\n") + value, "config.toml");
    ASSERT_FALSE(read) << value;
    EXPECT_EQ(read.error().kind, ErrorKind::kBadInput);
  }
}

TEST(ServedConfig, SaysThatNothingWasSetUp) {
  for (const char* text :
       {"", "[llm]\nmodel = 'a'\n", "[llm]\nmodel_path = ''\n", "[llm]\nmodel_path = 3\n"}) {
    const auto read = served_config(text, "config.toml");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::kNotFound);
    EXPECT_NE(read.error().fix.find("tokcast setup"), std::string::npos);
  }
}

TEST(ServedConfig, ReadsAServerElsewhereBesideWhatSetupWrote) {
  ServerSettings hybrid = some_settings();
  hybrid.files.llm.clear();
  const std::string text = config_part(hybrid) +
                           "[remote]\nurl = 'https://api.example.org/v1'\nmodel = 'theirs'\n"
                           "key_file = 'remote-key'\n";
  const auto read = served_config(text, "/etc/tokcast/config.toml");
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(read->model_path, "");
  ASSERT_TRUE(read->remote);
  EXPECT_EQ(read->remote->url, "https://api.example.org/v1");
  EXPECT_EQ(read->remote->model, "theirs");
  EXPECT_EQ(read->remote->key_file, "/etc/tokcast/remote-key");
  const auto absolute =
      served_config("remote = {url = 'u', model = 'm', key_file = '/run/key'}", "/etc/tokcast/config.toml");
  ASSERT_TRUE(absolute);
  EXPECT_EQ(absolute->remote->key_file, "/run/key");
  const auto without = served_config("remote = {url = 'u', model = 'm'}", "config.toml");
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->remote->key_file);
}

TEST(ServedConfig, NamesWhatIsWrongWithAServerElsewhere) {
  const std::pair<const char*, const char*> wrong[] = {
      {"remote = 'https://api.example.org'", "not a table"},
      {"[[remote]]\nurl = 'u'\nmodel = 'm'", "not a table"},
      {"remote = {url = 'u'}", "remote.model is missing"},
      {"remote = {model = 'm'}", "remote.url is missing"},
      {"remote = {url = '', model = 'm'}", "remote.url is not a text"},
      {"remote = {url = 'u', model = 7}", "remote.model is not a text"},
      {"remote = {url = 'u', model = 'm', key = 'sesame'}", "key_file names a file"},
      {"remote = {url = 'u', model = 'm', keyfile = 'k'}", "remote.keyfile is not known"},
      {"remote = {url = 'u', model = 'm', \"\\u001b[31m\" = 'k'}", "is not known"},
  };
  for (const auto& [text, what] : wrong) {
    const auto read = served_config(std::string(text) + "\n[llm]\nmodel_path = '/m.gguf'\n", "config.toml");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::kBadInput) << text;
    EXPECT_NE(read.error().message.find(what), std::string::npos) << read.error().message;
    EXPECT_EQ(read.error().message.find("sesame"), std::string::npos);
    EXPECT_EQ(read.error().message.find('\x1b'), std::string::npos);
  }
}

TEST(ServedConfig, RefusesWhatIsNotToml) {
  const auto read = served_config("[llm]\nmodel_path = \x1b[31m\n", "config.toml");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kBadInput);
  EXPECT_NE(read.error().message.find("line 2"), std::string::npos) << read.error().message;
  EXPECT_EQ(read.error().message.find('\x1b'), std::string::npos);
}

TEST(ServedConfig, NamesTheValueThatIsOutOfRange) {
  for (const char* value :
       {"threads = 0", "threads = -1", "threads = 'two'", "threads = 1e300", "context_tokens = 99999999999",
        "promise = { budget_seconds = nan }", "promise = { budget_seconds = -1 }"}) {
    const auto read = served_config(std::string("[llm]\nmodel_path = '/m.gguf'\n") + value, "config.toml");
    ASSERT_FALSE(read) << value;
    EXPECT_EQ(read.error().kind, ErrorKind::kBadInput) << value;
    EXPECT_NE(read.error().message.find("llm."), std::string::npos) << read.error().message;
  }
}

}  // namespace
}  // namespace tokcast
