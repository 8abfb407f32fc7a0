#include "cli/tier_forecasts.h"

#include <utility>

#include "cli/find_model.h"

namespace tokcast {
namespace {

GpuSurvey gpus_of(const Setting& setting) {
  if (setting.profile) return setting.profile->gpus;
  if (setting.elsewhere) return {};
  // This very program asks the drivers, in a process of its own (machine/gpu.h).
  return survey_gpus({.helper = {"/proc/self/exe", "gpu-library"}});
}

}  // namespace

TierMachine tier_machine_of(const Setting& setting) {
  return tier_machine(setting.machine, gpus_of(setting),
                      setting.profile ? setting.profile->rates : std::nullopt);
}

std::string model_name_of(const RegistryModel& model) {
  if (model.file.is_here()) return model.file.url;
  return catalogue_name(model).value_or(model.file.url);
}

TierForecasts::Asked& TierForecasts::asked(bool on_gpu) {
  Asked& out = on_gpu ? card_ : processor_;
  if (!out.ladder) {
    out.question.threads = setting_.threads({});
    out.question.on_gpu = on_gpu;
    out.ladder.emplace(setting_, out.question);
  }
  return out;
}

Result<TierForecast> TierForecasts::forecast(const Tier& tier) {
  const bool on_gpu = tier.on_gpu();
  if (on_gpu && setting_.cards().empty()) {
    return fail(ErrorKind::kUnsupported, "nothing is known of a graphics card's speed here", tier.name,
                "A processor's tier can be forecast.");
  }
  const std::string name = model_name_of(*tier.llm);
  auto shape = find_model(name);
  if (!shape) return std::unexpected(shape.error());
  Asked& on = asked(on_gpu);
  on.question.workload = tier.turn;
  Forecast answer = forecast_one(name, *shape, setting_, *on.ladder, on.question);
  return TierForecast{std::move(*shape), std::move(answer)};
}

}  // namespace tokcast
