// The fingerprint: forecasts of a fixed set of models on fixed machines, compared with the committed ones in
// tests/fingerprint/forecasts.txt. With TOKCAST_UPDATE=1 in the environment that file is rewritten instead;
// `git diff` then shows what a change does to forecasts, and its author says why.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "forecast/forecast.h"
#include "forecast/hardware.h"
#include "forecast/kernel_rates.h"
#include "forecast/looked_up.h"
#include "machine/profile.h"
#include "model/naming.h"

namespace tokcast {
namespace {

constexpr const char* kPath = TOKCAST_SOURCE_DIR "/tests/fingerprint/forecasts.txt";

struct NamedWorkload {
  std::string_view name;
  Workload workload;
};

const NamedWorkload voice{"voice", {}};
const NamedWorkload chat{"chat",
                         {.prompt_tokens = 2048,
                          .cached_tokens = 1024,
                          .reply_tokens = 256,
                          .depth_tokens = 4096,
                          .context_tokens = 8192,
                          .turn_budget = Seconds(60),
                          .first_token_budget = Seconds(5)}};

// Machines of round figures, so that nothing but the cost model moves their forecasts.
struct FixedMachine {
  std::string_view name;
  std::uint32_t threads;
  double gigabytes_a_second;  // that weights stream at
  double unpack;              // ns of one parameter at one row, at least
  double multiply;            // ns of one parameter and each further row
  double layer_microseconds;
  std::uint64_t memory_gibibytes;
};

constexpr auto kMachines =
    std::to_array<FixedMachine>({{"2-core AVX-512 guest", 2, 29, 0.025, 0.0045, 80, 14},
                                 {"16-thread AVX2 server", 16, 45, 0.012, 0.006, 40, 39},
                                 {"24 GB graphics card", 1, 800, 0.0004, 0.00003, 8, 23}});

// One of each kind: dense, tied, windows, mixtures, mixtures of windows, hybrids, shared experts; many types.
constexpr auto kModels = std::to_array<const char*>(
    {"llama-2-13b-chat:Q4_K_M", "llama-2-7b-chat:Q4_0", "tinyllama-1.1b-chat:Q8_0",
     "qwen2.5-1.5b-instruct:Q4_K_M", "llama-3.1-8b-instruct:IQ4_XS", "llama-3.1-70b-instruct:Q2_K",
     "gemma-3-4b-it:Q5_K_M", "phi-4:Q6_K", "mixtral-8x7b-instruct:Q4_K_M", "qwen3-30b-a3b:Q4_K_M",
     "gpt-oss-20b:MXFP4_MOE", "nemotron-nano-9b-v2:Q4_K_M", "lfm2-1.2b:F16", "granite-4.0-h-tiny:Q4_K_M"});
constexpr auto kFew = std::to_array<const char*>({"llama-2-13b-chat:Q4_K_M", "qwen2.5-1.5b-instruct:Q4_K_M",
                                                  "gemma-3-4b-it:Q5_K_M", "qwen3-30b-a3b:Q4_K_M"});

KernelRates rates_of(const FixedMachine& machine) {
  KernelRates rates{.evidence = Evidence::kCalibrated, .source = "fixed", .threads = machine.threads};
  const double byte_seconds = 1e-9 / machine.gigabytes_a_second;
  for (const TypeGeometry& type : all_types()) {
    const double bytes = static_cast<double>(type.block_bytes) / static_cast<double>(type.block_elements);
    const double one = std::max(bytes * byte_seconds, machine.unpack * 1e-9);
    rates.types[type.type] = {{1, one}, {513, one + 512 * machine.multiply * 1e-9}};
  }
  rates.step_seconds = 1e-3;
  rates.layer_seconds = machine.layer_microseconds * 1e-6;
  rates.activation_seconds = byte_seconds;
  rates.key_value_seconds = 2 * byte_seconds;
  rates.attention_seconds = 4e-9 * machine.multiply;
  rates.decode = {0.92, 1.12};
  rates.prefill = {0.88, 1.2};
  return rates;
}

// As a rehearsal on a small machine might end.
Timings rehearsed() {
  Timings timings{.evidence = Evidence::kRehearsed, .source = "fixed", .threads = 2};
  timings.prefill = {{32, 0, around(Seconds(0.8), 0.94, 1.1)},
                     {128, 0, around(Seconds(2.9), 0.93, 1.09)},
                     {128, 1024, around(Seconds(3.4), 0.92, 1.12)},
                     {512, 0, around(Seconds(12.5), 0.93, 1.1)}};
  timings.decode = {{4, around(Seconds(0.105), 0.95, 1.08)}, {1028, around(Seconds(0.124), 0.93, 1.12)}};
  timings.compute_bytes = Bytes(300'000'000);
  return timings;
}

template <typename Quantity>
std::string triple(const Interval<Quantity>& interval) {
  return format_number(interval.low.value) + " " + format_number(interval.expected.value) + " " +
         format_number(interval.high.value);
}

std::string line(const std::string& model, std::string_view machine, const Shape& shape,
                 const Result<Timings>& timings, const NamedWorkload& workload,
                 const std::optional<MemoryBound>& limit) {
  const std::string head = fmt::format("{} | {} | {}", model, machine, workload.name);
  if (!timings) return fmt::format("{} | {}\n", head, timings.error().message);
  const Forecast out = forecast(shape, *timings, workload.workload, limit);
  const double gigabytes = static_cast<double>(out.memory.total().value) / 1e9;
  return fmt::format("{} | {} {} | {} | {} | {} | {} | {}\n", head, evidence_name(out.turn->evidence),
                     out.turn->threads, triple(out.turn->prefill), triple(out.turn->decode),
                     triple(out.turn->turn), format_number(gigabytes), verdict_name(out.verdict));
}

std::string on_fixed_machine(const char* model, const FixedMachine& machine, const NamedWorkload& workload) {
  const Shape shape = find_shape(model).value();
  const MemoryBound limit{Bytes(machine.memory_gibibytes * kGibi.value), "fixed"};
  const auto timings = timings_from_rates(model_work(shape), shape, rates_of(machine));
  return line(model, machine.name, shape, timings, workload, limit);
}

std::string on_fixed_machines() {
  std::string out;
  for (const FixedMachine& machine : kMachines) {
    for (const char* model : kModels) out += on_fixed_machine(model, machine, voice);
    for (const char* model : kFew) out += on_fixed_machine(model, machine, chat);
  }
  for (const char* model : kFew) {
    out += line(model, "rehearsed alike", find_shape(model).value(), rehearsed(), chat, std::nullopt);
  }
  return out;
}

Result<Timings> looked_up(const Shape& shape, const Hardware& hardware) {
  const auto rates = looked_up_rates(hardware, shape.experts ? ModelKind::kMixture : ModelKind::kDense);
  if (!rates) return std::unexpected(rates.error());
  return timings_from_rates(model_work(shape), shape, *rates);
}

// The committed profiles of tests/fixtures/machines, each on its processor and on its card if that is known.
std::string on_fixture(const std::string& name) {
  const std::string path = fmt::format("{}/expected/{}.json", TOKCAST_FIXTURES, name);
  const Profile profile = profile_from_json(parse_json(read_file(path).value(), path).value()).value();
  const auto own = profile.limits.memory_limit();
  const auto limit = own ? std::optional(MemoryBound{own->bytes, own->from}) : std::nullopt;
  const auto card = gpu_hardware_of(profile);
  std::string out;
  for (const char* model : kFew) {
    const Shape shape = find_shape(model).value();
    const Hardware processor = hardware_of(profile, profile.limits.usable_threads());
    out += line(model, name, shape, looked_up(shape, processor), voice, limit);
    if (card) out += line(model, name + " (card)", shape, looked_up(shape, *card), voice, std::nullopt);
  }
  return out;
}

std::string forecasts() {
  std::string out =
      "# model | machine | workload | evidence, threads | prefill tokens/s: low expected high | decode "
      "tokens/s "
      "| turn s | memory GB | verdict\n";
  out += on_fixed_machines();
  for (const char* fixture : {"firecracker-xeon-2cpu", "dual-xeon-e5-2660-v3", "epyc-7702-nps4",
                              "raspberry-pi-5", "core-i7-12700h-rtx-3060", "apple-m1-asahi", "no-sys"}) {
    out += on_fixture(fixture);
  }
  return out;
}

TEST(Fingerprint, ForecastsAreAsCommitted) {
  const std::string now = forecasts();
  if (getenv("TOKCAST_UPDATE") != nullptr) {
    ASSERT_TRUE(write_file(kPath, now));
    return;
  }
  EXPECT_EQ(now, read_file(kPath).value_or("no such file"))
      << "run with TOKCAST_UPDATE=1 to rewrite it, then say in the commit why forecasts changed";
}

}  // namespace
}  // namespace tokcast
