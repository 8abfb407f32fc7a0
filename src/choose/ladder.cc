#include "choose/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "forecast/looked_up.h"
#include "forecast/model_work.h"
#include "forecast/offload.h"

namespace tokcast {
namespace {

ModelKind kind_of(const Shape& shape) {
  return shape.experts ? ModelKind::kMixture : ModelKind::kDense;
}

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
  return looked_up_rates(*ladder.hardware, kind_of(shape));
}

// By their memories; by their number where those are not known.
Result<std::vector<CardRates>> card_rates(const std::vector<Card>& cards, const Shape& shape) {
  const bool known = std::ranges::all_of(cards, [](const Card& card) { return card.memory.has_value(); });
  std::vector<CardRates> out;
  for (const Card& card : cards) {
    auto rates = looked_up_rates(card.hardware, kind_of(shape));
    if (!rates) return std::unexpected(rates.error());
    const double weight = known ? static_cast<double>(card.memory->value) : card.hardware.devices;
    out.push_back({.rates = std::move(*rates), .weight = weight, .shares_memory = card.shares_memory});
  }
  return out;
}

// Of the processor, the strongest rung that can price the model.
std::optional<KernelRates> processor_rates(const Ladder& ladder, const Shape& shape, const ModelWork& work) {
  for (const Evidence rung : {Evidence::kCalibrated, Evidence::kEstimated, Evidence::kLookedUp}) {
    auto rates = rates_on(ladder, rung, shape);
    if (rates && types_without_cost(work, *rates).empty()) return std::move(*rates);
  }
  return std::nullopt;
}

Result<Timings> timings_by_cards(const Ladder& ladder, const Shape& shape, const Workload& workload,
                                 const ModelWork& work, std::optional<Evidence> only) {
  if (only.value_or(Evidence::kLookedUp) != Evidence::kLookedUp) {
    return fail(ErrorKind::kNotFound, "what runs on graphics cards can only be looked up yet", shape.id,
                "Give --evidence looked-up, or --gpu-layers 0.");
  }
  const auto cards = card_rates(ladder.cards, shape);
  if (!cards) return std::unexpected(cards.error());
  return timings_on_cards(shape, workload, *cards, processor_rates(ladder, shape, work));
}

Result<Timings> timings_on(const Ladder& ladder, Evidence rung, const Shape& shape, const ModelWork& work,
                           const Workload& workload) {
  const auto rates = rates_on(ladder, rung, shape);
  if (!rates) return std::unexpected(rates.error());
  return timings_from_rates(work, shape, *rates, workload.sessions);
}

}  // namespace

Result<Timings> timings_from(const Ladder& ladder, const Shape& shape, std::optional<Evidence> only,
                             const Workload& workload) {
  if (!shape.not_modelled.empty()) {
    return fail(ErrorKind::kUnsupported, shape.not_modelled.front(), shape.id);
  }
  const ModelWork work = model_work(shape);
  if (workload.gpu_layers > 0 && !ladder.cards.empty()) {
    return timings_by_cards(ladder, shape, workload, work, only);
  }
  if (only) return timings_on(ladder, *only, shape, work, workload);
  Result<Timings> best = std::unexpected(Error{});
  std::optional<Error> strongest;
  for (const Evidence rung : {Evidence::kCalibrated, Evidence::kEstimated, Evidence::kLookedUp}) {
    best = timings_on(ladder, rung, shape, work, workload);
    if (best) break;
    if (!strongest) strongest = best.error();
  }
  if (!best) return std::unexpected(*strongest);
  // A calibration is worth making, and one that lacks a type is worth completing.
  if (strongest && (ladder.calibrated || ladder.can_calibrate))
    best->source += fmt::format(" ({}. {})", strongest->message, strongest->fix);
  return best;
}

void complete_from(const Timings& below, Timings& rehearsed) {
  constexpr double kWider = 1.2;  // rates of other matrices stand in for this model's own
  if (!below.parallel) return;
  ParallelStep step = *below.parallel;
  step.growth.low = 1 + (step.growth.low - 1) / kWider;
  step.growth.high = 1 + (step.growth.high - 1) * kWider;
  rehearsed.parallel = step;
  rehearsed.source += fmt::format(", further sessions {}", evidence_name(below.evidence));
}

Workload placed(Workload workload, const Shape& shape, bool on_gpu, const MemoryLimits& limits) {
  const auto all = static_cast<std::uint32_t>(shape.layers.size()) + 1;
  if (!on_gpu) {
    workload.gpu_layers = 0;
  } else if (workload.gpu_layers == 0) {
    workload.gpu_layers = layers_that_fit(shape, workload, limits);
  } else {
    workload.gpu_layers = std::min(workload.gpu_layers, all);
  }
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
