#include "forecast/cancel_time.h"

#include <gtest/gtest.h>

#include "forecast/cost_model.h"
#include "model/catalogue.h"

namespace tokcast {
namespace {

Shape some_shape() {
  return shape_from_header(expand(find_catalogue_row("qwen2.5-0.5b-instruct").value(), "Q8_0").value(), "x")
      .value();
}

// 2 ms for each token in large batches, 20 ms for a step.
Timings some_timings() {
  Timings out;
  const auto about = [](double s) { return Interval<Seconds>{Seconds(s), Seconds(s), Seconds(s)}; };
  out.decode = {{.depth = 0, .duration = about(0.020)}};
  out.prefill = {{.tokens = 32, .depth = 0, .duration = about(0.080)},
                 {.tokens = 128, .depth = 0, .duration = about(0.256)},
                 {.tokens = 512, .depth = 0, .duration = about(1.024)}};
  return out;
}

TEST(CancelTime, IsTwoBatches) {
  EXPECT_NEAR(cancel_time(some_shape(), some_timings(), 128, 0).value, 2 * 0.256, 1e-9);
}

TEST(CancelTime, GrowsWithWhatIsInTheContext) {
  EXPECT_GT(cancel_time(some_shape(), some_timings(), 128, 8192),
            cancel_time(some_shape(), some_timings(), 128, 0));
}

TEST(BatchForCancel, IsTheLargestThatKeepsTheTime) {
  const Shape shape = some_shape();
  const Timings timings = some_timings();
  EXPECT_EQ(batch_for_cancel(shape, timings, Seconds(60), 2048), kMicroBatch);
  const std::uint64_t batch = batch_for_cancel(shape, timings, Seconds(0.4), 2048);
  EXPECT_LE(cancel_time(shape, timings, batch, 2048 - batch), Seconds(0.4));
  EXPECT_GT(cancel_time(shape, timings, 2 * batch, 2048 - 2 * batch), Seconds(0.4));
}

TEST(BatchForCancel, IsTheLeastWhereNoneKeepsTheTime) {
  EXPECT_EQ(batch_for_cancel(some_shape(), some_timings(), Seconds(0.001), 2048), kLeastBatch);
  EXPECT_EQ(batch_for_cancel(some_shape(), some_timings(), Seconds(0.001), 8), kLeastBatch)
      << "a tiny context";
}

TEST(SmallBatches, MakePromptsTakeLonger) {
  const Shape shape = some_shape();
  const Timings timings = some_timings();
  const auto small = prefill(shape, timings, 512, 0, {.batch = 32});
  EXPECT_GT(small.expected, prefill(shape, timings, 512, 0).expected);
  EXPECT_NEAR(prefill(shape, timings, 16, 0, {.batch = 32}).expected.value,
              prefill(shape, timings, 16, 0).expected.value, 1e-12)
      << "one batch is one batch";
}

}  // namespace
}  // namespace tokcast
