#include "choose/choice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "machine/known_parts.h"
#include "model/naming.h"

namespace tokcast {
namespace {

constexpr Bytes kMemory{16'000'000'000};

// Half of the turn for the prompt, half for the reply.
Timings timings(const Shape& shape, double seconds_each_billion) {
  const double half = seconds_each_billion * static_cast<double>(shape.parameters()) / 2e9;
  const auto about = [](double seconds) { return around(Seconds(seconds), 0.9, 1.1); };
  return {.evidence = Evidence::kCalibrated,
          .source = "a test",
          .prefill = {{.tokens = 64, .duration = about(half / 2)}, {.tokens = 128, .duration = about(half)}},
          .decode = {{.depth = 0, .duration = about(half / 29)}}};
}

// Time in proportion to the size: 2 s for a thousand million parameters.
Forecast at_two_seconds(const Shape& shape, const Workload& workload) {
  const double bits = shape.quantization == "Q2_K" ? 0.5 : 1;
  return forecast(shape, timings(shape, 2 * bits), workload, MemoryBound{kMemory, "a test"});
}

Candidate candidate(const char* name) {
  const Shape shape = find_shape(name).value();
  const auto row = find_catalogue_row(shape.id).value();
  Candidate out{shape, at_two_seconds(shape, {})};
  out.merit = merit_of(row, shape.quantization, uses().front());
  out.timings = timings(shape, 2);
  return out;
}

std::vector<Candidate> ranked(std::initializer_list<const char*> names) {
  std::vector<Candidate> out;
  for (const char* name : names) out.push_back(candidate(name));
  std::ranges::sort(out, {},
                    [](const Candidate& one) { return RankKey(one.shape, one.forecast, one.merit); });
  return out;
}

bool has(const std::vector<Remedy>& all, RemedyKind kind) {
  return std::ranges::any_of(all, [kind](const Remedy& one) { return one.kind == kind; });
}

TEST(Choice, TheBestAFasterOneAndTheOneJustOutOfReach) {
  const auto all =
      ranked({"llama-3.2-3b-instruct", "llama-3.2-1b-instruct", "gemma-2-9b-it", "llama-3.1-8b-instruct"});
  const Choice choice = choose(all, at_two_seconds);
  ASSERT_TRUE(choice.best && choice.faster && choice.out_of_reach);
  EXPECT_EQ(all[choice.best->index].shape.id, "llama-3.2-3b-instruct");
  EXPECT_EQ(all[choice.faster->index].shape.id, "llama-3.2-1b-instruct");
  EXPECT_EQ(all[choice.out_of_reach->index].shape.id, "llama-3.1-8b-instruct") << "it misses by least";
  EXPECT_NE(choice.best->reasons.front().find("arena_elo 1110"), std::string::npos);
}

TEST(Choice, WhatItWouldTakeIsTrue) {
  const Candidate next = candidate("llama-3.1-8b-instruct");
  for (const Remedy& remedy : remedies_for(next, at_two_seconds)) {
    Workload changed = next.forecast.workload;
    if (remedy.turn_budget) changed.turn_budget = remedy.turn_budget;
    if (remedy.prompt_tokens) changed.prompt_tokens = *remedy.prompt_tokens;
    const Shape shape =
        remedy.quantization ? find_shape(next.shape.id + ":" + *remedy.quantization).value() : next.shape;
    if (remedy.kind == RemedyKind::kGpu) continue;
    EXPECT_EQ(at_two_seconds(shape, changed).verdict, Verdict::kKeeps) << remedy.sentence;
  }
}

TEST(Choice, AskedAreBudgetPromptQuantisationAndCard) {
  const auto all = remedies_for(candidate("llama-3.1-8b-instruct"), at_two_seconds);
  for (const RemedyKind kind : {RemedyKind::kBudget, RemedyKind::kQuantisation, RemedyKind::kGpu})
    EXPECT_TRUE(has(all, kind)) << remedy_kind_name(kind);
  EXPECT_TRUE(has(remedies_for(candidate("phi-4-mini-instruct"), at_two_seconds), RemedyKind::kPrompt) ||
              candidate("phi-4-mini-instruct").forecast.verdict == Verdict::kKeeps);
}

TEST(Choice, WhatDoesNotFitIsToldItsMemory) {
  const auto all = remedies_for(candidate("llama-2-70b-chat"), at_two_seconds);
  EXPECT_TRUE(has(all, RemedyKind::kMemory));
  EXPECT_FALSE(has(all, RemedyKind::kBudget)) << "time does not help";
}

TEST(Choice, NothingIsChosenWhereNothingKeeps) {
  const Choice choice = choose(ranked({"llama-3.1-8b-instruct", "llama-2-13b-chat"}), at_two_seconds);
  EXPECT_FALSE(choice.best);
  EXPECT_FALSE(choice.faster);
  ASSERT_TRUE(choice.out_of_reach);
}

}  // namespace
}  // namespace tokcast
