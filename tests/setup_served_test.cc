// What `tokcast setup` wrote is what `tokcast serve` starts from.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "remote_server_test_util.h"
#include "serve_test_util.h"
#include "setup_test_util.h"

namespace tokcast {
namespace {

class SetUpAndServed : public ServeProcess {
 protected:
  SetUpAndServed() {
    use_engine({.help = help_, .misbehave = kTurnsAndSlowDays});
    set("HF_ENDPOINT", hub_.endpoint());
    for (const char* variable : {"MODEL_ENDPOINT", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "HF_HUB_OFFLINE",
                                 "LLAMA_CACHE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_STATE_HOME"}) {
      set(variable, "");
    }
    hub_.add("user/set-up-GGUF", "set-up-Q8_0.gguf", model_for_conversations());
    write_text(home_ / "registry.json",
               R"({"schema": "tokcast.registry/1", "tiers": {"LIGHT_CPU": {
                    "models": {"llm": {"name": "set-up-Q8_0.gguf",
                                       "url": "hf://user/set-up-GGUF/set-up-Q8_0.gguf"}}}}})");
    model_.clear();  // nothing is named: what was set up is served
  }

  const std::string help_ = help_with_turns();
  TestHub hub_{};
};

TEST_F(SetUpAndServed, TheEnvFileNamesTheFileThatIsServed) {
  const ChildResult result = tokcast(
      {"setup", "--use", "chat", "--registry", home_ / "registry.json", "--env", home_ / ".env", "--yes"});
  ASSERT_EQ(result.exit_code, 0) << result.standard_error << result.standard_output;
  const EnvFile env = EnvFile::parse(read_text(home_ / ".env"), ".env").value();
  const std::string path = env.get("LOCAL_LLM_MODEL_PATH").value_or("");
  EXPECT_TRUE(std::filesystem::is_regular_file(path)) << path;
  start_ready();
  EXPECT_TRUE(contains(ask(port_, "GET", "/v1/models").body, "\"set-up-Q8_0\""));
  EXPECT_EQ(ask(port_, "POST", "/v1/chat/completions", chat_body("say 1 0", false)).status, 200);
  // The engine was started with that file, and as many threads.
  std::string command = read_text("/proc/" + std::to_string(engine_pid()) + "/cmdline");
  std::ranges::replace(command, '\0', ' ');
  EXPECT_TRUE(contains(command, "--model " + path + " ")) << command;
  EXPECT_TRUE(contains(command, "--threads " + env.get("LOCAL_LLM_THREADS").value_or("?") + " ")) << command;
  EXPECT_TRUE(contains(command, "--ctx-size " + env.get("LOCAL_LLM_CONTEXT").value_or("?") + " ")) << command;
}

TEST_F(SetUpAndServed, HybridHandsTurnsToTheServerThatTheUserNames) {
  write_text(home_ / "registry.json",
             R"({"schema": "tokcast.registry/1", "tiers": {"MINIMAL": {"models": {"llm": null}}}})");
  const ChildResult result = tokcast(
      {"setup", "--use", "chat", "--registry", home_ / "registry.json", "--env", home_ / ".env", "--yes"});
  ASSERT_EQ(result.exit_code, 21) << result.standard_error << result.standard_output;
  EXPECT_TRUE(contains(result.standard_output, "[remote]")) << result.standard_output;
  const ChildResult without = tokcast({"serve", "--port", "0"});
  EXPECT_EQ(without.exit_code, 33) << without.standard_error;
  EXPECT_TRUE(contains(without.standard_error, "[remote]")) << without.standard_error;
  const RemoteServer elsewhere(home_ / "engine.log");
  const std::string config = home_ / ".config/tokcast/config.toml";
  const std::string part = "[remote]\nurl = \"" + elsewhere.url() + "\"\nmodel = \"theirs\"\n";
  write_text(config, read_text(config) + part);
  start_ready();
  EXPECT_TRUE(contains(ask(port_, "GET", "/v1/models").body, "\"theirs\""));
  EXPECT_EQ(ask(port_, "POST", "/v1/chat/completions", chat_body("say 1 0", false)).status, 200);
  // Setting up again leaves the user's part alone.
  ASSERT_EQ(tokcast({"setup", "--use", "chat", "--registry", home_ / "registry.json", "--env", home_ / ".env",
                     "--yes"})
                .exit_code,
            21);
  EXPECT_TRUE(contains(read_text(config), part));
}

}  // namespace
}  // namespace tokcast
