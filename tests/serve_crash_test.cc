// Ends that nobody was prepared for: of the engine, of the server.
#include <gtest/gtest.h>

#include "serve_test_util.h"

namespace tokcast {
namespace {

constexpr const char* kChat = "/v1/chat/completions";

class ServeCrash : public ServeProcess {
 protected:
  void kill_server() {
    kill(server_->pid(), SIGKILL);
    EXPECT_EQ(wait_for_end().term_signal, SIGKILL);
  }
  int turn_done() { return ask(port_, "POST", kChat, chat_body("say 3 0", false)).status; }
  // Of promise 1; -1: the ledger cannot be read.
  int kept_turns() {
    const ChildResult shown = tokcast({"promises", "show", "1", "--json"});
    const auto json = parse_json(shown.standard_output, "promises show");
    return json && json->contains("actuals") ? static_cast<int>((*json)["actuals"].size()) : -1;
  }
};

TEST_F(ServeCrash, AnEngineKilledInMidReplyIsAnHonestErrorAndTheNextRequestWorks) {
  start_ready();
  const TestAnswer stream = ask(port_, "POST", kChat, chat_body("die 2", true));
  EXPECT_EQ(stream.status, 200);
  EXPECT_TRUE(contains(stream.body, "word1"));
  EXPECT_TRUE(contains(stream.body, "\"code\":\"engine_failed\"")) << stream.body;
  EXPECT_FALSE(contains(stream.body, "[DONE]"));
  // It is ready still where nobody has noticed yet.
  ASSERT_TRUE(wait_for([&] { return metric("tokcast_engine_starts_total") == 2; })) << said();
  ASSERT_TRUE(wait_until_ready()) << said();
  const TestAnswer whole = ask(port_, "POST", kChat, chat_body("die 2", false));
  EXPECT_EQ(whole.status, 502);
  EXPECT_EQ(whole.json()["error"]["code"], "engine_failed");
  EXPECT_TRUE(wait_for([&] { return metric("tokcast_engine_starts_total") == 3; })) << said();
  EXPECT_TRUE(contains(said(), "the engine was killed by signal 9"));
  EXPECT_TRUE(wait_for([&] { return turn_done() == 200; })) << said();
  EXPECT_TRUE(contains(ask(port_, "GET", "/readyz").body, "killed by signal 9"));
}

TEST_F(ServeCrash, AWebSocketIsToldOfTheEnginesEndAndKeepsWhatCameBefore) {
  start_ready();
  TestWebSocket client(port_);
  client.say(R"({"type":"llm_request","text":"die 2","stream":true,"request_id":"r"})");
  const std::string told = client.read_until("\"partial_text\":\"word0 word1 \"");
  EXPECT_TRUE(contains(told, "\"code\":\"engine_failed\"")) << told;
  EXPECT_TRUE(contains(told, "\"partial_text\":\"word0 word1 \"")) << told;
  ASSERT_TRUE(wait_for([&] { return turn_done() == 200; })) << said();
  client.say(R"({"type":"llm_request","text":"say 1 0","request_id":"again"})");
  EXPECT_TRUE(contains(client.read_until("llm_response"), "llm_response"));
}

TEST_F(ServeCrash, AServerKilledInMidReplyLeavesNoEngineAndFreesItsPort) {
  start_ready();
  const int engine = engine_pid();
  ASSERT_GT(engine, 0);
  TestConnection client(port_);
  const std::string body = chat_body("say 100000 20", true);
  client.send("POST " + std::string(kChat) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  client.read_until("word1");
  kill_server();
  EXPECT_TRUE(wait_for([&] { return kill(engine, 0) != 0; }));
  EXPECT_FALSE(contains(client.read_until(""), "[DONE]"));
  start_ready();
  EXPECT_EQ(turn_done(), 200);
  // What the killed one could not clear away, its successor has.
  const auto left = std::filesystem::directory_iterator(home_ / "run");
  EXPECT_EQ(std::distance(begin(left), end(left)), 1);
}

TEST_F(ServeCrash, TheLedgerKeepsEveryTurnThatEndedBeforeTheServerWasKilled) {
  set("XDG_STATE_HOME", "");
  ASSERT_EQ(tokcast({"rehearse", model_}).exit_code, 0);
  ASSERT_EQ(tokcast({"promises", "accept", model_}).exit_code, 0);
  start_ready();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(turn_done(), 200);
  ASSERT_TRUE(wait_for([&] { return kept_turns() == 3; })) << kept_turns() << said();
  TestConnection client(port_);
  const std::string body = chat_body("say 100000 20", true, ",\"deadline_seconds\":600");
  client.send("POST " + std::string(kChat) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  client.read_until("word1");
  kill_server();
  EXPECT_EQ(kept_turns(), 3);
  start_ready();
  ASSERT_EQ(turn_done(), 200);
  EXPECT_TRUE(wait_for([&] { return kept_turns() == 4; })) << kept_turns() << said();
}

}  // namespace
}  // namespace tokcast
