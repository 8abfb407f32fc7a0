#include "choose/ladder.h"

#include <fmt/format.h>

#include <array>
#include <functional>

#include "forecast/looked_up.h"
#include "forecast/model_work.h"

namespace tokcast {
namespace {

Result<KernelRates> or_missing(const std::optional<KernelRates>& rates, std::string message,
                               std::string fix) {
  if (rates) return *rates;
  return fail(ErrorKind::kNotFound, std::move(message), "", std::move(fix));
}

Result<KernelRates> rates_on(const Ladder& ladder, Evidence rung, const Shape& shape) {
  switch (rung) {
    case Evidence::kCalibrated:
      return or_missing(ladder.calibrated, "this machine and engine are not calibrated with these threads",
                        "Run `tokcast calibrate`.");
    case Evidence::kEstimated:
      return or_missing(ladder.estimated, "this machine's rates were not measured", "Run `tokcast probe`.");
    case Evidence::kLookedUp:
      break;
    default:
      return fail(ErrorKind::kNotFound, fmt::format("no {} timings are stored", evidence_name(rung)),
                  shape.id);
  }
  if (!ladder.hardware) {
    return fail(ErrorKind::kNotFound, "nothing is known about the hardware", "",
                "Name its parts: --machine \"16c avx2 4x ddr4-2133 39GiB\".");
  }
  return looked_up_rates(*ladder.hardware, shape.experts ? ModelKind::kMixture : ModelKind::kDense);
}

Result<Timings> timings_on(const Ladder& ladder, Evidence rung, const Shape& shape, const ModelWork& work) {
  const auto rates = rates_on(ladder, rung, shape);
  if (!rates) return std::unexpected(rates.error());
  return timings_from_rates(work, shape, *rates);
}

}  // namespace

Result<Timings> timings_from(const Ladder& ladder, const Shape& shape, std::optional<Evidence> only) {
  if (!shape.not_modelled.empty()) {
    return fail(ErrorKind::kUnsupported, shape.not_modelled.front(), shape.id);
  }
  const ModelWork work = model_work(shape);
  if (only) return timings_on(ladder, *only, shape, work);
  Result<Timings> best = std::unexpected(Error{});
  std::optional<Error> strongest;
  for (const Evidence rung : {Evidence::kCalibrated, Evidence::kEstimated, Evidence::kLookedUp}) {
    best = timings_on(ladder, rung, shape, work);
    if (best) break;
    if (!strongest) strongest = best.error();
  }
  if (!best) return std::unexpected(*strongest);
  // A calibration is worth making, and one that lacks a type is worth completing.
  if (strongest && (ladder.calibrated || ladder.can_calibrate))
    best->source += fmt::format(" ({}. {})", strongest->message, strongest->fix);
  return best;
}

Workload placed(Workload workload, const Shape& shape, bool on_gpu) {
  if (on_gpu) workload.gpu_layers = static_cast<std::uint32_t>(shape.layers.size());
  return workload;
}

std::optional<Evidence> find_evidence(std::string_view name) {
  using enum Evidence;
  for (const Evidence rung : {kLookedUp, kEstimated, kCalibrated, kRehearsed, kMeasured}) {
    if (evidence_name(rung) == name) return rung;
  }
  return std::nullopt;
}

}  // namespace tokcast
