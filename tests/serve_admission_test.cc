// What a request is held to: the promise's budget, and the forecast as this machine's past teaches.
#include <gtest/gtest.h>

#include <filesystem>

#include "ledger/ledger.h"
#include "serve_test_util.h"

namespace tokcast {
namespace {

constexpr const char* kChat = "/v1/chat/completions";

class ServeAdmission : public ServeProcess {
 protected:
  ServeAdmission() {
    set("XDG_STATE_HOME", "");
    EXPECT_EQ(tokcast({"rehearse", model_}).exit_code, 0);
  }

  // What the log says of the first turn of a server that was just started, asked over a WebSocket.
  Json first_turn(std::vector<std::string> arguments = {}) {
    std::filesystem::remove(home_ / "log");
    arguments.insert(arguments.end(), {"--log", home_ / "log"});
    start_ready(std::move(arguments));
    TestWebSocket client(port_);
    client.say(R"({"type":"llm_request","text":"say 3 0"})");
    EXPECT_TRUE(contains(client.read_until("\"type\":\"llm_response\""), "word2")) << client.got();
    Json out;
    EXPECT_TRUE(wait_for([&] {
      const std::string log = read_text(home_ / "log");
      for (const std::string_view line : split(log, '\n')) {
        if (line.find("\"event\":\"turn\"") != std::string_view::npos)
          out = parse_json(line, "log").value_or(Json());
      }
      return !out.is_null();
    }));
    kill(server_->pid(), SIGKILL);
    wait_for_end();
    return out;
  }

  // Five other models took twice as long here as was forecast of them.
  void live_through_slow_models() {
    auto ledger = Ledger::open(home_ / ".local/state/tokcast/ledger.db");
    ASSERT_TRUE(ledger) << describe(ledger.error());
    const auto known = ledger->promises({});
    ASSERT_TRUE(known && !known->empty());
    for (int i = 0; i < 5; ++i) {
      Promise other = known->front();
      other.id = 0;
      other.shape_key = "another model " + std::to_string(i);
      const auto id = ledger->accept(other);
      ASSERT_TRUE(id) << describe(id.error());
      Actual slow{
          .promise_id = *id, .kind = ActualKind::kBench, .site = other.site, .threads = other.threads};
      slow.prefill = other.times.prefill->expected * 0.5;
      slow.decode = other.times.decode->expected * 0.5;
      ASSERT_TRUE(ledger->add(slow));
    }
  }
};

TEST_F(ServeAdmission, SmallBatchesAreSizedByTheForecastAndTheirCostIsTold) {
  start_ready({"--cancel-within", "0.000001"});
  EXPECT_TRUE(wait_for([&] { return contains(said(), "prompts are read 16 tokens at a time"); })) << said();
  EXPECT_TRUE(contains(said(), "no batch is small enough")) << said();
}

TEST_F(ServeAdmission, TheBudgetThatWasPromisedIsTheDeadlineOfATurnThatNamesNone) {
  EXPECT_EQ(first_turn()["deadline_seconds"], 10);
  ASSERT_EQ(tokcast({"promises", "accept", model_, "--budget", "7"}).exit_code, 0);
  EXPECT_EQ(first_turn()["deadline_seconds"], 7);
  EXPECT_EQ(first_turn({"--budget", "33"})["deadline_seconds"], 33);
}

TEST_F(ServeAdmission, ForecastsAreCorrectedByWhatTheLedgerTeaches) {
  ASSERT_EQ(tokcast({"promises", "accept", model_}).exit_code, 0);
  const double before = first_turn()["forecast_seconds"]["expected"].get<double>();
  live_through_slow_models();
  const double after = first_turn()["forecast_seconds"]["expected"].get<double>();
  EXPECT_GT(after, 1.3 * before);
}

TEST_F(ServeAdmission, ARefusalCarriesTheForecastOverBothProtocols) {
  start_ready();
  const std::string impossible = ",\"deadline_seconds\":0.000001";
  const TestAnswer refused = ask(port_, "POST", kChat, chat_body("say 3 0", false, impossible));
  ASSERT_EQ(refused.status, 429) << refused.body;
  const Json forecast = refused.json()["error"]["forecast"];
  EXPECT_GT(forecast["turn_seconds"]["high"], 0);
  EXPECT_EQ(forecast["wait_seconds"], 0);
  EXPECT_GE(forecast["retry_after_seconds"], 1);
  TestWebSocket client(port_);
  client.say(R"({"type":"llm_request","text":"say 3 0","deadline_seconds":0.000001})");
  const std::string told = client.read_until("\"call_id\"");
  EXPECT_TRUE(contains(told, "\"code\":\"busy\"")) << told;
  EXPECT_TRUE(contains(told, "\"turn_seconds\":{\"low\":")) << told;
}

}  // namespace
}  // namespace tokcast
