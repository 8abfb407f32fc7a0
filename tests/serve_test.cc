// The real executable serving: what it answers, refuses, survives and leaves behind.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "serve_test_util.h"

namespace tokcast {
namespace {

constexpr const char* kChat = "/v1/chat/completions";

using Serve = ServeProcess;

TEST_F(Serve, ListensAtOnceAndSaysLoadingUntilTheModelAnswers) {
  start({}, {{"FAKE_LOAD_MS", "1500"}});
  EXPECT_EQ(ask(port_, "GET", "/healthz").status, 200);
  const TestAnswer early = ask(port_, "GET", "/readyz");
  EXPECT_EQ(early.status, 503);
  EXPECT_EQ(early.json()["status"], "loading");
  const TestAnswer refused = ask(port_, "POST", kChat, chat_body("say 1 0", false));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.json()["error"]["code"], "not_ready");
  EXPECT_TRUE(contains(refused.head, "Retry-After: "));
  ASSERT_TRUE(wait_until_ready()) << said();
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 1 0", false)).status, 200);
}

TEST_F(Serve, AnswersChatsWholeAndAsAStream) {
  start_ready();
  const TestAnswer whole = ask(port_, "POST", kChat, chat_body("say 3 0", false));
  ASSERT_EQ(whole.status, 200) << whole.body;
  EXPECT_EQ(whole.json()["choices"][0]["message"]["content"], "word0 word1 word2 ");
  const TestAnswer stream = ask(port_, "POST", kChat, chat_body("say 3 0", true));
  EXPECT_EQ(stream.status, 200);
  EXPECT_TRUE(contains(stream.head, "text/event-stream"));
  EXPECT_TRUE(contains(stream.body, "word2"));
  EXPECT_TRUE(contains(stream.body, "data: [DONE]\n\n"));
  EXPECT_FALSE(contains(stream.body, "prompt_progress")) << "that is asked for the engine's sake";
  EXPECT_EQ(metric("tokcast_turns_total{outcome=\"done\"}"), 2);
  EXPECT_EQ(metric("tokcast_reply_tokens_total"), 6);
  const Json models = ask(port_, "GET", "/v1/models").json();
  EXPECT_EQ(models["data"][0]["id"], "small");
}

TEST_F(Serve, TellsOfThePromptsProgressWhomItWasAskedBy) {
  start_ready();
  const TestAnswer stream =
      ask(port_, "POST", kChat, chat_body("say 1 0", true, ",\"return_progress\":true"));
  EXPECT_TRUE(contains(stream.body, "prompt_progress")) << stream.body;
}

TEST_F(Serve, AWholeReplyThatTheEngineCutsIsAnError) {
  start_ready();
  const TestAnswer whole = ask(port_, "POST", kChat, chat_body("break 2", false));
  EXPECT_EQ(whole.status, 502);
  EXPECT_EQ(whole.json()["error"]["code"], "engine_failed") << whole.body;
}

TEST_F(Serve, AStreamThatTheEngineCutsIsAnErrorToo) {
  start_ready();
  const TestAnswer stream = ask(port_, "POST", kChat, chat_body("break 2", true));
  EXPECT_TRUE(contains(stream.body, "\"code\":\"engine_failed\"")) << stream.body;
}

TEST_F(Serve, AnEngineThatDoesNotStartIsNamedWithItsReason) {
  start({}, {{"FAKE_FAIL", "error: this model is no model"}});
  ASSERT_TRUE(
      wait_for([&] { return contains(ask(port_, "GET", "/readyz").body, "this model is no model"); }));
  const TestAnswer refused = ask(port_, "POST", kChat, chat_body("say 1 0", false));
  EXPECT_EQ(refused.status, 503);
}

TEST_F(Serve, EndsWithZeroOnceWhatRunsIsDone) {
  start_ready();
  TestConnection client(port_);
  const std::string body = chat_body("say 10 30", true);
  client.send("POST " + std::string(kChat) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  client.read_until("word0");
  kill(server_->pid(), SIGTERM);
  EXPECT_TRUE(contains(client.read_until("[DONE]"), "[DONE]"));
  EXPECT_EQ(wait_for_end().exit_code, 0) << said();
  EXPECT_TRUE(std::filesystem::is_empty(home_ / "run"));
}

TEST_F(Serve, WhatMissesItsDeadlineIsCut) {
  start_ready();
  const TestAnswer whole = ask(port_, "POST", kChat, chat_body("hang", false, ",\"deadline_seconds\":3"));
  EXPECT_EQ(whole.status, 504) << whole.body;
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 1 0", false)).status, 200);
}

TEST_F(Serve, AnEnginesEndlessAnswerIsCut) {
  start_ready();
  const TestAnswer answer = ask(port_, "POST", kChat, chat_body("flood", true));
  // Its head had gone out with the first event: the failure is the last one.
  EXPECT_EQ(answer.status, 200) << answer.body.substr(0, 200);
  EXPECT_TRUE(contains(answer.body, "engine_failed")) << answer.body.substr(0, 200);
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 1 0", false)).status, 200);
}

TEST_F(Serve, WithoutAModelItServesWhatWasSetUp) {
  std::filesystem::create_directories(home_ / ".config/tokcast");
  write_text(home_ / ".config/tokcast/config.toml",
             "[llm]\nmodel_path = '" + std::exchange(model_, "") + "'\nthreads = 1\ncontext_tokens = 512\n");
  start_ready();
  EXPECT_TRUE(contains(ask(port_, "GET", "/v1/models").body, "\"small\""));
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 1 0", false)).status, 200);
}

TEST_F(Serve, TheEnginesOwnRefusalIsHandedOn) {
  start_ready();
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("refuse", true)).status, 400);
}

