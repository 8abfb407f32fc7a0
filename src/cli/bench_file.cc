#include "cli/bench_file.h"

#include <optional>

#include "cli/forecast_text.h"
#include "cli/progress.h"
#include "cli/terminal.h"

namespace tokcast {
namespace {

template <typename Quantity>
std::optional<Quantity> median_of(const std::optional<Interval<Quantity>>& interval) {
  return interval ? std::optional(interval->expected) : std::nullopt;
}

}  // namespace

Result<Measurement> bench_file(const Shape& shape, const std::string& path, const Promise& promise,
                               const Setting& setting, const BenchEffort& effort) {
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  progress.begin("Measuring " + model_label(shape));
  return measure(shape, *setting.engine, setting.machine,
                 {.model_path = path,
                  .threads = promise.threads,
                  .workload = promise.workload,
                  .allowance = effort.allowance,
                  .cold = effort.cold,
                  .progress = [&progress](std::string_view step) { progress.detail(step); }});
}

Actual actual_of(const Promise& promise, const Measurement& measurement, const Site& site) {
  const Workload& workload = promise.workload;
  const MeasuredTurn turn = measured_turn(measurement, workload);
  return {.promise_id = promise.id,
          .kind = ActualKind::kBench,
          .site = site,
          .threads = measurement.threads,
          .prompt_tokens = workload.prompt_tokens,
          .cached_tokens = workload.cached_tokens,
          .reply_tokens = workload.reply_tokens,
          .depth_tokens = workload.depth_tokens,
          .cold_load = median_of(turn.cold_load),
          .load = median_of(turn.load),
          .first_token = median_of(turn.first_token),
          .prefill = median_of(turn.prefill),
          .decode = median_of(turn.decode),
          .turn = median_of(turn.turn),
          .contention = measurement.contention,
          .compute_bytes = measurement.compute_bytes,
          .samples = measurement.samples,
          .load_samples = measurement.load,
          .cold_load_samples = measurement.cold_load};
}

}  // namespace tokcast
