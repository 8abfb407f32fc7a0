#include "cli/forecast_text.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "model/naming.h"

namespace tokcast {
namespace {

Timings timings(double step_seconds) {
  const auto about = [](double seconds) { return around(Seconds(seconds), 0.9, 1.1); };
  return {.evidence = Evidence::kRehearsed,
          .source = "rehearsed on 2 and 6 of 32 layers",
          .threads = 2,
          .prefill = {{.tokens = 128, .depth = 0, .duration = about(2)}},
          .decode = {{.depth = 0, .duration = about(step_seconds)}}};
}

Candidate candidate(const std::string& name, const std::optional<Timings>& known,
                    const Workload& workload = {}) {
  const Shape shape = find_shape(name).value();
  return {shape, forecast(shape, known, workload, MemoryBound{Bytes(64'000'000'000), "memory available"})};
}

std::string headline_of(const Candidate& one) {
  return headline(one.shape, one.forecast, {});
}

TEST(Headline, SaysWhatToExpect) {
  const Candidate one = candidate("llama-2-7b-chat", timings(0.1));
  EXPECT_EQ(headline_of(one),
            "llama-2-7b-chat Q4_K_M keeps the budget: a 30-token reply to a 128-token prompt takes " +
                seconds_span(one.forecast.turn->turn) + " on this machine (budget 10 s).");
}

TEST(Headline, DiffersForEveryVerdict) {
  EXPECT_NE(headline_of(candidate("llama-2-7b-chat", timings(0.27))).find("may miss the budget"),
            std::string::npos);
  EXPECT_NE(headline_of(candidate("llama-2-7b-chat", timings(3))).find("breaks the budget"),
            std::string::npos);
  EXPECT_NE(headline_of(candidate("llama-2-7b-chat", std::nullopt)).find("not known yet"), std::string::npos);
  EXPECT_NE(headline_of(candidate("llama-3.1-405b-instruct", std::nullopt)).find("does not fit: needs"),
            std::string::npos);
}

TEST(TurnSentence, NamesBothBudgetsAndTheDepth) {
  Workload workload;
  workload.depth_tokens = 1000;
  workload.cached_tokens = 28;
  workload.first_token_budget = Seconds(2.5);
  const std::string sentence =
      turn_sentence(candidate("llama-2-7b-chat", timings(0.1), workload).forecast, {});
  EXPECT_NE(sentence.find("128-token prompt (28 cached) after 1000 tokens of context"), std::string::npos)
      << sentence;
  EXPECT_NE(sentence.find("(budget 10 s, first token within 2.5 s)"), std::string::npos) << sentence;
}

TEST(SecondsSpan, IsOneNumberWhereBothEndsLookTheSame) {
  EXPECT_EQ(seconds_span({Seconds(5.1), Seconds(5.5), Seconds(6.04)}), "5.1–6.0 s");
  EXPECT_EQ(seconds_span({Seconds(120.1), Seconds(120.2), Seconds(120.3)}), "120 s");
  EXPECT_EQ(seconds_span({Seconds(0.04), Seconds(0.05), Seconds(0.06)}), "0.040–0.060 s");
}

TEST(ModelArgument, CanBeTypedAgain) {
  EXPECT_EQ(model_argument(find_shape("llama-2-7b-chat").value()), "llama-2-7b-chat");
  EXPECT_EQ(model_argument(find_shape("llama-2-7b-chat:Q8_0").value()), "llama-2-7b-chat:Q8_0");
}

TEST(ShellWord, QuotesWhatAShellWouldTakeApart) {
  EXPECT_EQ(shell_word("./a-b_c.gguf"), "./a-b_c.gguf");
  EXPECT_EQ(shell_word("my model.gguf"), "'my model.gguf'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(FormatParameters, CountsInMillionsAndBillions) {
  EXPECT_EQ(format_parameters(134'515'008), "135 M");
  EXPECT_EQ(format_parameters(6'738'415'616), "6.7 B");
}

TEST(ForecastCard, HasALineForWhatIsKnownAndNoneForWhatIsNot) {
  const ForecastContext context{.machine_name = "a processor"};
  const auto card = [&context](const Candidate& one) {
    return forecast_card(one.shape, one.forecast, context, {.width = 80});
  };
  const std::string known = card(candidate("llama-2-7b-chat", timings(0.1)));
  EXPECT_NE(known.find("Evidence       rehearsed on 2 and 6 of 32 layers"), std::string::npos) << known;
  EXPECT_NE(known.find("First token    1.8–2.2 s"), std::string::npos) << known;
  EXPECT_EQ(known.find("Load"), std::string::npos) << known;
  EXPECT_EQ(known.find("Engine"), std::string::npos) << known;
  EXPECT_EQ(card(candidate("llama-2-7b-chat", std::nullopt)).find("First token"), std::string::npos);
}

TEST(ForecastTable, FitsTheWidthAndKeepsModelTurnAndVerdict) {
  const std::vector<Candidate> candidates{candidate("mistral-7b-instruct-v0.3", timings(0.1)),
                                          candidate("llama-2-7b-chat", std::nullopt)};
  for (const std::size_t width : {40, 60, 80, 120}) {
    const std::string table = forecast_table(candidates, {.width = width});
    for (const std::string_view line : split(table, '\n')) EXPECT_LE(display_width(line), width) << table;
    EXPECT_NE(table.find("turn s"), std::string::npos) << table;
    EXPECT_NE(table.find("keeps"), std::string::npos) << table;
  }
  EXPECT_NE(forecast_table(candidates, {.width = 120}).find("memory"), std::string::npos);
}

TEST(ForecastTable, KeepsTheMixWhereItTellsModelsApart) {
  const auto shown = [](const std::string& second) {
    const std::vector<Candidate> candidates{candidate("mistral-7b-instruct-v0.3", timings(0.1)),
                                            candidate(second, timings(0.1))};
    return forecast_table(candidates, {.width = 70});
  };
  EXPECT_EQ(shown("llama-2-7b-chat").find("Q4_K_M"), std::string::npos);
  EXPECT_NE(shown("mistral-7b-instruct-v0.3:Q8_0").find("Q8_0"), std::string::npos);
}

}  // namespace
}  // namespace tokcast
