#include "cli/past.h"

#include <gtest/gtest.h>

#include "engine/fake_engine_test_util.h"
#include "ledger/ledger_test_util.h"
#include "model/tiny_model_test_util.h"
#include "rehearse/rehearsal.h"

namespace tokcast {
namespace {

class PastOfAMachine : public testing::Test {
 protected:
  // As many models, each `slower` than forecast in decode.
  void live_through(int models, double slower) {
    auto ledger = Ledger::open(path_);
    for (int i = 0; i < models; ++i) {
      const auto id = ledger->accept(test_promise("model " + std::to_string(i)));
      Actual actual = test_actual(*id);
      actual.decode = TokensPerSecond(6 / slower);
      ASSERT_TRUE(ledger->add(actual));
    }
  }

  Timings rehearsed() const {
    return {.evidence = Evidence::kRehearsed,
            .source = "rehearsed",
            .threads = 2,
            .prefill = {{128, 0, around(Seconds(4), 0.9, 1.1)}},
            .decode = {{0, around(Seconds(0.2), 0.9, 1.1)}}};
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "ledger.db";
};

TEST_F(PastOfAMachine, TeachesNothingWithoutALedger) {
  Past past(path_, test_site());
  EXPECT_EQ(past.learned(rehearsed()).source, "rehearsed");
  EXPECT_FALSE(past.measured(tiny_shape(), 2));
  EXPECT_EQ(past.problem(), "");
}

TEST_F(PastOfAMachine, MovesForecastsOnceEnoughModelsWereOff) {
  live_through(2, 1.2);
  EXPECT_EQ(Past(path_, test_site()).learned(rehearsed()).source, "rehearsed");
  live_through(4, 1.2);
  const Timings now = Past(path_, test_site()).learned(rehearsed());
  EXPECT_GT(now.decode[0].duration.expected, Seconds(0.22));
  EXPECT_LT(now.decode[0].duration.expected, Seconds(0.24));
  EXPECT_EQ(now.source, "rehearsed, corrected by 4 models measured here");
}

TEST_F(PastOfAMachine, IsThatOfThisMachineEngineThreadsAndRungOnly) {
  live_through(5, 1.2);
  Site other = test_site();
  other.engine_identity = "engine-2";
  EXPECT_EQ(Past(path_, other).learned(rehearsed()).source, "rehearsed");
  Timings timings = rehearsed();
  timings.threads = 1;
  EXPECT_EQ(Past(path_, test_site()).learned(timings).source, "rehearsed");
  timings = rehearsed();
  timings.evidence = Evidence::kCalibrated;
  EXPECT_EQ(Past(path_, test_site()).learned(timings).source, "rehearsed");
}

TEST_F(PastOfAMachine, KnowsAFileThatWasBenched) {
  auto ledger = Ledger::open(path_);
  Promise promise = test_promise();
  promise.shape_key = shape_key(tiny_shape());
  const auto id = ledger->accept(promise);
  ASSERT_TRUE(ledger->add(test_actual(*id)));
  const auto timings = Past(path_, test_site()).measured(tiny_shape(), 2);
  ASSERT_TRUE(timings);
  EXPECT_EQ(timings->evidence, Evidence::kMeasured);
  EXPECT_EQ(timings->prefill.at(0).tokens, 128U);
  EXPECT_EQ(timings->cold_load->expected, Seconds(9));
  EXPECT_FALSE(Past(path_, test_site()).measured(tiny_shape("Q4_0"), 2));
}

TEST_F(PastOfAMachine, SaysWhyALedgerCannotBeRead) {
  write_text(path_, std::string(5000, 'x'));
  Past past(path_, test_site());
  EXPECT_NE(past.problem(), "");
  EXPECT_EQ(past.learned(rehearsed()).source, "rehearsed");
}

}  // namespace
}  // namespace tokcast
