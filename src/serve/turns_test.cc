#include "serve/turns.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tokcast {
namespace {

// An engine whose answers the test writes.
class FakeClient : public EngineClient {
 public:
  struct Call : EngineCall {
    Call(FakeClient& client, int call_number) : owner(client), number(call_number) {}
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() override { owner.calls.erase(number); }
    FakeClient& owner;
    int number;
  };
  std::unique_ptr<EngineCall> call(EngineRequest request, EngineEvents events) override {
    bodies.push_back(request.body);
    calls[++number] = std::move(events);
    return std::make_unique<Call>(*this, number);
  }
  void stream(int which, const std::string& text) {
    calls.at(which).head(200, "text/event-stream");
    say(which, text);
  }
  void say(int which, const std::string& text) {
    const auto body = calls.at(which).body;
    body(text);
  }
  void end(int which, std::optional<Error> error = {}) {
    const auto end = calls.at(which).end;
    end(std::move(error));
  }

  std::map<int, EngineEvents> calls{};
  std::vector<std::string> bodies{};
  int number = 0;
};

class TurnsTest : public testing::Test {
 protected:
  TurnsTest() { set_phase(EnginePhase::kReady); }

  void set_phase(EnginePhase phase) { turns_.set_engine({.phase = phase, .reason = "it crashed"}); }

  std::expected<Turns::Id, TurnFailure> start(const std::string& name, double deadline = 100) {
    TurnRequest request{.client = name, .deadline = Seconds(deadline), .body = name, .stream = true};
    TurnEvents events;
    events.event = [this, name](std::string_view data) { log_ += name + ":" + std::string(data) + " "; };
    events.answer = [this, name](unsigned status, const std::string& body) {
      log_ += name + "=" + std::to_string(status) + body + " ";
    };
    events.end = [this, name](const std::optional<TurnFailure>& failure) {
      log_ += name + (failure ? "!" + std::string(fault_name(failure->fault)) : std::string(".")) + " ";
    };
    events.settled = [this, name](const TurnRecord& record) {
      settled_ += name + ":" + record.outcome + (record.was_started ? " " : "(never started) ");
    };
    return turns_.start(std::move(request), std::move(events));
  }
  // Lets the loop do what was posted.
  void settle(double seconds = 0.01) {
    const auto stop = loop_.after(Seconds(seconds), [this] { loop_.stop(); });
    loop_.run();
  }

  Loop loop_{};
  FakeClient client_{};
  Metrics metrics_{};
  std::vector<TurnRecord> records_{};
  std::string log_{};
  std::string settled_{};
  Turns turns_{loop_, client_, metrics_,
               {},    1,       [this](const TurnRecord& record) { records_.push_back(record); }};
};

TEST_F(TurnsTest, AStreamIsRelayedAndAccounted) {
  ASSERT_TRUE(start("a"));
  settle();
  client_.stream(1,
                 "data: {\"content\":\"x\"}\n\ndata: "
                 "{\"timings\":{\"prompt_n\":3,\"cache_n\":2,\"predicted_n\":4}}\n\n");
  client_.say(1, "data: [DONE]\n\n");
  client_.end(1);
  EXPECT_EQ(
      log_,
      "a:{\"content\":\"x\"} a:{\"timings\":{\"prompt_n\":3,\"cache_n\":2,\"predicted_n\":4}} a:[DONE] a. ");
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].outcome, "done");
  EXPECT_EQ(records_[0].size->prompt_tokens, 5U);
  EXPECT_EQ(records_[0].size->reply_tokens, 4U);
  EXPECT_TRUE(records_[0].first_token);
  EXPECT_EQ(metrics_.value(Counter::kPromises, "yes"), 1);
}

TEST_F(TurnsTest, TheSecondWaitsForTheFirst) {
  ASSERT_TRUE(start("a"));
  ASSERT_TRUE(start("b"));
  settle();
  EXPECT_EQ(client_.bodies, std::vector<std::string>{"a"});
  client_.stream(1, "data: [DONE]\n\n");
  client_.end(1);
  EXPECT_EQ(client_.bodies, (std::vector<std::string>{"a", "b"}));
}

TEST_F(TurnsTest, CancellingClosesTheCallAndNothingMoreIsSaid) {
  const auto id = start("a");
  settle();
  client_.stream(1, "data: one\n\n");
  turns_.cancel(*id);
  EXPECT_TRUE(client_.calls.empty());
  EXPECT_EQ(turns_.running(), 0U);
  EXPECT_EQ(log_, "a:one ");
  EXPECT_EQ(records_.at(0).outcome, "cancelled");
}

TEST_F(TurnsTest, WhoAskedIsToldWhatBecameOfItAfterACancelToo) {
  const auto first = start("a");
  const auto second = start("b");
  settle();
  turns_.cancel(*second);
  EXPECT_EQ(settled_, "b:cancelled(never started) ");
  turns_.cancel(*first);
  EXPECT_EQ(settled_, "b:cancelled(never started) a:cancelled ");
  EXPECT_EQ(log_, "") << "and of nothing else";
}

