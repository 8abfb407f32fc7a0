#include "setup/measured_turn.h"

#include <gtest/gtest.h>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

TEST(TimedTurn, IsTheSumOfPromptAndReply) {
  const TemporaryDirectory folder;
  // 1 ms a token and another for each prompt; no byte of the file costs anything.
  write_fake_engine(
      folder.path(),
      {.speed = {.overhead_ns = 1e6, .decode_ns_per_byte = 0, .prefill_ns_per_byte = 0, .depth_share = 0}});
  const Engine engine{.directory = folder.path(), .version = "fake", .identity = "fake"};
  const std::string model = write_text(folder / "model.gguf", "no header, but bytes");
  const auto measured = measure_turn(engine, model, 1, {});
  ASSERT_TRUE(measured) << describe(measured.error());
  EXPECT_NEAR(measured->turn.low.value, 0.031, 1e-6);
  EXPECT_GE(measured->turn.expected, measured->turn.low);
  EXPECT_NEAR(measured->turn.high.value, 0.031 * 1.04, 1e-6);
  EXPECT_NEAR(measured->decode.high.value, 1000, 1);
  EXPECT_EQ(measured->samples.size(), 2U);
}

TEST(TimedTurn, ATurnWithoutAReplyIsNone) {
  const TemporaryDirectory folder;
  write_fake_engine(folder.path());
  const Engine engine{.directory = folder.path(), .version = "fake", .identity = "fake"};
  EXPECT_EQ(measure_turn(engine, "x", 1, {.reply_tokens = 0}).error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace tokcast
