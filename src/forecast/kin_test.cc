#include "forecast/kin.h"

#include <gtest/gtest.h>

#include "model/naming.h"

namespace tokcast {
namespace {

KinFacts facts(const char* model) {
  return kin_facts(*find_shape(model));
}

Timings timings_of_7b() {
  Timings timings{
      .evidence = Evidence::kRehearsed, .source = "test", .threads = 2, .compute_bytes = Bytes(1)};
  timings.decode = {{0, around(Seconds(0.25), 0.95, 1.05)}};
  timings.prefill = {{128, 0, around(Seconds(4), 0.95, 1.05)}};
  return timings;
}

TEST(Kin, ScalesDecodeByBytesAndPrefillByParameters) {
  const KinFacts kin = facts("llama-2-7b-chat");
  const KinFacts larger = facts("llama-2-13b-chat");
  const Timings scaled = scale_from_kin(timings_of_7b(), kin, larger);
  const double bytes = larger.decode_bytes / kin.decode_bytes;
  EXPECT_NEAR(scaled.decode[0].duration.expected.value, 0.25 * bytes, 1e-9);
  EXPECT_GT(bytes, 1.8);
  EXPECT_GT(scaled.prefill[0].duration.expected.value, 4 * 1.8);
}

TEST(Kin, IsNamedAndOnlyAnEstimate) {
  const Timings scaled = scale_from_kin(timings_of_7b(), facts("llama-2-7b-chat"), facts("llama-2-13b-chat"));
  EXPECT_EQ(scaled.evidence, Evidence::kEstimated);
  EXPECT_NE(scaled.source.find("llama-2-7b-chat"), std::string::npos);
  EXPECT_EQ(scaled.compute_bytes, std::nullopt) << "buffers do not scale";
}

TEST(Kin, WidensTheIntervalTheFartherItIs) {
  const KinFacts kin = facts("llama-2-7b-chat");
  const auto width = [&](const char* name) {
    const Interval<Seconds> i = scale_from_kin(timings_of_7b(), kin, facts(name)).decode[0].duration;
    return i.high / i.low;
  };
  EXPECT_GT(width("llama-2-7b-chat"), 1.05 / 0.95);
  EXPECT_GT(width("llama-2-13b-chat"), width("llama-2-7b-chat"));
  EXPECT_GT(width("qwen3-30b-a3b:Q8_0"), width("llama-2-13b-chat"));
}

TEST(Kin, AnotherQuantisationIsFartherThanAnotherSize) {
  const KinFacts shape = facts("llama-2-7b-chat");
  EXPECT_LT(kin_distance(shape, facts("llama-2-13b-chat")),
            kin_distance(shape, facts("llama-2-7b-chat:Q8_0")));
}

}  // namespace
}  // namespace tokcast
