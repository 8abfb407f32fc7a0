#include "rehearse/calibration_rates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/temporary_directory_test_util.h"
#include "engine/fake_engine_test_util.h"
#include "forecast/cost_model.h"
#include "rehearse/calibration_json.h"
#include "rehearse/calibration_store.h"

namespace tokcast {
namespace {

// An engine whose every cost is known.
KernelRates known_rates(std::uint32_t vector_values = 64) {
  KernelRates rates{.step_seconds = 50e-6,
                    .layer_seconds = 20e-6,
                    .activation_seconds = 0.5e-9,
                    .key_value_seconds = 0.2e-9,
                    .decode_attention_seconds = 0.1e-9,
                    .attention_seconds = 0.05e-9,
                    .head_rest = HeadRest{
                        .vector_values = vector_values, .decode_seconds = 2.4e-9, .prefill_seconds = 1.1e-9}};
  // Eight rows, which this calibration does not time, cost what lies between one and 32.
  rates.types[GgmlType::kQ4_K] = {
      {1, 40e-12}, {8, 76.13e-12}, {32, 200e-12}, {128, 750e-12}, {512, 2900e-12}};
  rates.types[GgmlType::kQ6_K] = {{1, 60e-12}, {8, 240e-12}, {32, 330e-12}, {128, 900e-12}, {512, 3500e-12}};
  rates.expert_factors = {{1, 1.1}, {8, 1.5}, {32, 2.5}};
  return rates;
}

double true_seconds(const CalibrationModel& model, const BenchTest& test, std::uint32_t vector_values) {
  const Shape shape = *calibration_shape(model);
  const Timings timings = *timings_from_rates(model_work(shape), shape, known_rates(vector_values));
  if (test.generate > 0) {
    return test.generate * decode_step(shape, timings, test.depth).expected.value;
  }
  return prefill(shape, timings, test.prompt, test.depth).expected.value;
}

CalibrationSamples samples_of(const CalibrationModel& model, const BenchTest& test,
                              std::uint32_t vector_values = 64) {
  const Seconds truth(true_seconds(model, test, vector_values));
  return {.model = model, .test = test, .after_load = false, .samples = {truth, truth, truth}};
}

Calibration ideal_calibration(std::uint32_t vector_values = 64,
                              CalibrationRole own = CalibrationRole::kManyOwn,
                              CalibrationRole shared = CalibrationRole::kManyShared) {
  Calibration out{.engine_identity = "engine", .machine_identity = "machine", .threads = 3};
  using enum CalibrationRole;
  for (const CalibrationRole role : {kShallow, kTall, kMedium}) {
    for (const std::uint32_t prompt : {32U, 128U}) {
      out.samples.push_back(samples_of({role, kCommonType}, {.prompt = prompt}));
    }
    out.samples.push_back(samples_of({role, kCommonType}, {.generate = 8}));
  }
  for (const CalibrationRole role : {own, shared, kHeads96, kHeads80}) {
    for (const std::uint32_t depth : {0U, 1024U}) {
      out.samples.push_back(samples_of({role, kCommonType}, {.prompt = 128, .depth = depth}, vector_values));
      out.samples.push_back(samples_of({role, kCommonType}, {.generate = 8, .depth = depth}, vector_values));
    }
  }
  for (const std::uint32_t prompt : {32U, 128U, 512U}) {
    out.samples.push_back(samples_of({kExperts, kCommonType}, {.prompt = prompt}));
  }
  out.samples.push_back(samples_of({kExperts, kCommonType}, {.generate = 8}));
  for (const GgmlType type : {GgmlType::kQ4_K, GgmlType::kQ6_K}) {
    for (const std::uint32_t prompt : {32U, 128U, 512U}) {
      out.samples.push_back(samples_of({kType, type}, {.prompt = prompt}));
    }
    out.samples.push_back(samples_of({kType, type}, {.generate = 8}));
  }
  return out;
}

void expect_near_share(double found, double truth, double share) {
  EXPECT_NEAR(found / truth, 1, share) << found << " instead of " << truth;
}

TEST(CalibrationRates, FindsTheCostsOfAnEngineWhoseCostsAreKnown) {
  const KernelRates truth = known_rates();
  const auto rates = rates_from(ideal_calibration());
  ASSERT_TRUE(rates);
  EXPECT_EQ(rates->evidence, Evidence::kCalibrated);
  EXPECT_EQ(rates->threads, 3U);
  for (const GgmlType type : {GgmlType::kQ4_K, GgmlType::kQ6_K}) {
    for (const double rows : {1.0, 32.0, 128.0, 512.0}) {
      expect_near_share(cost_at(rates->types.at(type), rows), cost_at(truth.types.at(type), rows), 0.03);
    }
  }
  expect_near_share(rates->key_value_seconds, truth.key_value_seconds, 0.02);
  expect_near_share(rates->decode_attention_seconds, truth.decode_attention_seconds, 0.02);
  expect_near_share(rates->attention_seconds, truth.attention_seconds, 0.02);
  expect_near_share(rates->layer_seconds, truth.layer_seconds, 0.1);
  expect_near_share(rates->activation_seconds, truth.activation_seconds, 0.1);
}

TEST(CalibrationRates, OfOlderCalibrationsStillTellWhatAttentionCosts) {
  const auto rates = rates_from(ideal_calibration(64, CalibrationRole::kOwnHeads, CalibrationRole::kShared));
  ASSERT_TRUE(rates);
  expect_near_share(rates->key_value_seconds, known_rates().key_value_seconds, 0.02);
  expect_near_share(rates->attention_seconds, known_rates().attention_seconds, 0.02);
}

TEST(CalibrationRates, TellWhatHeadsCostThatVectorsDoNotDivide) {
  for (const std::uint32_t vector_values : {64U, 32U}) {
    const auto rates = rates_from(ideal_calibration(vector_values));
    ASSERT_TRUE(rates && rates->head_rest);
    EXPECT_EQ(rates->head_rest->vector_values, vector_values);
    expect_near_share(rates->head_rest->decode_seconds, 2.4e-9, 0.05);
    expect_near_share(rates->head_rest->prefill_seconds, 1.1e-9, 0.05);
  }
}

TEST(CalibrationRates, TellWhatExpertsCostBesideDenseMatrices) {
  const auto rates = rates_from(ideal_calibration());
  ASSERT_TRUE(rates);
  ASSERT_EQ(rates->expert_factors.size(), 3U);
  // What counts is the cost that comes out: between 1 and 32 rows a dense matrix's own is a straight line.
  const KernelRates truth = known_rates();
  for (std::size_t i = 0; i < 3; ++i) {
    const RowFactor& found = rates->expert_factors[i];
    const double dense = cost_at(truth.types.at(kCommonType), truth.expert_factors[i].rows);
    expect_near_share(found.factor * cost_at(rates->types.at(kCommonType), found.rows),
                      truth.expert_factors[i].factor * dense, 0.05);
  }
  EXPECT_NEAR(rates->expert_factors[1].rows, 8, 0.1);
  EXPECT_NEAR(rates->expert_factors[2].rows, 32, 0.1);
  EXPECT_TRUE(ideal_calibration().has_experts());
  Calibration without = ideal_calibration();
  std::erase_if(without.samples,
                [](const CalibrationSamples& one) { return one.model.role == CalibrationRole::kExperts; });
  EXPECT_FALSE(without.has_experts());
  EXPECT_TRUE(rates_from(without)->expert_factors.empty());
}

// The models by which the figures are checked, their prefill `factor` times what the engine's costs say.
Calibration checked_calibration(double factor) {
  using enum CalibrationRole;
  Calibration out = ideal_calibration();
  for (const CalibrationRole role : {kWide, kCheckNorms}) {
    out.samples.push_back(samples_of({role, kCommonType}, {.generate = 8}));
    CalibrationSamples slow = samples_of({role, kCommonType}, {.prompt = 128});
    for (Seconds& sample : slow.samples) sample = Seconds(sample.value * factor);
    out.samples.push_back(std::move(slow));
  }
  return out;
}

TEST(CalibrationRates, PromiseLessWhereModelsThatTheyWereNotSolvedFromStray) {
  EXPECT_FALSE(ideal_calibration().has_checks());
  EXPECT_TRUE(checked_calibration(1).has_checks());
  const auto unchecked = rates_from(ideal_calibration());
  const auto exact = rates_from(checked_calibration(1));
  const auto astray = rates_from(checked_calibration(1.4));
  ASSERT_TRUE(unchecked && exact && astray);
  EXPECT_DOUBLE_EQ(exact->prefill.high, unchecked->prefill.high);
  EXPECT_DOUBLE_EQ(exact->decode.high, unchecked->decode.high);
  EXPECT_GT(astray->prefill.high, 1.3);
  EXPECT_LT(astray->prefill.low, 0.7);
  EXPECT_DOUBLE_EQ(astray->decode.high, unchecked->decode.high) << "their decode is as told";
}

TEST(CalibrationRates, TakeDecodeFromTheModelThatNoCacheHolds) {
  Calibration calibration = ideal_calibration();
  const CalibrationModel small{CalibrationRole::kType, GgmlType::kQ6_K};
  const CalibrationModel large{CalibrationRole::kLarge, GgmlType::kQ6_K};
  for (CalibrationSamples& group : calibration.samples) {
    if (group.model != small || group.test.generate == 0) continue;
    for (Seconds& sample : group.samples) sample = sample * 0.8;
  }
  const auto cached = rates_from(calibration);
  calibration.samples.push_back(samples_of(large, {.generate = 8}));
  const auto rates = rates_from(calibration);
  std::erase_if(calibration.samples,
                [&](const CalibrationSamples& one) { return one.model == small && one.test.generate > 0; });
  const auto alone = rates_from(calibration);
  ASSERT_TRUE(cached && rates && alone);
  const double truth = cost_at(known_rates().types.at(GgmlType::kQ6_K), 1);
  EXPECT_LT(cost_at(cached->types.at(GgmlType::kQ6_K), 1), 0.85 * truth);
  expect_near_share(cost_at(rates->types.at(GgmlType::kQ6_K), 1), truth, 0.03);
  expect_near_share(cost_at(alone->types.at(GgmlType::kQ6_K), 1), truth, 0.03);
}

TEST(CalibrationRates, TellWhatResultsOutOfLineCost) {
  using enum CalibrationRole;
  Calibration calibration = ideal_calibration();
  const CalibrationModel wide{kWide, GgmlType::kQ6_K};
  CalibrationSamples quick = samples_of(wide, {.prompt = 128});
  for (Seconds& sample : quick.samples) sample = Seconds(sample.value * 0.85);
  calibration.samples.push_back(quick);
  const auto rates = rates_from(calibration);
  ASSERT_TRUE(rates);
  EXPECT_FALSE(rates->unaligned_factors.contains(GgmlType::kQ4_K)) << "not measured";
  EXPECT_LT(rates->unaligned_factors.at(GgmlType::kQ6_K), 0.85) << "some of its matrices are aligned";
  const Shape shape = *calibration_shape(wide);
  const Timings timings = *timings_from_rates(model_work(shape), shape, *rates);
  expect_near_share(prefill(shape, timings, 128, 0).expected.value, quick.samples.front().value, 0.01);
  // Figures of before are as they were.
  const Shape aligned = *calibration_shape({kType, GgmlType::kQ6_K});
  const Timings before = *timings_from_rates(model_work(aligned), aligned, *rates_from(ideal_calibration()));
  const Timings after = *timings_from_rates(model_work(aligned), aligned, *rates);
  expect_near_share(prefill(aligned, after, 128, 0).expected.value,
                    prefill(aligned, before, 128, 0).expected.value, 0.01);
}

TEST(CalibrationRates, AreNotGuessedForHeadsThatWereNotMeasured) {
  Calibration older = ideal_calibration();
  std::erase_if(older.samples,
                [](const CalibrationSamples& one) { return one.model.role == CalibrationRole::kHeads96; });
  EXPECT_FALSE(older.has_heads());
  EXPECT_TRUE(ideal_calibration().has_heads());
  const auto rates = rates_from(older);
  ASSERT_TRUE(rates);
  EXPECT_FALSE(rates->head_rest);
  const Shape odd = *calibration_shape({CalibrationRole::kHeads96, kCommonType});
  const auto timings = timings_from_rates(model_work(odd), odd, *rates);
  ASSERT_FALSE(timings);
  EXPECT_EQ(timings.error().kind, ErrorKind::kUnsupported);
  const Shape usual = *calibration_shape({CalibrationRole::kOwnHeads, kCommonType});
  EXPECT_TRUE(timings_from_rates(model_work(usual), usual, *rates));
}

TEST(CalibrationRates, WidenTheIntervalOnABusyMachine) {
  Calibration busy = ideal_calibration();
  const Reach quiet = rates_from(busy)->decode;
  busy.contention.cpu_pressure_share = 0.4;
  for (CalibrationSamples& group : busy.samples) group.samples.front() = group.samples.front() * 1.25;
  const Reach wide = rates_from(busy)->decode;
  EXPECT_LT(wide.low, quiet.low);
  EXPECT_GT(wide.high, quiet.high);
}

TEST(CalibrationRates, CarryWhatOthersTook) {
  Calibration busy = ideal_calibration();
  EXPECT_FALSE(rates_from(busy)->taken_by_others);
  EXPECT_FALSE(busy.busy());
  busy.contention.others_share = 0.5;
  busy.contention.cpus = 4;
  EXPECT_TRUE(busy.busy());
  const auto rates = rates_from(busy);
  EXPECT_NEAR(*rates->taken_by_others, 1.0 / 3, 1e-9) << "three threads, two processors left";
  EXPECT_EQ(rates->undisturbed_threads, 2U);
  const Shape shape = *calibration_shape({CalibrationRole::kType, kCommonType});
  EXPECT_TRUE(is_busy(*timings_from_rates(model_work(shape), shape, *rates)));
}

TEST(CalibrationRates, AreRefusedWithoutTheModelsOnWhichAllRest) {
  Calibration partial = ideal_calibration();
  std::erase_if(partial.samples,
                [](const CalibrationSamples& one) { return one.model.role == CalibrationRole::kTall; });
  const auto rates = rates_from(partial);
  ASSERT_FALSE(rates);
  EXPECT_EQ(rates.error().kind, ErrorKind::kBadInput);
}

TEST(Calibration, NoticesABatchThatTookLongerThanASmallerOneAllows) {
  const auto batch = [](std::uint32_t rows, double seconds) {
    return CalibrationSamples{
        {CalibrationRole::kType, kCommonType}, {.prompt = rows}, false, {Seconds(seconds)}};
  };
  const std::vector quiet{batch(8, 0.03), batch(32, 0.06), batch(128, 0.19), batch(512, 0.85)};
  EXPECT_FALSE(looks_disturbed(quiet));
  std::vector late = quiet;
  late.push_back(batch(128, 0.49));  // a slow sample beside a quick one tells nothing
  EXPECT_FALSE(looks_disturbed(late));
  EXPECT_TRUE(looks_disturbed(std::vector{batch(32, 0.06), batch(128, 0.49)}));
  EXPECT_TRUE(looks_disturbed(std::vector{batch(128, 0.19), batch(512, 1.84)}));
  EXPECT_FALSE(looks_disturbed({}));
}

// What a calibration of one type by an engine of shell script times decode with.
std::set<CalibrationRole> roles_decoded(std::optional<Bytes> cache, std::optional<Bytes> memory = {}) {
  const TemporaryDirectory folder;
  write_fake_engine(folder.path());
  const Engine engine{.directory = folder.path(), .version = "fake", .identity = "fake"};
  Machine machine;
  machine.last_level_cache = cache;
  machine.memory_available = memory;
  const auto made = calibrate(
      engine, machine, {.types = {kCommonType}, .heads = false, .experts = false, .allowance = Seconds(0.1)});
  EXPECT_TRUE(made) << describe(made.error());
  if (!made) return {};
  EXPECT_TRUE(made->has(kCommonType));
  EXPECT_TRUE(rates_from(*made));
  std::set<CalibrationRole> roles;
  for (const CalibrationSamples& one : made->samples) {
    if (one.test.generate > 0) roles.insert(one.model.role);
  }
  return roles;
}

TEST(Calibration, DoesWithoutLargeModelsWhereMemoryIsShort) {
  using enum CalibrationRole;
  const auto roles = roles_decoded(480 * kMebi, 600 * kMebi);
  EXPECT_TRUE(roles.contains(kType));
  EXPECT_FALSE(roles.contains(kLarge));
}

TEST(Calibration, TimesDecodeBeyondTheReachOfALargeCache) {
  using enum CalibrationRole;
  const auto large = roles_decoded(480 * kMebi);
  EXPECT_TRUE(large.contains(kLarge));
  EXPECT_FALSE(large.contains(kType));
  for (const auto cache : {std::optional(32 * kMebi), std::optional<Bytes>()}) {
    const auto usual = roles_decoded(cache);
    EXPECT_FALSE(usual.contains(kLarge));
    EXPECT_TRUE(usual.contains(kType));
  }
}

TEST(CalibrationModel, EveryTypeInUseMakesAModel) {
  for (const GgmlType type : calibrated_types()) {
    const auto shape = calibration_shape({CalibrationRole::kType, type});
    ASSERT_TRUE(shape) << geometry(type).name;
    EXPECT_EQ(shape->header.tensors.front().type, type);
    EXPECT_LT(shape->weight_bytes(), Bytes(600'000'000));
  }
}

TEST(CalibrationModel, TheLargeOneGoesOnWhereTheOthersLayersEnd) {
  for (const GgmlType type : calibrated_types()) {
    const Shape few = *calibration_shape({CalibrationRole::kType, type});
    const Shape many = *calibration_shape({CalibrationRole::kLarge, type});
    EXPECT_GT(many.layers.size(), few.layers.size()) << geometry(type).name;
    EXPECT_GT(many.weight_bytes(), Bytes(220'000'000)) << geometry(type).name;
    EXPECT_LT(many.weight_bytes(), Bytes(600'000'000)) << geometry(type).name;
    for (const Tensor& tensor : few.header.tensors) {
      const auto same = std::ranges::find(many.header.tensors, tensor.name, &Tensor::name);
      ASSERT_NE(same, many.header.tensors.end()) << tensor.name;
      EXPECT_EQ(same->dimensions, tensor.dimensions) << tensor.name;
    }
  }
}

TEST(CalibrationModel, ATypeThatNoWeightsHaveIsRefused) {
  EXPECT_FALSE(calibration_shape({CalibrationRole::kType, GgmlType::kQ8_K}));
  EXPECT_FALSE(calibration_shape({CalibrationRole::kType, GgmlType::kI32}));
}

TEST(CalibrationJson, GivesBackWhatWasWritten) {
  Calibration calibration = ideal_calibration();
  calibration.refused.push_back({GgmlType::kMXFP4, "it is too old"});
  const Json json = calibration_to_json(calibration);
  const auto back = calibration_from_json(json);
  ASSERT_TRUE(back);
  EXPECT_EQ(calibration_to_json(*back), json);
  EXPECT_TRUE(back->has(GgmlType::kMXFP4));
  EXPECT_FALSE(back->has(GgmlType::kF16));
}

TEST(CalibrationJson, ReadsOnesThatDidNotCountWhatOthersRan) {
  Json json = calibration_to_json(ideal_calibration());
  json.erase("others_share");
  json.erase("cpus");
  const auto back = calibration_from_json(json);
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->contention.others_share);
}

TEST(CalibrationJson, LeavesOutAMixtureThatCachesMayHaveHeld) {
  Json json = calibration_to_json(ideal_calibration());
  for (Json& group : json["samples"]) {
    if (group["model"] == "mixture") group["model"] = "experts";
  }
  const auto read = calibration_from_json(json);
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_FALSE(read->has_experts());
  EXPECT_TRUE(read->has_heads());
}

TEST(CalibrationJson, AnyKeyMissingOrOfAnotherKindIsAnError) {
  const Json json = calibration_to_json(ideal_calibration());
  for (const auto& [key, value] : json.items()) {
    if (key == "others_share") continue;  // newer than the format
    Json broken = json;
    broken.erase(key);
    EXPECT_FALSE(calibration_from_json(broken)) << key;
    if (key == "samples") continue;
    broken[key] = Json::array({Json::object()});
    EXPECT_FALSE(calibration_from_json(broken)) << key;
  }
  Json negative = json;
  negative["samples"][0]["sample_seconds"][0] = -1;
  EXPECT_FALSE(calibration_from_json(negative));
}

TEST(CalibrationStore, FindsOnlyTheSameMachineEngineAndThreads) {
  const TemporaryDirectory directory;
  const CalibrationStore store(directory.path());
  Machine machine;
  machine.logical_cpus = 4;
  Engine engine;
  engine.identity = "build 1";
  Calibration calibration = ideal_calibration();
  calibration.engine_identity = engine.identity;
  calibration.machine_identity = machine.identity();
  ASSERT_TRUE(store.save(calibration));
  EXPECT_TRUE(store.find(engine, machine, 3));
  EXPECT_FALSE(store.find(engine, machine, 2));
  engine.identity = "build 2";
  EXPECT_FALSE(store.find(engine, machine, 3)) << "another build has other kernels";
  engine.identity = "build 1";
  machine.cpu_quota = 1.5;
  EXPECT_FALSE(store.find(engine, machine, 3)) << "a changed limit changes the speed";
}

TEST(CalibrationRates, RefusesACalibrationWithoutTheModelsThatShowAttention) {
  using enum CalibrationRole;
  for (const CalibrationRole role : {kShallow, kTall, kMedium, kManyOwn, kManyShared}) {
    Calibration lacking = ideal_calibration();
    std::erase_if(lacking.samples, [role](const CalibrationSamples& one) { return one.model.role == role; });
    const auto rates = rates_from(lacking);
    ASSERT_FALSE(rates) << calibration_model_name({role, kCommonType});
    EXPECT_EQ(rates.error().kind, ErrorKind::kBadInput);
  }
}

TEST(CalibrationRates, HasNoRatesForATypeWhoseDecodeWasNotTimed) {
  Calibration lacking = ideal_calibration();
  std::erase_if(lacking.samples, [](const CalibrationSamples& one) {
    return one.model.type == GgmlType::kQ6_K && one.test.generate > 0;
  });
  const auto rates = rates_from(lacking);
  ASSERT_TRUE(rates);
  EXPECT_FALSE(rates->types.contains(GgmlType::kQ6_K));
  EXPECT_TRUE(rates->types.contains(GgmlType::kQ4_K));
}

TEST(CalibrationModel, EveryTypeThatMayBeCalibratedHasAModel) {
  for (const TypeGeometry& type : all_types()) {
    if (!is_weight_type(type.type)) continue;
    EXPECT_TRUE(calibration_shape({CalibrationRole::kType, type.type})) << type.name;
  }
}

}  // namespace
}  // namespace tokcast
