#include "forecast/looked_up.h"

#include <gtest/gtest.h>

#include "forecast/cost_model.h"
#include "machine/synthetic.h"
#include "model/naming.h"

namespace tokcast {
namespace {

Hardware card(std::string_view name) {
  return graphics_hardware(*find_gpu(name));
}

Hardware machine(std::string_view words, std::optional<std::uint32_t> threads = {}) {
  return hardware_of(*parse_synthetic(words), threads);
}

Interval<TokensPerSecond> decode_rate(const Hardware& hardware, const std::string& model) {
  const Shape shape = *find_shape(model);
  const ModelKind kind = shape.experts ? ModelKind::kMixture : ModelKind::kDense;
  const auto rates = looked_up_rates(hardware, kind);
  const auto timings = timings_from_rates(model_work(shape), shape, *rates);
  return rate(128, decode(shape, *timings, 128, 0));
}

// 189 tokens/s: llama.cpp discussion 15013, as data/benchmarks.csv has it (a row that the fit does not use).
TEST(LookedUp, HoldsWhatWasPublishedOfAnRtx4090) {
  const auto forecast = decode_rate(card("RTX 4090"), "llama-2-7b-chat:Q4_0");
  EXPECT_LT(forecast.low.value, 189);
  EXPECT_GT(forecast.high.value, 189);
  EXPECT_NEAR(forecast.expected.value / 189, 1, 0.15);
}

TEST(LookedUp, NeverReadsFasterThanTheMemory) {
  const Shape shape = *find_shape("llama-2-7b-chat:Q4_0");
  for (const Hardware& hardware :
       {card("RTX 4090"), machine("8c avx2 2x ddr4-3200 32GiB"), card("Apple M2 Ultra")}) {
    const double most = *hardware.bandwidth / static_cast<double>(shape.decode_bytes().value);
    EXPECT_LT(decode_rate(hardware, "llama-2-7b-chat:Q4_0").expected.value, most) << hardware.part;
  }
}

TEST(LookedUp, TakesTheMemoryThatIsThereOverTheMakersOwn) {
  const Hardware slow = machine("E5-2660 v3 1x ddr4-2133 39GiB");
  const Hardware fast = machine("E5-2660 v3 4x ddr4-2133 39GiB");
  EXPECT_NEAR(*fast.bandwidth / *slow.bandwidth, 4, 0.01);
  EXPECT_GT(decode_rate(fast, "llama-2-13b-chat:Q4_K_M").expected.value,
            1.5 * decode_rate(slow, "llama-2-13b-chat:Q4_K_M").expected.value);
}

TEST(LookedUp, MoreThreadsAreNotSlowerUpToTheCores) {
  const auto one = decode_rate(machine("16c avx2 4x ddr4-2133 39GiB", 1), "llama-2-7b-chat:Q4_K_M");
  const auto all = decode_rate(machine("16c avx2 4x ddr4-2133 39GiB", 16), "llama-2-7b-chat:Q4_K_M");
  EXPECT_GT(all.expected.value, 2 * one.expected.value);
}

TEST(LookedUp, IsLessSureOfADesignThatNobodyPublished) {
  Hardware strange = card("RTX 4090");
  const auto known = looked_up_rates(strange, ModelKind::kDense);
  strange.family = "unheard of";
  strange.part = "Banana 9000";
  const auto unknown = looked_up_rates(strange, ModelKind::kDense);
  EXPECT_LT(unknown->decode.low, known->decode.low);
  EXPECT_GT(unknown->decode.high, known->decode.high);
}

TEST(LookedUp, GuessesMemoryFromCoresAndInstructionSet) {
  const Hardware hardware{
      .part = "some processor", .isa = "avx2", .backend = "CPU", .group = "cpu-desktop", .cores = 8};
  const auto rates = looked_up_rates(hardware, ModelKind::kDense);
  ASSERT_TRUE(rates);
  EXPECT_LT(rates->decode.low, 0.6);
}

TEST(LookedUp, SaysWhatToTellWhereTooLittleIsKnown) {
  const auto processor = looked_up_rates({.part = "some processor"}, ModelKind::kDense);
  ASSERT_FALSE(processor);
  EXPECT_EQ(processor.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(processor.error().fix.find("ddr4"), std::string::npos);
  EXPECT_FALSE(looked_up_rates({.kind = HardwareKind::kGpu, .part = "some card"}, ModelKind::kDense));
}

TEST(LookedUp, PricesEveryTypeAtEveryNumberOfRows) {
  for (const Hardware& hardware : {card("RTX 4090"), machine("8c avx2 2x ddr4-3200 32GiB")}) {
    const auto rates = looked_up_rates(hardware, ModelKind::kDense);
    for (const TypeGeometry& type : all_types()) {
      const TypeCost& cost = rates->types.at(type.type);
      for (std::size_t i = 1; i < cost.size(); ++i)
        EXPECT_GE(cost[i].seconds, cost[i - 1].seconds) << type.name;
      EXPECT_GT(cost.front().seconds, 0) << type.name;
    }
  }
}

TEST(LookedUp, NoStepIsQuickerThanReadingTheWeightsFromMemory) {
  const Shape shape = *find_shape("llama-2-13b-chat:Q4_K_M");
  Hardware hardware = processor_hardware(*find_cpu("Xeon E5-2660 v3"));
  ASSERT_TRUE(hardware.most_bandwidth) << "registered modules hold to what is specified";
  *hardware.most_bandwidth = 10e9;  // a tenth of what the formula reckons with: the floor binds
  const auto rates = looked_up_rates(hardware, ModelKind::kDense);
  const Timings timings = *timings_from_rates(model_work(shape), shape, *rates);
  const double bytes = static_cast<double>(shape.decode_bytes().value) - 25e6;
  EXPECT_NEAR(timings.decode.front().duration.low.value, bytes / 10e9, 0.01 * bytes / 10e9);
  EXPECT_LE(timings.decode.front().duration.low, timings.decode.front().duration.expected);
  EXPECT_GE(timings.prefill.front().duration.low.value, 0.99 * bytes / 10e9);
}

TEST(LookedUp, DesktopsMayHaveFasterModulesThanSpecifiedUnlessTheyWereTold) {
  EXPECT_FALSE(processor_hardware(*find_cpu("Ryzen 9 7950X")).most_bandwidth);
}

}  // namespace
}  // namespace tokcast
