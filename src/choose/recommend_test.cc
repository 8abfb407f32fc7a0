#include "choose/recommend.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/fake_engine_test_util.h"
#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

// Three models of 4, 8 and 16 layers on a fake engine whose speed is known.
class Recommend : public testing::Test {
 protected:
  static Shape model(const char* id, std::uint32_t layers) {
    CatalogueRow row = tiny_row();
    row.id = id;
    row.layers = layers;
    return *shape_from_header(*expand(row, "Q8_0"), id);
  }

  Result<Recommendation> run(const FakeEngine& fake, RecommendOptions options) {
    write_fake_engine(folder_.path(), fake);
    engine_ = {.directory = folder_.path(), .version = "fake", .identity = "fake"};
    options.threads = 1;
    options.memory = MemoryBound{Bytes(8 * kGibi.value), "a test"};
    return recommend({model("large", 16), model("small", 4), model("middle", 8)}, engine_, read_machine(),
                     RehearsalStore(folder_ / "store"), options);
  }

  static const Candidate& named(const Recommendation& recommendation, std::string_view id) {
    return *std::ranges::find(recommendation.ranked, id, [](const Candidate& c) { return c.shape.id; });
  }

  TemporaryDirectory folder_;
  Engine engine_;
};

TEST_F(Recommend, PutsTheLargestModelThatKeepsTheBudgetFirst) {
  const auto out = run({}, {});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->ranked.front().shape.id, "large");
  EXPECT_EQ(out->ranked.front().forecast.verdict, Verdict::kKeeps);
  EXPECT_EQ(out->rehearsed, 3U);
  EXPECT_EQ(out->not_reached, 0U);
}

TEST_F(Recommend, RehearsesTheCheapestFirstAndScalesTheRestFromIt) {
  // Processes of a third of a second: the effort ends after the first model.
  const auto out = run({.misbehave = "sleep 0.3"}, {.effort = Seconds(0.5), .allowance_each = Seconds(0.1)});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->rehearsed, 1U);
  EXPECT_EQ(out->not_reached, 2U);
  EXPECT_EQ(named(*out, "small").forecast.turn->evidence, Evidence::kRehearsed);
  const auto& scaled = *named(*out, "large").forecast.turn;
  EXPECT_EQ(scaled.evidence, Evidence::kEstimated);
  EXPECT_NE(scaled.source.find("small"), std::string::npos);
}

TEST_F(Recommend, StoredRehearsalsCostNothing) {
  ASSERT_TRUE(run({}, {}));
  const auto again = run({.misbehave = "exit 1"}, {.effort = Seconds(0)});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->rehearsed, 3U);
}

TEST_F(Recommend, DoesNotRehearseWhatItsKinSaysWillBreak) {
  const FakeEngine slow{.speed = {.decode_ns_per_byte = 100}};
  const auto out = run(slow, {});
  ASSERT_TRUE(out);
  EXPECT_EQ(named(*out, "small").forecast.verdict, Verdict::kBreaks);
  EXPECT_EQ(named(*out, "large").forecast.verdict, Verdict::kBreaks);
  EXPECT_EQ(named(*out, "large").forecast.turn->evidence, Evidence::kEstimated);
  EXPECT_EQ(out->ranked.front().shape.id, "small") << "of what breaks, the quickest first";
}

TEST_F(Recommend, AnEngineThatFailsIsAProblemOfTheCandidate) {
  const auto out = run({.misbehave = "exit 1"}, {});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->rehearsed, 0U);
  for (const Candidate& candidate : out->ranked) {
    EXPECT_TRUE(candidate.problem);
    EXPECT_EQ(candidate.forecast.verdict, Verdict::kUnknown);
  }
}

TEST_F(Recommend, RefusesAnEmptyList) {
  const auto out = recommend({}, engine_, read_machine(), RehearsalStore(folder_.path()), {});
  EXPECT_EQ(out.error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace tokcast