TEST_F(TurnsTest, CancellingFromInsideAnEventIsSafe) {
  Turns::Id id = 0;
  TurnEvents events;
  events.event = [&](std::string_view) { turns_.cancel(id); };
  id = turns_.start({.deadline = Seconds(9), .stream = true}, std::move(events)).value();
  settle();
  client_.stream(1, "data: one\n\ndata: two\n\n");
  EXPECT_EQ(turns_.running(), 0U);
}

TEST_F(TurnsTest, AnEngineThatBreaksOffIsAFailureNotAnAnswer) {
  ASSERT_TRUE(start("a"));
  settle();
  client_.stream(1, "data: one\n\n");
  client_.end(1, Error{ErrorKind::kNetwork, "broke off"});
  EXPECT_EQ(log_, "a:one a!engine_failed ");
}

TEST_F(TurnsTest, AStreamThatEndsWithoutItsEndIsAFailureToo) {
  ASSERT_TRUE(start("a"));
  settle();
  client_.stream(1, "data: one\n\n");
  client_.end(1);
  EXPECT_EQ(log_, "a:one a!engine_failed ");
}

TEST_F(TurnsTest, AnEnginesRefusalIsHandedOn) {
  ASSERT_TRUE(start("a"));
  settle();
  client_.calls.at(1).head(400, "application/json");
  client_.say(1, "{}");
  client_.end(1);
  EXPECT_EQ(log_, "a=400{} a. ");
  EXPECT_EQ(records_.at(0).outcome, "refused-by-engine");
}

TEST_F(TurnsTest, TheDeadlineCutsWhatRunsAndWhatWaits) {
  ASSERT_TRUE(start("a", 0.05));
  ASSERT_TRUE(start("b", 0.05));
  settle(0.3);
  EXPECT_EQ(log_.find("a!deadline") == std::string::npos, false) << log_;
  EXPECT_TRUE(log_.find("b!") != std::string::npos) << log_;
  EXPECT_TRUE(client_.calls.empty());
}

TEST_F(TurnsTest, WhileNoEngineIsReadyTheReasonIsToldAtOnce) {
  set_phase(EnginePhase::kLoading);
  const auto loading = start("a");
  ASSERT_FALSE(loading);
  EXPECT_EQ(loading.error().fault, TurnFault::kNotReady);
  EXPECT_TRUE(loading.error().retry_after);
  set_phase(EnginePhase::kFailed);
  EXPECT_NE(start("a").error().message.find("it crashed"), std::string::npos);
}

TEST_F(TurnsTest, WhileAModelLoadsItsForecastSaysWhenToAskAgain) {
  set_phase(EnginePhase::kFailed);
  turns_.set_pace(Pace({}), Interval<Seconds>{Seconds(20), Seconds(30), Seconds(90)});
  set_phase(EnginePhase::kLoading);
  const TurnFailure loading = start("a").error();
  EXPECT_EQ(loading.message, "the model is loading; forecast: 30.0 s, at most 90.0 s");
  EXPECT_LE(*loading.retry_after, Seconds(30));
  EXPECT_GT(*loading.retry_after, Seconds(5));
  EXPECT_GT(turns_.retry_after(), Seconds(5));
}

TEST_F(TurnsTest, WhatStillRunsOfThoseBeforeIsKnown) {
  ASSERT_TRUE(start("a"));
  settle();
  const Turns::Id before = turns_.newest();
  ASSERT_TRUE(start("b"));
  EXPECT_TRUE(turns_.runs_up_to(before));
  client_.stream(1, "data: [DONE]\n\n");
  client_.end(1);
  EXPECT_FALSE(turns_.runs_up_to(before)) << "b runs now, and came later";
  EXPECT_TRUE(turns_.runs_up_to(turns_.newest()));
}

TEST_F(TurnsTest, WhatWaitsWhenTheEngineDiesIsToldSo) {
  ASSERT_TRUE(start("a"));
  ASSERT_TRUE(start("b"));
  settle();
  set_phase(EnginePhase::kFailed);
  EXPECT_EQ(log_, "b!not_ready ");
  client_.end(1, Error{ErrorKind::kNetwork, "broke off"});
  EXPECT_EQ(log_, "b!not_ready a!engine_failed ");
}

TEST_F(TurnsTest, WhatTheForecastSaysWouldBeLateIsRefusedWithTheForecast) {
  turns_.set_pace(Pace(
      [](const TurnSize&) { return TurnTimes{around(Seconds(1), 1, 1), around(Seconds(6), 0.9, 1.1)}; }));
  ASSERT_TRUE(start("a", 10));
  settle();
  const auto refused = start("b", 10);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, TurnFault::kBusy);
  EXPECT_NEAR(refused.error().wait->value, 6, 0.2);
  EXPECT_NEAR(refused.error().service->high.value, 6.6, 1e-6);
  EXPECT_EQ(metrics_.value(Counter::kRefusals, "too-late"), 1);
}

TEST_F(TurnsTest, AnEndlessEventEndsTheTurn) {
  ASSERT_TRUE(start("a"));
  settle();
  client_.stream(1, "data: ");
  const std::string piece(200'000, 'x');
  for (int i = 0; i < 6 && !client_.calls.empty(); ++i) client_.say(1, piece);
  EXPECT_EQ(log_, "a!engine_failed ");
  EXPECT_TRUE(client_.calls.empty());
}

}  // namespace
}  // namespace tokcast
