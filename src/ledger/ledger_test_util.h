// A promise and an actual with every field set, for tests.
#ifndef TOKCAST_LEDGER_LEDGER_TEST_UTIL_H_
#define TOKCAST_LEDGER_LEDGER_TEST_UTIL_H_

#include "ledger/promise.h"

namespace tokcast {

inline Interval<Seconds> seconds_between(double low, double expected, double high) {
  return {Seconds(low), Seconds(expected), Seconds(high)};
}

inline Interval<TokensPerSecond> rates_between(double low, double expected, double high) {
  return {TokensPerSecond(low), TokensPerSecond(expected), TokensPerSecond(high)};
}

inline Site test_site() {
  return {"machine", "hardware", "A Processor", "6.1", "engine-1", "0.7.0 (build 1)"};
}

// A turn of 6 to 9 s within 10 s: prefill 32 tokens/s, decode 6 tokens/s.
inline Promise test_promise(const std::string& model = "some-model") {
  Promise out{.unix_time = 1'700'000'000,
              .accepted_by = AcceptedBy::kSetup,
              .model = model,
              .quantization = "Q4_K_M",
              .shape_key = "shape of " + model,
              .file_sha256 = std::string(64, 'a'),
              .file_bytes = Bytes(2'000'000'000),
              .file_path = "/models/" + model + ".gguf",
              .file_changed = 1'600'000'000'123'456'789,
              .site = test_site(),
              .threads = 2,
              .workload = {},
              .evidence = Evidence::kRehearsed,
              .source = "rehearsed on 2 and 8 of 24 layers",
              .verdict = Verdict::kKeeps};
  out.times = {.cold_load = seconds_between(5, 8, 20),
               .load = seconds_between(1, 1.5, 2),
               .prefill = rates_between(28, 32, 36),
               .decode = rates_between(5.5, 6, 6.6),
               .first_token = seconds_between(3.5, 4, 4.6),
               .turn = seconds_between(6, 8, 9)};
  return out;
}

inline Actual test_actual(std::int64_t promise, double turn = 8.1) {
  return {.promise_id = promise,
          .unix_time = 1'700'000'100,
          .kind = ActualKind::kBench,
          .site = test_site(),
          .threads = 2,
          .cold_load = Seconds(9),
          .load = Seconds(1.4),
          .first_token = Seconds(4.1),
          .prefill = TokensPerSecond(31),
          .decode = TokensPerSecond(6.1),
          .turn = Seconds(turn),
          .contention = {.cpu_pressure_share = 0.01, .stolen_share = std::nullopt},
          .compute_bytes = Bytes(300'000'000),
          .samples = {{{.prompt = 128}, {Seconds(4.1), Seconds(4.2)}}, {{.generate = 29}, {Seconds(4.7)}}},
          .load_samples = {Seconds(1.4), Seconds(1.5)},
          .cold_load_samples = {Seconds(9)}};
}

}  // namespace tokcast

#endif  // TOKCAST_LEDGER_LEDGER_TEST_UTIL_H_
