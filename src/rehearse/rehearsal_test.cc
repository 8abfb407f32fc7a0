#include "rehearse/rehearsal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/fake_engine_test_util.h"
#include "model/naming.h"
#include "model/tiny_model_test_util.h"
#include "rehearse/extend.h"

namespace tokcast {
namespace {

Result<Rehearsal> rehearse_with(const FakeEngine& fake, const TemporaryDirectory& folder,
                                const RehearsalOptions& options = {.threads = 2}) {
  write_fake_engine(folder.path(), fake);
  const Engine engine{.directory = folder.path(), .version = "fake", .identity = "fake"};
  return rehearse(tiny_shape(), engine, read_machine(), options);
}

TEST(Rehearsal, RunsRoundsDepthAndAFullBatch) {
  const TemporaryDirectory folder;
  const auto rehearsal = rehearse_with({}, folder);
  ASSERT_TRUE(rehearsal) << describe(rehearsal.error());
  std::set<RehearsalPass> passes;
  std::set<std::uint32_t> rounds;
  for (const RehearsalSamples& group : rehearsal->samples) {
    passes.insert(group.pass);
    if (group.pass == RehearsalPass::kRound) rounds.insert(group.number);
  }
  EXPECT_EQ(passes.size(), 3U);
  EXPECT_GE(rounds.size(), 2U);
  EXPECT_EQ(rehearsal->threads, 2U);
  EXPECT_EQ(rehearsal->compute_bytes, Bytes(3'670'016)) << "3.5 MiB, as the engine said";
}

TEST(Rehearsal, GivesTheFullModelsTimeWithinItsInterval) {
  const TemporaryDirectory folder;
  const FakeEngine fake;
  const auto rehearsal = rehearse_with(fake, folder);
  ASSERT_TRUE(rehearsal);
  const Shape shape = tiny_shape();
  const auto timings = extend(shape, *rehearsal);
  ASSERT_TRUE(timings);
  const double bytes = 1e6 * static_cast<double>(shape.header.tensors.size());
  const double truth = 1e-9 * (fake.speed.overhead_ns + bytes * fake.speed.decode_ns_per_byte / 2);
  const auto& step = timings->decode.front().duration;
  EXPECT_NEAR(step.expected.value, truth, 0.05 * truth);
  EXPECT_LE(step.low.value, truth);
  EXPECT_GE(step.high.value, truth);
}

TEST(Rehearsal, OneRoundIsRunHoweverShortTheTime) {
  const TemporaryDirectory folder;
  const auto rehearsal = rehearse_with({}, folder, {.threads = 1, .allowance = Seconds(0)});
  ASSERT_TRUE(rehearsal);
  const auto of_rounds = std::ranges::count_if(
      rehearsal->samples, [](const RehearsalSamples& group) { return group.pass == RehearsalPass::kRound; });
  EXPECT_EQ(of_rounds, 6) << "two skeletons, three tests each";
  EXPECT_TRUE(extend(tiny_shape(), *rehearsal));
}

TEST(Rehearsal, PassesOnWhatTheEngineSaysWhenItFails) {
  const TemporaryDirectory folder;
  const auto rehearsal =
      rehearse_with({.misbehave = "echo 'error: unknown model architecture' >&2; exit 1"}, folder);
  ASSERT_FALSE(rehearsal);
  EXPECT_EQ(rehearsal.error().kind, ErrorKind::kEngineFailed);
  EXPECT_NE(rehearsal.error().message.find("unknown model architecture"), std::string::npos);
}

TEST(Rehearsal, SurvivesAnEngineThatAborts) {
  const TemporaryDirectory folder;
  const auto rehearsal = rehearse_with({.misbehave = "kill -ABRT $$"}, folder);
  ASSERT_FALSE(rehearsal);
  EXPECT_EQ(rehearsal.error().kind, ErrorKind::kEngineFailed);
}

TEST(Rehearsal, KeysShapesByWhatDecidesTheirSpeed) {
  EXPECT_EQ(shape_key(tiny_shape()), shape_key(tiny_shape()));
  EXPECT_NE(shape_key(tiny_shape("Q8_0")), shape_key(tiny_shape("Q4_0")));
  Shape renamed = tiny_shape();
  renamed.id = "another name";
  EXPECT_EQ(shape_key(renamed), shape_key(tiny_shape()));
}

}  // namespace
}  // namespace tokcast
