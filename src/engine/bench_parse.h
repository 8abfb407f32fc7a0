// What llama-bench prints, read strictly: one JSON object a line on stdout, talk on stderr.
#ifndef TOKCAST_ENGINE_BENCH_PARSE_H_
#define TOKCAST_ENGINE_BENCH_PARSE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "engine/bench.h"

namespace tokcast {

// One line of `-o jsonl`: a test with its samples, and what the engine says of its settings.
struct BenchLine {
  BenchSamples samples;
  std::uint64_t threads = 0;
  std::uint64_t batch = 0;
  std::uint64_t micro_batch = 0;
  std::uint64_t build = 0;
  std::string cpu;
  std::string backends;
};

// Every line of `text`. Errors: kEngineFailed with the line's number and the field that is wrong.
Result<std::vector<BenchLine>> parse_bench_output(std::string_view text);

// The lines answer exactly `tests` under the settings of `request`. Errors: kEngineFailed.
Result<void> check_answer(const std::vector<BenchLine>& lines, const std::vector<BenchTest>& tests,
                          const BenchRequest& request);

// The line of the engine's stderr that best says why it failed: fit for a message, capped, empty if there is
// none.
std::string last_words(std::string_view standard_error);

struct BufferSizes {
  std::optional<Bytes> compute;
  std::optional<Bytes> kv;
};

// The buffers of the largest context that the engine made, from its verbose talk.
BufferSizes parse_buffer_sizes(std::string_view standard_error);

}  // namespace tokcast

#endif  // TOKCAST_ENGINE_BENCH_PARSE_H_
