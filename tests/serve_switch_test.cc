// Other models, and the same one again: the old engine answers until the new one does.
#include <gtest/gtest.h>

#include <filesystem>

#include "serve_test_util.h"

namespace tokcast {
namespace {

constexpr const char* kChat = "/v1/chat/completions";

class ServeSwitch : public ServeProcess {
 protected:
  ServeSwitch() : other_(home_ / "other.gguf") { std::filesystem::copy_file(model_, other_); }

  std::string switch_to(const std::string& path) const {
    return R"({"type":"switch_model","llm_config":{"model_path":")" + path + R"("}})";
  }

  std::string other_;
};

TEST_F(ServeSwitch, AReloadLoadsTheNewEngineWhileTheOldOneAnswers) {
  start_ready({}, {{"FAKE_LOAD_MS", "1500"}});
  const int before = engine_pid();
  TestWebSocket client(port_);
  client.say(R"({"type":"reload_llm","request_id":"r"})");
  // Two engines: the old one, which answers, and the one that loads.
  ASSERT_TRUE(wait_for([&] { return engine_pids().size() == 2; })) << said();
  EXPECT_EQ(ask(port_, "GET", "/readyz").status, 200);
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 1 0", false)).status, 200);
  EXPECT_FALSE(contains(client.got(), "reload_response"));
  EXPECT_TRUE(contains(client.read_until("\"type\":\"reload_response\""), "\"status\":\"success\""));
  ASSERT_TRUE(wait_for([&] { return engine_pids().size() == 1; })) << said();
  EXPECT_NE(engine_pid(), before);
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 1 0", false)).status, 200);
}

TEST_F(ServeSwitch, ATurnThatRunsEndsOnTheEngineThatBeganIt) {
  start_ready();
  TestConnection turn(port_);
  const std::string body = chat_body("say 60 30", true);
  turn.send("POST " + std::string(kChat) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body);
  turn.read_until("word1");
  TestWebSocket client(port_);
  client.say(switch_to(other_));
  EXPECT_TRUE(contains(client.read_until("\"type\":\"switch_response\""), "\"status\":\"success\""));
  EXPECT_TRUE(contains(ask(port_, "GET", "/v1/models").body, "\"other\""));
  EXPECT_TRUE(contains(turn.read_until("[DONE]"), "word59")) << turn.got();
  EXPECT_TRUE(contains(turn.got(), "[DONE]"));
  EXPECT_TRUE(wait_for([&] { return engine_pids().size() == 1; })) << said();
}

TEST_F(ServeSwitch, AModelThatDoesNotLoadLeavesTheOldOneServing) {
  start_ready({}, {{"FAKE_FAIL", "error: this model is no model"}, {"FAKE_FAIL_FOR", "other.gguf"}});
  const int before = engine_pid();
  TestWebSocket client(port_);
  client.say(switch_to(other_));
  const std::string answer = client.read_until("\"type\":\"switch_response\"");
  EXPECT_TRUE(contains(answer, "\"status\":\"error\"")) << answer;
  EXPECT_TRUE(contains(answer, "this model is no model")) << answer;
  EXPECT_EQ(engine_pid(), before);
  EXPECT_TRUE(contains(ask(port_, "GET", "/v1/models").body, "\"small\""));
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 1 0", false)).status, 200);
}

TEST_F(ServeSwitch, AnotherFoldersModelsAreNotOpened) {
  start_ready();
  TestWebSocket client(port_);
  client.say(switch_to("/etc/hostname"));
  const std::string answer = client.read_until("\"type\":\"switch_response\"");
  EXPECT_TRUE(contains(answer, "\"status\":\"error\"")) << answer;
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 1 0", false)).status, 200);
}

}  // namespace
}  // namespace tokcast
