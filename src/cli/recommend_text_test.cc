#include "cli/recommend_text.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "model/naming.h"

namespace tokcast {
namespace {

constexpr Terminal kWide{.width = 120};

Timings timings(double turn_seconds, Evidence evidence) {
  const auto about = [](double seconds) { return around(Seconds(seconds), 0.9, 1.1); };
  return {.evidence = evidence,
          .source = evidence == Evidence::kRehearsed ? "rehearsed" : "scaled from the rehearsal of a kin",
          .prefill = {{.tokens = 128, .depth = 0, .duration = about(turn_seconds / 2)}},
          .decode = {{.depth = 0, .duration = about(turn_seconds / 2 / 29)}}};
}

Candidate candidate(const std::string& name, std::optional<double> turn_seconds,
                    Evidence evidence = Evidence::kRehearsed) {
  const Shape shape = find_shape(name).value();
  const auto known = turn_seconds ? std::optional(timings(*turn_seconds, evidence)) : std::nullopt;
  return {shape, forecast(shape, known, Workload{}, MemoryBound{Bytes(16'000'000'000), "cgroup"})};
}

std::string text_of(std::vector<Candidate> ranked, std::size_t not_reached = 0) {
  const Recommendation answer{.ranked = std::move(ranked), .rehearsed = 1, .not_reached = not_reached};
  return recommendation_text(answer, {.machine_name = "a processor"}, Seconds(90), "the-name", kWide);
}

void number_ids(std::vector<Candidate>& all) {
  for (std::size_t i = 0; i < all.size(); ++i) all[i].shape.id = "m" + std::to_string(i);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

TEST(RecommendationText, BeginsWithWhatToRun) {
  EXPECT_EQ(first_line(text_of({candidate("qwen3-4b", 6)})),
            "Run qwen3-4b Q4_K_M: a 30-token reply to a 128-token prompt takes 5.5–6.7 s on this machine "
            "(budget 10 s).");
}

TEST(RecommendationText, NeverSaysRunOfAModelThatMayBreakItsBudget) {
  EXPECT_EQ(text_of({candidate("qwen3-4b", 10)}).find("No model is sure to keep the budget."), 0);
  EXPECT_EQ(text_of({candidate("qwen3-4b", 30)}).find("No model keeps the budget. The fastest is qwen3-4b"),
            0);
}

TEST(RecommendationText, LooksPastModelsWithoutTimes) {
  const std::string text = text_of({candidate("lfm2-350m", std::nullopt), candidate("qwen3-4b", 30)});
  EXPECT_EQ(text.find("No model keeps the budget. The fastest is qwen3-4b"), 0) << text;
}

TEST(RecommendationText, SaysSoIfNothingFitsOrNothingCouldBeTimed) {
  EXPECT_EQ(text_of({candidate("llama-2-70b-chat", std::nullopt)}).find("No model fits this machine."), 0);
  EXPECT_EQ(text_of({candidate("lfm2-350m", std::nullopt)}).find("No model could be rehearsed"), 0);
}

TEST(RecommendationText, NamesTheKinOfEstimates) {
  const std::string text =
      text_of({candidate("qwen3-4b", 6, Evidence::kEstimated), candidate("qwen3-1.7b", 3)});
  EXPECT_NE(text.find("Estimated, scaled from the rehearsal of a kin: qwen3-4b."), std::string::npos) << text;
  EXPECT_NE(text.find("Next: tokcast rehearse the-name\n"), std::string::npos) << text;
}

TEST(RecommendationText, NamesOnlySomeOfManyEstimates) {
  std::vector<Candidate> many(20, candidate("qwen3-4b", 6, Evidence::kEstimated));
  number_ids(many);
  EXPECT_NE(text_of(many).find("m0, m1, m2, m3, m4 and 15 more."), std::string::npos);
}

TEST(RecommendationText, ListsOfEachModelOneMixUnlessAllAreAskedFor) {
  const std::vector<Candidate> two{candidate("qwen3-4b:Q8_0", 7), candidate("qwen3-4b", 6)};
  EXPECT_EQ(one_of_each(two, false).size(), 1U);
  EXPECT_EQ(one_of_each(two, true).size(), 2U);
  EXPECT_NE(text_of(two).find("1 more candidates"), std::string::npos);
}

TEST(RecommendationText, TellsTheNeighboursOfTheChoice) {
  std::vector<Candidate> ranked{candidate("llama-3.2-3b-instruct", 8), candidate("llama-3.2-1b-instruct", 2),
                                candidate("llama-3.1-8b-instruct", 14)};
  for (Candidate& one : ranked)
    one.merit = merit_of(find_catalogue_row(one.shape.id).value(), one.shape.quantization, uses().front());
  ranked[0].merit.path = "/here.gguf";
  const Recommendation answer{.ranked = ranked};
  const std::string text = recommendation_text(answer, {.machine_name = "a processor"}, Seconds(90), "x",
                                               kWide, {.choice = choose(ranked, {})});
  EXPECT_NE(text.find("Why: quality arena_elo 1110"), std::string::npos) << text;
  EXPECT_NE(text.find("Faster: llama-3.2-1b-instruct Q4_K_M"), std::string::npos) << text;
  EXPECT_NE(text.find("Just out of reach: llama-3.1-8b-instruct Q4_K_M"), std::string::npos) << text;
  EXPECT_NE(text.find("a budget of 16.0 s"), std::string::npos) << text;
  EXPECT_NE(text.find("* on this machine already"), std::string::npos) << text;
}

TEST(RecommendationText, ListsWhatDoesNotFitWithItsReasonBelowTheTable) {
  const std::string text = text_of({candidate("qwen3-4b", 6), candidate("llama-2-70b-chat", std::nullopt)});
  EXPECT_NE(text.find("llama-2-70b-chat Q4_K_M does not fit: needs 42 GB of memory, but only 16 GB (cgroup)"),
            std::string::npos)
      << text;
}

TEST(RecommendationText, CountsModelsThatDoNotFitInsteadOfListingMany) {
  std::vector<Candidate> ranked{candidate("qwen3-4b", 6)};
  for (int i = 0; i < 20; ++i) ranked.push_back(candidate("llama-2-70b-chat", std::nullopt));
  number_ids(ranked);
  const std::string text = text_of(std::move(ranked));
  EXPECT_NE(text.find("m1 Q4_K_M, m2 Q4_K_M, m3 Q4_K_M, m4 Q4_K_M, m5 Q4_K_M and 15 more do not fit"),
            std::string::npos)
      << text;
}

Candidate short_of_context() {
  Candidate out = candidate("qwen3-4b", 6);
  out.shape.context_length = 2048;
  out.forecast = forecast(out.shape, timings(6, Evidence::kRehearsed), {.context_tokens = 16384},
                          MemoryBound{Bytes(16'000'000'000), "cgroup"});
  return out;
}

TEST(RecommendationText, DoesNotBlameMemoryWhereTheContextIsTooShort) {
  std::vector<Candidate> ranked(20, short_of_context());
  number_ids(ranked);
  const std::string text = text_of(std::move(ranked));
  EXPECT_EQ(first_line(text), "No model that fits this machine was trained for a context of 16384 tokens.");
  EXPECT_NE(text.find("m4 and 15 more were trained for less than the 16384 tokens of context"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("in memory"), std::string::npos) << text;
}

TEST(RecommendationText, SaysHowToReachTheRest) {
  const std::string text = text_of({candidate("qwen3-4b", 6)}, 3);
  EXPECT_NE(text.find("3 not reached in 90"), std::string::npos) << text;
  EXPECT_NE(text.find("--effort 120"), std::string::npos) << text;
  EXPECT_EQ(text_of({candidate("qwen3-4b", 6)}).find("not reached"), std::string::npos);
}

TEST(RecommendationText, SaysWhatWasSkippedAndWhy) {
  const Recommendation answer{
      .ranked = {candidate("qwen3-4b", 6), candidate("llama-2-70b-chat", std::nullopt)},
      .rehearsed = 1,
      .not_reached = 2,
      .skipped = {{"a", "not reached within the effort"},
                  {"b", "breaks the budget, as calibrated tells"},
                  {"c", "not reached within the effort"},
                  {"llama-2-70b-chat", "needs 42 GB", "Q4_K_M"}}};
  const std::string text = recommendation_text(answer, {.machine_name = "x"}, Seconds(90), "n", kWide);
  EXPECT_NE(text.find("Not rehearsed: a, c (not reached within the effort); "
                      "b (breaks the budget, as calibrated tells).\n"),
            std::string::npos)
      << text << "what does not fit has a note of its own";
}

TEST(RecommendationText, NamesOnlySomeOfManyThatWereSkipped) {
  Recommendation answer{.ranked = {candidate("qwen3-4b", 6)}};
  for (int i = 0; i < 20; ++i)
    answer.skipped.push_back({"m" + std::to_string(i), "breaks the budget, as calibrated tells", "Q8_0"});
  const std::string text = recommendation_text(answer, {.machine_name = "x"}, Seconds(90), "n", kWide);
  EXPECT_NE(text.find("Not rehearsed: m0 Q8_0, m1 Q8_0, m2 Q8_0 and 17 more (breaks the budget"),
            std::string::npos)
      << text;
}

TEST(RecommendationText, SaysNothingOfSkippingWhereNothingWasSkipped) {
  EXPECT_EQ(text_of({candidate("qwen3-4b", 6)}).find("Not rehearsed"), std::string::npos);
}

TEST(RecommendationText, TellsWhyAModelCouldNotBeRehearsed) {
  Candidate failed = candidate("qwen3-4b", std::nullopt);
  failed.problem = "the engine crashed\x1b[2J";
  const std::string text = text_of({failed});
  EXPECT_NE(text.find("qwen3-4b Q4_K_M could not be rehearsed: the engine crashed?[2J."), std::string::npos)
      << text;
}

TEST(RecommendationText, FitsItsWidth) {
  const Recommendation answer{
      .ranked = {candidate("mistral-7b-instruct-v0.3", 6), candidate("qwen3-1.7b", 3, Evidence::kEstimated),
                 candidate("llama-2-70b-chat", std::nullopt)},
      .rehearsed = 1,
      .not_reached = 1,
      .skipped = {{"mistral-7b-instruct-v0.3", "settled as calibrated: it keeps the budget and does not lead",
                   "Q4_K_M"},
                  {"qwen3-1.7b", "settled as calibrated: more than the budget is expected", "Q4_K_M"}}};
  const std::string text =
      recommendation_text(answer, {.machine_name = "a processor"}, Seconds(90), "the-name", {.width = 80});
  for (const std::string_view line : split(text, '\n')) EXPECT_LE(display_width(line), 80) << line;
}

TEST(Recommended, IsOnlyWhatKeepsItsBudget) {
  const Recommendation keeps{.ranked = {candidate("qwen3-4b", 6)}};
  const Recommendation may_break{.ranked = {candidate("qwen3-4b", 10)}};
  EXPECT_EQ(recommended(keeps), &keeps.ranked.front());
  EXPECT_EQ(recommended(may_break), nullptr);
}

}  // namespace
}  // namespace tokcast
