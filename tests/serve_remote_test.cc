// A server elsewhere as the engine: the same answers, refusals and cancels, and a key that nobody sees.
#include <gtest/gtest.h>

#include <filesystem>

#include "remote_server_test_util.h"
#include "serve_test_util.h"

namespace tokcast {
namespace {

constexpr const char* kChat = "/v1/chat/completions";

class ServeRemote : public ServeProcess {
 protected:
  ServeRemote() { model_.clear(); }  // nothing is served from here

  void start_remote() {
    start_ready({"--remote", elsewhere_.url(), "--remote-model", "theirs", "--log", home_ / "log"},
                {{"TOKCAST_REMOTE_KEY", "sesame"}});
  }
  void configure(const std::string& more) {
    std::filesystem::create_directories(home_ / ".config/tokcast");
    write_text(config_, "[remote]\nurl = '" + elsewhere_.url() + "'\nmodel = 'theirs'\n" + more);
  }
  void write_key(std::filesystem::perms mode) {
    write_text(home_ / ".config/tokcast/key", "sesame\n");
    std::filesystem::permissions(home_ / ".config/tokcast/key", mode);
  }

  const std::string config_ = home_ / ".config/tokcast/config.toml";
  RemoteServer elsewhere_{home_ / "engine.log"};
};

TEST_F(ServeRemote, AnswersAsAModelOfItsOwnWould) {
  start_remote();
  EXPECT_TRUE(contains(ask(port_, "GET", "/v1/models").body, "\"theirs\""));
  EXPECT_TRUE(contains(ask(port_, "POST", kChat, chat_body("say 3 0", false)).body, "word0 word1 word2 "));
  EXPECT_TRUE(contains(ask(port_, "POST", kChat, chat_body("say 3 0", true)).body, "data: [DONE]"));
  TestWebSocket client(port_);
  client.say(R"({"type":"llm_request","text":"say 2 0"})");
  EXPECT_TRUE(contains(client.read_until("\"type\":\"llm_response\""), "word0 word1"));
}

TEST_F(ServeRemote, AClientThatHangsUpIsHungUpOnThereToo) {
  start_remote();
  TestConnection client(port_);
  const std::string body = chat_body("say 100000 20", true);
  client.send("POST " + std::string(kChat) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  client.read_until("word1");
  client.hang_up();
  EXPECT_TRUE(wait_for([&] { return engine_log() == "1 starts\n1 gone\n"; })) << engine_log();
}

TEST_F(ServeRemote, OneThatIsNotThereIsAnHonestErrorAndOneThatComesBackIsUsed) {
  start_remote();
  elsewhere_.stop();
  const TestAnswer answer = ask(port_, "POST", kChat, chat_body("say 1 0", false));
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.json()["error"]["code"], "engine_failed");
  elsewhere_.start();
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 1 0", false)).status, 200);
}

TEST_F(ServeRemote, TheKeyIsNowhereToBeRead) {
  start_remote();
  ask(port_, "POST", kChat, chat_body("say 1 0", false));
  ask(port_, "POST", kChat, chat_body("refuse", false));
  EXPECT_TRUE(wait_for([&] { return contains(read_text(home_ / "log"), "refused-by-engine"); }));
  const std::string everything = read_text(home_ / "log") + said() + ask(port_, "GET", "/metrics").body +
                                 ask(port_, "GET", "/readyz").body + ask(port_, "GET", "/v1/models").body;
  EXPECT_FALSE(contains(everything, "sesame"));
}

TEST_F(ServeRemote, WithoutArgumentsTheConfigurationSaysWhere) {
  configure("key_file = 'key'\n");
  write_key(std::filesystem::perms::owner_read);
  start_ready();
  EXPECT_TRUE(contains(ask(port_, "GET", "/v1/models").body, "\"theirs\""));
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 1 0", false)).status, 200);
  EXPECT_FALSE(contains(said(), "sesame"));
}

TEST_F(ServeRemote, AKeyThatOthersMayReadIsRefusedWhereverItsFileIsNamed) {
  configure("key_file = 'key'\n");
  write_key(std::filesystem::perms::owner_all | std::filesystem::perms::group_read);
  const std::vector<std::string> flags{"--remote", elsewhere_.url(),    "--remote-model",
                                       "theirs",   "--remote-key-file", home_ / ".config/tokcast/key"};
  for (const auto& more : {std::vector<std::string>(), flags}) {
    std::vector<std::string> arguments{"serve", "--port", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ChildResult result = tokcast(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.standard_error;
    EXPECT_TRUE(contains(result.standard_error, "chmod 600 ")) << result.standard_error;
  }
  configure("key_file = 'nowhere'\n");
  EXPECT_EQ(tokcast({"serve", "--port", "0"}).exit_code, 33);
}

TEST_F(ServeRemote, WhatTheConfigurationSaysWronglyIsNamedWithItsFile) {
  configure("");
  write_text(config_, "[remote]\nurl = 'http://api.example.org/v1'\nmodel = 'theirs'\n");
  const ChildResult plain = tokcast({"serve", "--port", "0"});
  EXPECT_EQ(plain.exit_code, 2) << plain.standard_error;
  EXPECT_TRUE(contains(plain.standard_error, "config.toml")) << plain.standard_error;
  configure("key = 'sesame'\n");
  const ChildResult key = tokcast({"serve", "--port", "0"});
  EXPECT_EQ(key.exit_code, 34) << key.standard_error;
  EXPECT_FALSE(contains(key.standard_error, "sesame"));
}

TEST_F(ServeRemote, EveryTurnsStagesAreKept) {
  set("XDG_STATE_HOME", "");
  start_remote();
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 2 0", true)).status, 200);
  const auto stages = [&] {
    return parse_json(tokcast({"promises", "--json"}).standard_output, "promises").value_or(Json())["stages"];
  };
  ASSERT_TRUE(wait_for([&] { return stages().size() == 1; })) << stages();
  EXPECT_EQ(stages()[0]["by"], "theirs");
  EXPECT_EQ(stages()[0]["kind"], "turn");
}

TEST_F(ServeRemote, AKeyInTheUrlOrAWayThatOthersHearIsRefused) {
  for (const char* url : {"https://sesame@api.example.org/v1", "http://api.example.org/v1"}) {
    const ChildResult result = tokcast({"serve", "--remote", url, "--remote-model", "theirs"});
    EXPECT_EQ(result.exit_code, 2) << url << result.standard_error;
    EXPECT_FALSE(contains(result.standard_error, "sesame"));
  }
}

}  // namespace
}  // namespace tokcast
