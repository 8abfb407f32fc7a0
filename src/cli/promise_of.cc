#include "cli/promise_of.h"

#include "rehearse/rehearsal.h"

namespace tokcast {

Promise promise_of(const Shape& shape, const Forecast& forecast, const Setting& setting,
                   std::uint32_t threads, AcceptedBy by) {
  Promise out{.accepted_by = by,
              .model = shape.id,
              .quantization = shape.quantization,
              .shape_key = shape_key(shape),
              .file_bytes = shape.header.file_bytes,
              .site = site_of(setting.machine, *setting.engine),
              .threads = threads,
              .workload = forecast.workload,
              .verdict = forecast.verdict};
  if (!forecast.turn) return out;
  out.evidence = forecast.turn->evidence;
  out.source = forecast.turn->source;
  out.times = promised_times(*forecast.turn);
  out.correction = forecast.turn->correction;
  return out;
}

}  // namespace tokcast
