// A server elsewhere as the engine: the same answers, refusals and cancels, and a key that nobody sees.
#include <gtest/gtest.h>

#include "serve_test_util.h"

namespace tokcast {
namespace {

constexpr const char* kChat = "/v1/chat/completions";

int free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(descriptor, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  close(descriptor);
  return ntohs(address.sin_port);
}

class ServeRemote : public ServeProcess {
 protected:
  ServeRemote() {
    model_.clear();  // nothing is served from here
    start_elsewhere();
  }

  void start_elsewhere() {
    ChildOptions options{.arguments = {TOKCAST_FAKE_LLAMA_SERVER, "--port", std::to_string(elsewhere_port_)}};
    options.environment = {{"FAKE_LOG", home_ / "engine.log"}};
    auto started = BackgroundChild::start(options);
    ASSERT_TRUE(started) << describe(started.error());
    elsewhere_ = std::move(*started);
    ASSERT_TRUE(wait_for([&] { return TestConnection(elsewhere_port_).is_open(); }));
  }
  void start_remote() {
    start_ready({"--remote", "http://127.0.0.1:" + std::to_string(elsewhere_port_) + "/v1", "--remote-model",
                 "theirs", "--log", home_ / "log"},
                {{"TOKCAST_REMOTE_KEY", "sesame"}});
  }

  const int elsewhere_port_ = free_port();
  std::unique_ptr<BackgroundChild> elsewhere_{};
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
  elsewhere_->signal_group(SIGKILL);
  ASSERT_TRUE(wait_for([&] { return elsewhere_->end().has_value(); }));
  const TestAnswer answer = ask(port_, "POST", kChat, chat_body("say 1 0", false));
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.json()["error"]["code"], "engine_failed");
  start_elsewhere();
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

TEST_F(ServeRemote, AKeyInTheUrlOrAWayThatOthersHearIsRefused) {
  for (const char* url : {"https://sesame@api.example.org/v1", "http://api.example.org/v1"}) {
    const ChildResult result = tokcast({"serve", "--remote", url, "--remote-model", "theirs"});
    EXPECT_EQ(result.exit_code, 2) << url << result.standard_error;
    EXPECT_FALSE(contains(result.standard_error, "sesame"));
  }
}

}  // namespace
}  // namespace tokcast