TEST_F(Serve, BadRequestsAreRefusedWithTheRightStatus) {
  start_ready();
  EXPECT_EQ(ask(port_, "GET", "/nothing").status, 404);
  EXPECT_EQ(ask(port_, "GET", kChat).status, 405);
  EXPECT_EQ(ask(port_, "POST", kChat, "{}").status, 400);
  EXPECT_EQ(ask(port_, "POST", kChat, "nonsense").status, 400);
  EXPECT_EQ(ask(port_, "GET", "/healthz", "", "Host: b\r\n").status, 400);
  EXPECT_EQ(ask(port_, "GET", "/healthz", "", "X: " + std::string(20'000, 'x') + "\r\n").status, 431);
  EXPECT_EQ(ask(port_, "GET", "/healthz", "", "Origin: https://evil.example\r\n").status, 403);
  EXPECT_EQ(ask(port_, "POST", kChat, std::string(9 << 20, 'x')).status, 413);
  const std::string bomb =
      R"({"messages":[{"role":"user","content":"x"}],"tools":)" + std::string(20'000, '[');
  EXPECT_EQ(ask(port_, "POST", kChat, bomb).status, 400);
  TestConnection garbage(port_);
  garbage.send("\x16\x03\x01 nonsense\r\n\r\n");
  EXPECT_TRUE(garbage.read_until("").starts_with("HTTP/1.1 400"));
  TestConnection rebound(port_);
  rebound.send("GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_TRUE(rebound.read_until("\r\n\r\n").starts_with("HTTP/1.1 403"));
}

TEST_F(Serve, ATokenIsAskedForEverywhereButOnHealth) {
  start_ready({}, {{"TOKCAST_TOKEN", "secret"}});
  EXPECT_EQ(ask(port_, "GET", "/healthz").status, 200);
  EXPECT_EQ(ask(port_, "GET", "/metrics").status, 401);
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 1 0", false)).status, 401);
  EXPECT_EQ(ask(port_, "POST", kChat, chat_body("say 1 0", false), "Authorization: Bearer secret\r\n").status,
            200);
  std::ifstream in("/proc/" + std::to_string(engine_pid()) + "/environ", std::ios::binary);
  const std::string environment((std::istreambuf_iterator<char>(in)), {});
  EXPECT_FALSE(contains(environment, "secret"));
}

TEST_F(Serve, BeyondThisMachineATokenIsNeeded) {
  const ChildResult result = tokcast({"serve", model_, "--host", "0.0.0.0"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.standard_error, "--token-file"));
}

TEST_F(Serve, RequestsOfOneConnectionAreAnsweredInOrder) {
  start_ready();
  TestConnection client(port_);
  const std::string get = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send(get + get);
  client.send("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string text = client.read_until("");
  EXPECT_LT(text.find("\"ok\""), text.find("\"list\""));
  EXPECT_NE(text.find("\"ok\"", text.find("\"ok\"") + 1), std::string::npos);
}

// Tenfold load: each is answered, with a turn or with a refusal that says when to come back.
TEST_F(Serve, UnderTenfoldLoadEveryRequestGetsAnAnswer) {
  start_ready({"--budget", "2"});
  for (int i = 0; i < 6; ++i) ask(port_, "POST", kChat, chat_body("say 10 20", false));  // learns its pace
  std::vector<std::thread> clients;
  std::array<std::atomic<int>, 3> counts{};  // done, refused, anything else
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back([&] {
      const TestAnswer answer = ask(port_, "POST", kChat, chat_body("say 10 20", false));
      const bool refused = answer.status == 429 && contains(answer.head, "Retry-After");
      ++counts.at(answer.status == 200 ? 0 : (refused ? 1 : 2));
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(counts[2], 0);
  EXPECT_GE(counts[0], 3);
  EXPECT_GE(counts[1], 10);
  EXPECT_EQ(metric("tokcast_running_turns"), 0);
}

TEST_F(Serve, HalfOpenConnectionsAndAFrozenEngineDoNotHoldUpHealth) {
  start_ready();
  std::vector<std::unique_ptr<TestConnection>> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(std::make_unique<TestConnection>(port_));
    slow.back()->send("POST " + std::string(kChat) + " HTTP/1.1\r\nHost: loc");
  }
  const int engine = engine_pid();
  kill(engine, SIGSTOP);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(port_, "GET", "/healthz").status, 200);
  EXPECT_TRUE(wait_for([&] { return ask(port_, "GET", "/readyz").status == 503; }));
  EXPECT_EQ(ask(port_, "GET", "/readyz").json()["status"], "stuck");
  kill(engine, SIGCONT);
  EXPECT_TRUE(wait_until_ready());
}

}  // namespace
}  // namespace tokcast
