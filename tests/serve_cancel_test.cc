// What ends a turn before its time reaches the engine: its slot is free, and the next turn is right.
#include <gtest/gtest.h>

#include "serve_test_util.h"

namespace tokcast {
namespace {

constexpr const char* kChat = "/v1/chat/completions";
constexpr const char* kEndless = "say 100000 20";  // for half an hour

class ServeCancel : public ServeProcess {
 protected:
  void start_logged() { start_ready({}, {{"FAKE_LOG", home_ / "engine.log"}}); }

  static void ask_for_ever(const TestConnection& client, bool stream = true) {
    const std::string body = chat_body(kEndless, stream, ",\"deadline_seconds\":600");
    client.send("POST " + std::string(kChat) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  // Its slot is given back before anything else is asked of the engine, and then serves the next.
  void expect_freed(int turn) {
    const std::string name = std::to_string(turn);
    EXPECT_TRUE(wait_for([&] { return contains(engine_log(), name + " gone\n"); })) << engine_log();
    EXPECT_TRUE(engine_log().ends_with(name + " starts\n" + name + " gone\n")) << engine_log();
    EXPECT_EQ(metric("tokcast_running_turns"), 0);
    EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 1 0", false)).status, 200);
    EXPECT_TRUE(wait_for([&] { return engine_log().ends_with(std::to_string(turn + 1) + " done\n"); }))
        << engine_log();
  }
};

TEST_F(ServeCancel, AClientThatHangsUpFreesTheSlot) {
  start_logged();
  int turn = 1;
  for (const bool stream : {true, false}) {
    TestConnection client(port_);
    ask_for_ever(client, stream);
    if (stream) {
      client.read_until("word1");
    } else {
      ASSERT_TRUE(wait_for([&] { return metric("tokcast_running_turns") == 1; }));
    }
    client.hang_up();
    expect_freed(turn);
    turn += 2;
  }
  EXPECT_EQ(metric("tokcast_turns_total{outcome=\"cancelled\"}"), 2);
}

TEST_F(ServeCancel, AWebSocketThatGoesFreesTheSlot) {
  start_logged();
  TestWebSocket client(port_);
  client.say(R"({"type":"llm_request","text":"say 100000 20","stream":true,"deadline_seconds":600})");
  client.read_until("word1");
  client.hang_up();
  expect_freed(1);
}

TEST_F(ServeCancel, ABargeInFreesTheSlotAndNothingOfTheTurnIsHeardAfterIt) {
  start_logged();
  TestWebSocket client(port_);
  client.say(R"({"type":"llm_request","text":"say 100000 20","stream":true,"deadline_seconds":600})");
  client.read_until("word1");
  client.say(R"({"type":"barge_in","request_id":"stop"})");
  client.read_until("barge_in_ack");
  expect_freed(1);
  client.say(R"({"type":"capabilities"})");
  const std::string all = client.read_until("capabilities_response");
  const std::string after = all.substr(all.find("barge_in_ack"));
  EXPECT_FALSE(contains(after, "llm_token")) << after;
  EXPECT_FALSE(contains(after, "llm_response")) << after;
}

TEST_F(ServeCancel, ADeadlineThatPassesFreesTheSlot) {
  start_logged();
  const TestAnswer whole = ask(port_, "POST", kChat, chat_body(kEndless, false, ",\"deadline_seconds\":3"));
  EXPECT_EQ(whole.status, 504) << whole.body;
  expect_freed(1);
}

TEST_F(ServeCancel, AStreamThatMissesItsDeadlineEndsWithAnErrorAndNoDone) {
  start_logged();
  const TestAnswer stream = ask(port_, "POST", kChat, chat_body(kEndless, true, ",\"deadline_seconds\":3"));
  EXPECT_EQ(stream.status, 200);
  EXPECT_TRUE(contains(stream.body, "word1"));
  EXPECT_TRUE(contains(stream.body, "\"code\":\"deadline\"")) << stream.body;
  EXPECT_FALSE(contains(stream.body, "[DONE]"));
  expect_freed(1);
}

// It waits in our queue, where the engine never sees it.
TEST_F(ServeCancel, WhoGoesWhileItWaitsNeverReachesTheEngine) {
  start_logged();
  TestConnection first(port_);
  ask_for_ever(first);
  first.read_until("word1");
  TestConnection second(port_);
  ask_for_ever(second);
  ASSERT_TRUE(wait_for([&] { return metric("tokcast_queued_turns") == 1; }));
  second.hang_up();
  ASSERT_TRUE(wait_for([&] { return metric("tokcast_queued_turns") == 0; }));
  first.hang_up();
  expect_freed(1);
}

}  // namespace
}  // namespace tokcast
