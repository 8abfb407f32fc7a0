#include "cli/forecast_one.h"

#include <fmt/format.h>

#include "cli/forecast_text.h"
#include "cli/known_timings.h"
#include "forecast/load.h"
#include "rehearse/extend.h"

namespace tokcast {
namespace {

void complete(Timings& rehearsed, const Shape& shape, LadderOnDemand& ladder, const Question& question) {
  if (question.workload.sessions == 1) return;  // the rehearsal says it all
  const auto below = timings_from(ladder.get(), shape, {}, question.workload);
  if (below) complete_from(*below, rehearsed);
}

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
  const bool benches = !question.on_gpu && question.only.value_or(Evidence::kMeasured) == Evidence::kMeasured;
  if (setting.past && benches) {
    if (auto timings = setting.past->measured(shape, question.threads)) return std::move(*timings);
  }
  const bool rehearsals =
      !question.on_gpu && question.only.value_or(Evidence::kRehearsed) == Evidence::kRehearsed;
  if (setting.engine && rehearsals) {
    const auto rehearsal = setting.store.find(shape, *setting.engine, setting.machine, question.threads);
    // A stored rehearsal that cannot be used is as good as none; one made on a busy machine is the last
    // resort.
    auto timings = rehearsal ? extend(shape, *rehearsal) : Result<Timings>(std::unexpected(Error{}));
    if (timings) complete(*timings, shape, ladder, question);
    if (timings && (!is_busy(*timings) || question.only)) return timings;
    if (timings) {
      auto quieter = timings_from(ladder.get(), shape, question.only, question.workload);
      const bool better = quieter && quieter->evidence == Evidence::kCalibrated && !is_busy(*quieter);
      return better ? quieter : timings;
    }
  }
  return timings_from(ladder.get(), shape, question.only, question.workload);
}

Result<Question> question_from(const WorkloadOptions& wanted, const Setting& setting) {
  const auto workload = wanted.workload();
  if (!workload) return std::unexpected(workload.error());
  if (auto known = check_gpu(wanted, setting); !known) return std::unexpected(known.error());
  return Question{.workload = *workload,
                  .threads = setting.threads(wanted.threads),
                  .on_gpu = setting.runs_on_gpu(wanted)};
}

Forecast forecast_one(const std::string& name, const Shape& shape, const Setting& setting,
                      LadderOnDemand& ladder, const Question& question) {
  const MemoryLimits limits = setting.memory_bound(question.on_gpu);
  Question placed_question = question;
  placed_question.workload = placed(question.workload, shape, question.on_gpu, limits);
  auto timings = known_timings(shape, setting, ladder, placed_question);
  if (timings) {
    const bool on_processor = placed_question.workload.gpu_layers <= shape.layers.size();
    add_load(*timings, shape, setting.disk_read_rate(), on_processor);
    timings = setting.learned(std::move(*timings));
  }
  Forecast out =
      forecast(shape, timings ? std::optional(*timings) : std::nullopt, placed_question.workload, limits);
  if (!timings) out.reasons.push_back(how_to_know(name, shape, setting, timings.error()));
  return out;
}

}  // namespace tokcast
