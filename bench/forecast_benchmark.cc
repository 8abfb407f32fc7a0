// How long the forecaster takes, without measuring anything: 1,000 models (the catalogue's rows in several
// quantisations) against the rates of one calibrated machine. The aim is at most 100 ms in all.
//
//   forecasts              the shapes are there: work, timings, forecast
//   shapes_and_forecasts   each shape is expanded from its row first
//
// The counter `models` is how many were forecast in each iteration.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "forecast/forecast.h"
#include "forecast/kernel_rates.h"
#include "model/catalogue.h"

namespace tokcast {
namespace {

constexpr std::size_t kModels = 1000;

struct Named {
  const CatalogueRow* row;
  std::string_view mix;
};

std::vector<Named> models() {
  constexpr auto kMixes = std::to_array<std::string_view>({"Q4_K_M", "Q8_0", "Q5_K_M", "Q4_0", "IQ4_XS"});
  std::vector<Named> out;
  for (const std::string_view mix : kMixes) {
    for (const CatalogueRow& row : catalogue()) {
      if (out.size() < kModels) out.push_back({&row, mix});
    }
  }
  return out;
}

Shape shape_of(const Named& model) {
  auto header = expand(*model.row, model.mix);
  if (!header) std::abort();
  return shape_from_header(std::move(*header), model.row->id).value();
}

// As a calibration leaves them: a cost at four sizes of batch for every type.
KernelRates rates() {
  KernelRates out{.evidence = Evidence::kCalibrated, .source = "benchmark", .threads = 8};
  for (const TypeGeometry& type : all_types()) {
    const double bytes = static_cast<double>(type.block_bytes) / static_cast<double>(type.block_elements);
    const double one = bytes / 40e9;
    out.types[type.type] = {{1, one}, {8, 1.5 * one}, {32, 3 * one}, {128, 9 * one}, {512, 34 * one}};
  }
  out.layer_seconds = 50e-6;
  out.activation_seconds = 1e-11;
  out.key_value_seconds = 5e-11;
  out.decode_attention_seconds = 1e-11;
  out.attention_seconds = 1e-11;
  out.head_rest = HeadRest{};
  out.expert_factors = {{1, 1.0}, {32, 1.2}, {128, 1.1}};
  return out;
}

void forecast_one(const Shape& shape, const KernelRates& machine) {
  const MemoryBound limit{Bytes(32 * kGibi.value), "benchmark"};
  const auto timings = timings_from_rates(model_work(shape), shape, machine);
  if (!timings) throw std::runtime_error(shape.id + ": " + describe(timings.error()));
  benchmark::DoNotOptimize(forecast(shape, *timings, {}, limit));
}

void forecasts(benchmark::State& state) {
  std::vector<Shape> shapes;
  for (const Named& model : models()) shapes.push_back(shape_of(model));
  const KernelRates machine = rates();
  for ([[maybe_unused]] auto _ : state) {
    for (const Shape& shape : shapes) forecast_one(shape, machine);
  }
  state.counters["models"] = static_cast<double>(shapes.size());
}
BENCHMARK(forecasts)->Unit(benchmark::kMillisecond);

void shapes_and_forecasts(benchmark::State& state) {
  const std::vector<Named> all = models();
  const KernelRates machine = rates();
  for ([[maybe_unused]] auto _ : state) {
    for (const Named& model : all) forecast_one(shape_of(model), machine);
  }
  state.counters["models"] = static_cast<double>(all.size());
}
BENCHMARK(shapes_and_forecasts)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tokcast

BENCHMARK_MAIN();
