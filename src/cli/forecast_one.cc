#include "cli/forecast_one.h"

#include <fmt/format.h>

#include "cli/forecast_text.h"
#include "cli/known_timings.h"
#include "forecast/load.h"
#include "rehearse/extend.h"

namespace tokcast {
namespace {

// What would make an unknown forecast known.
std::string how_to_know(const std::string& name, const Shape& shape, const Setting& setting,
                        const Error& unknown) {
  if (setting.elsewhere || !shape.not_modelled.empty()) return describe(unknown);
  if (!setting.engine) return "no engine: " + describe(setting.engine.error());
  return fmt::format("{} {} `tokcast rehearse {}`.", describe(unknown),
                     unknown.fix.empty() ? "Run" : "Or run", shell_word(name));
}

}  // namespace

Result<Timings> known_timings(const Shape& shape, const Setting& setting, LadderOnDemand& ladder,
                              const Question& question) {
  const bool rehearsals =
      !question.on_gpu && question.only.value_or(Evidence::kRehearsed) == Evidence::kRehearsed;
  if (setting.engine && rehearsals) {
    const auto rehearsal = setting.store.find(shape, *setting.engine, setting.machine, question.threads);
    // A stored rehearsal that cannot be used is as good as none; one made on a busy machine is the last
    // resort.
    auto timings = rehearsal ? extend(shape, *rehearsal) : Result<Timings>(std::unexpected(Error{}));
    if (timings && (!is_busy(*timings) || question.only)) return timings;
    if (timings) {
      auto quieter = timings_from(ladder.get(), shape, question.only);
      const bool better = quieter && quieter->evidence == Evidence::kCalibrated && !is_busy(*quieter);
      return better ? quieter : timings;
    }
  }
  return timings_from(ladder.get(), shape, question.only);
}

Result<Question> question_from(const WorkloadOptions& wanted, const Setting& setting) {
  const auto workload = wanted.workload();
  if (!workload) return std::unexpected(workload.error());
  return Question{.workload = *workload,
                  .threads = setting.threads(wanted.threads),
                  .on_gpu = setting.runs_on_gpu(wanted)};
}

Forecast forecast_one(const std::string& name, const Shape& shape, const Setting& setting,
                      LadderOnDemand& ladder, const Question& question) {
  auto timings = known_timings(shape, setting, ladder, question);
  if (timings) add_cold_load(*timings, shape, setting.disk_read_rate());
  Forecast out =
      forecast(shape, timings ? std::optional(*timings) : std::nullopt,
               placed(question.workload, shape, question.on_gpu), setting.memory_bound(question.on_gpu));
  if (!timings) out.reasons.push_back(how_to_know(name, shape, setting, timings.error()));
  return out;
}

}  // namespace tokcast
