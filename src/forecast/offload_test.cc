#include "forecast/offload.h"

#include <gtest/gtest.h>

#include "forecast/cost_model.h"
#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

// Only matrices cost anything, in proportion to their rows.
KernelRates rates_of(double nanoseconds, std::string source) {
  KernelRates rates{
      .evidence = Evidence::kCalibrated, .source = std::move(source), .threads = 3, .head_rest = HeadRest{}};
  for (const GgmlType type : {GgmlType::kQ8_0, GgmlType::kF16}) rates.types[type] = {{1, nanoseconds * 1e-9}};
  return rates;
}

CardRates card(double nanoseconds, double weight = 1) {
  CardRates out{.rates = rates_of(nanoseconds, "from a card"), .weight = weight};
  out.rates.evidence = Evidence::kLookedUp;
  return out;
}

Timings timings_of(std::uint32_t gpu_layers, std::vector<CardRates> cards, double processor = 10) {
  const auto timings = timings_on_cards(tiny_shape(), {.gpu_layers = gpu_layers}, cards,
                                        rates_of(processor, "from a processor"));
  EXPECT_TRUE(timings) << describe(timings.error());
  return timings.value_or(Timings{});
}

double decode_of(const Timings& timings) {
  return timings.decode.front().duration.expected.value;
}

// Of the tiny model's eight layers and its output (model_work_test.cc).
constexpr double kLayer = 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128;
constexpr double kOutput = 64 * 300;

TEST(Offload, EveryLayerOnOneCardIsThatCardsOwnTime) {
  const Shape shape = tiny_shape();
  const auto alone = timings_from_rates(model_work(shape), shape, card(1).rates);
  const Timings timings = timings_of(9, {card(1)});
  EXPECT_DOUBLE_EQ(decode_of(timings), decode_of(*alone));
  EXPECT_EQ(timings.source, "from a card");
}

TEST(Offload, TheOutputGoesFirstThenLayersFromTheLastOn) {
  // The activations' way to the card takes some 26 ns.
  EXPECT_NEAR(decode_of(timings_of(1, {card(1)})), (8 * kLayer * 10 + kOutput) * 1e-9, 60e-9);
  EXPECT_NEAR(decode_of(timings_of(3, {card(1)})), (6 * kLayer * 10 + 2 * kLayer + kOutput) * 1e-9, 60e-9);
}

TEST(Offload, APrefillIsTheCardsWorkAndTheWeightsWay) {
  const Shape shape = tiny_shape();
  const Timings all = timings_of(9, {card(1)});
  const Timings half = timings_of(5, {card(1)});
  const double weights = 4 * kLayer * 34.0 / 32;  // Q8_0
  for (std::size_t i = 0; i < all.prefill.size(); ++i) {
    const double activations = static_cast<double>(all.prefill[i].tokens) * 64 * 4;
    const Interval<Seconds>& with = half.prefill[i].duration;
    const Interval<Seconds>& without = all.prefill[i].duration;
    EXPECT_NEAR((with.expected - without.expected).value, (weights + activations) / 10e9, 1e-12);
    EXPECT_NEAR((with.high - without.high).value, (weights + activations) / 4.5e9, 1e-12);
    EXPECT_NEAR((with.low - without.low).value, (weights + activations) / 24.7e9, 1e-12);
  }
}

TEST(Offload, NothingIsCarriedWhereTheMemoryIsShared) {
  CardRates shared = card(1);
  shared.shares_memory = true;
  const Timings all = timings_of(9, {card(1)});
  const Timings half = timings_of(5, {shared});
  EXPECT_NEAR(half.prefill.front().duration.expected.value, all.prefill.front().duration.expected.value,
              1e-15);
}

TEST(Offload, SeveralCardsShareTheLayersByTheirMemories) {
  // Three quarters of eight layers on the first, the rest and the output on the second.
  EXPECT_NEAR(decode_of(timings_of(9, {card(1, 3), card(2, 1)})),
              (6 * kLayer + 2 * (2 * kLayer + kOutput)) * 1e-9, 1e-15);
}

TEST(Offload, TheWeakerEvidenceCountsAndBothAreNamed) {
  const Timings timings = timings_of(5, {card(1)});
  EXPECT_EQ(timings.evidence, Evidence::kLookedUp);
  EXPECT_EQ(timings.source,
            "layers 5 to 8 of 8 from a card (looked-up), the others on the processor from a processor "
            "(calibrated)");
  EXPECT_EQ(timings.threads, 3U);
}

TEST(Offload, SessionsGrowByWhatEachPartTakes) {
  const Shape shape = tiny_shape();
  std::vector<CardRates> cards{card(1)};
  cards[0].rates.types[GgmlType::kQ8_0] = {{1, 1e-9}, {100, 1e-9}};  // rows are free on the card
  const auto timings =
      timings_on_cards(shape, {.sessions = 2, .gpu_layers = 5}, cards, rates_of(10, "from a processor"));
  const double card_seconds = 4 * kLayer + kOutput;
  const double processor_seconds = 40 * kLayer;
  EXPECT_NEAR(timings->parallel->growth.expected,
              (card_seconds + 2 * processor_seconds) / (card_seconds + processor_seconds), 1e-3);
}

TEST(Offload, AProcessorWithLayersMustBeKnown) {
  const std::vector<CardRates> cards{card(1)};
  EXPECT_TRUE(timings_on_cards(tiny_shape(), {.gpu_layers = 9}, cards, std::nullopt));
  EXPECT_EQ(timings_on_cards(tiny_shape(), {.gpu_layers = 8}, cards, std::nullopt).error().kind,
            ErrorKind::kUnsupported);
  EXPECT_EQ(timings_on_cards(tiny_shape(), {.gpu_layers = 8}, {}, std::nullopt).error().kind,
            ErrorKind::kUsage);
}

}  // namespace
}  // namespace tokcast
