#include "choose/tier.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr double kGiga = 1e9;

std::string gigabytes(double number) {
  return fmt::format("{} GB", format_number(number));
}

double in_gigabytes(Bytes bytes) {
  return static_cast<double>(bytes.value) / kGiga;
}

// Cards with memory of their own before those without.
std::optional<Bytes> most_gpu_memory(const GpuSurvey& gpus) {
  std::optional<Bytes> most;
  for (const Gpu& gpu : gpus.gpus) {
    if (gpu.integrated || !gpu.memory_total) continue;
    if (!most || *gpu.memory_total > *most) most = gpu.memory_total;
  }
  return most;
}

// Collects what is not met and what is not known.
class Requirements {
 public:
  explicit Requirements(std::vector<std::string>* unknown) : unknown_(unknown) {}

  void least(std::optional<double> wanted, std::optional<double> there, std::string_view what,
             const std::function<std::string(double)>& in_words, std::string_view from = {}) {
    if (!wanted || *wanted <= 0) return;
    if (!there) {
      if (unknown_ != nullptr) {
        unknown_->push_back(
            fmt::format("wants {} {}; how much there is, is not known", in_words(*wanted), what));
      }
    } else if (*there < *wanted) {
      unmet_.push_back(fmt::format("wants {} {}, there are {}{}", in_words(*wanted), what, in_words(*there),
                                   from.empty() ? "" : fmt::format(" ({})", from)));
    }
  }
  void add(std::string sentence) { unmet_.push_back(std::move(sentence)); }
  std::vector<std::string> take() { return std::move(unmet_); }

 private:
  std::vector<std::string>* unknown_;
  std::vector<std::string> unmet_{};
};

std::optional<double> optional_gigabytes(const std::optional<Bytes>& bytes) {
  return bytes ? std::optional(in_gigabytes(*bytes)) : std::nullopt;
}

class Selection {
 public:
  Selection(const TierMachine& machine, const TierForecaster& forecast_of, const TierWishes& wishes)
      : machine_(machine), forecast_of_(forecast_of), wishes_(wishes) {}

  Result<TierChoice> run(const Registry& registry) {
    for (const Tier& tier : registry.tiers) {
      auto candidate = judge(tier);
      if (!candidate) return std::unexpected(candidate.error());
      choice_.candidates.push_back(std::move(*candidate));
      choose(choice_.candidates.size() - 1);
    }
    if (!choice_.chosen && wishes_.only == nullptr) choose_hybrid();
    return std::move(choice_);
  }

 private:
  Result<TierCandidate> judge(const Tier& tier) const {
    TierCandidate out{.tier = &tier};
    if (std::ranges::count(wishes_.excluded, tier.name) > 0) {
      out.standing = TierStanding::kBreaks;
      out.reasons.emplace_back("its promise was broken when it was measured here");
      return out;
    }
    out.reasons = unmet(tier.requirements, machine_);
    if (!speaks(tier)) {
      out.reasons.push_back(fmt::format("its model is not said to speak '{}'", printable(wishes_.language)));
    }
    const bool wanted = wishes_.only == &tier;
    if (!out.reasons.empty()) out.standing = TierStanding::kUnmet;
    if (!out.reasons.empty() && !wanted) return out;
    if (!tier.llm) return hybrid(std::move(out));
    const bool settled = choice_.chosen.has_value() || (wishes_.only != nullptr && !wanted);
    if (settled && !wishes_.all) return not_asked(std::move(out));
    return with_forecast(std::move(out));
  }

  bool speaks(const Tier& tier) const {
    if (wishes_.language.empty() || !tier.llm || tier.llm->languages.empty()) return true;
    return std::ranges::count(tier.llm->languages, lower(wishes_.language)) > 0;
  }

  static TierCandidate hybrid(TierCandidate out) {
    if (out.standing == TierStanding::kUnmet) return out;
    out.standing = TierStanding::kHybrid;
    out.reasons.push_back(out.tier->recommendation.empty()
                              ? "has no language model of its own: it runs somewhere else"
                              : out.tier->recommendation);
    return out;
  }

  TierCandidate not_asked(TierCandidate out) const {
    out.standing = TierStanding::kNotAsked;
    out.reasons.emplace_back(wishes_.only != nullptr ? "another one was asked for"
                                                     : "a higher one keeps its promise");
    return out;
  }

  Result<TierCandidate> with_forecast(TierCandidate out) const {
    const bool is_unmet = out.standing == TierStanding::kUnmet;
    auto forecast = forecast_of_(*out.tier);
    if (!forecast && forecast.error().kind == ErrorKind::kInterrupted)
      return std::unexpected(forecast.error());
    if (!forecast) {
      out.reasons.push_back(describe(forecast.error()));
      return out;
    }
    if (!is_unmet) out.standing = standing_of(forecast->forecast.verdict);
    std::ranges::copy(forecast->forecast.reasons, std::back_inserter(out.reasons));
    out.forecast = std::move(*forecast);
    return out;
  }

  void choose(std::size_t index) {
    TierCandidate& candidate = choice_.candidates[index];
    const bool wanted = wishes_.only == candidate.tier;
    const bool best = wishes_.only == nullptr && candidate.standing == TierStanding::kKeeps;
    if (choice_.chosen || !(wanted || best)) return;
    choice_.chosen = index;
    if (candidate.standing == TierStanding::kKeeps) candidate.standing = TierStanding::kChosen;
  }

  void choose_hybrid() {
    const auto found = std::ranges::find_if(choice_.candidates, [](const TierCandidate& candidate) {
      return candidate.standing == TierStanding::kHybrid;
    });
    if (found == choice_.candidates.end()) return;
    choice_.chosen = static_cast<std::size_t>(found - choice_.candidates.begin());
  }

  const TierMachine& machine_;
  const TierForecaster& forecast_of_;
  const TierWishes& wishes_;
  TierChoice choice_{};
};

}  // namespace

TierMachine tier_machine(const Machine& machine, const GpuSurvey& gpus, const std::optional<Rates>& rates) {
  TierMachine out{.memory = machine.memory_total,
                  .memory_from = "installed",
                  .has_gpu = !gpus.gpus.empty(),
                  .gpu_memory = most_gpu_memory(gpus)};
  if (machine.cgroup_memory_free && (!out.memory || *machine.cgroup_memory_free < *out.memory)) {
    out.memory = machine.cgroup_memory_free;
    out.memory_from = "control group";
  }
  if (machine.physical_cores) out.cores = *machine.physical_cores;
  if (!out.cores && machine.allowed_cpus) out.cores = *machine.allowed_cpus;
  if (machine.cpu_quota && (!out.cores || *machine.cpu_quota < *out.cores)) out.cores = machine.cpu_quota;
  const auto best = rates ? best_bandwidth(*rates) : std::nullopt;
  if (best) out.read_rate = BytesPerSecond(best->bytes_per_second.median);
  return out;
}

std::vector<std::string> unmet(const TierRequirements& requirements, const TierMachine& machine,
                               std::vector<std::string>* unknown) {
  Requirements out(unknown);
  const auto plain = [](double number) { return format_number(number); };
  const auto rate = [](double number) { return fmt::format("{} GB/s", format_number(number)); };
  out.least(requirements.ram_gigabytes, optional_gigabytes(machine.memory), "of memory", gigabytes,
            machine.memory_from);
  out.least(requirements.cores, machine.cores, "cores", plain);
  if (requirements.gpu && !machine.has_gpu) {
    out.add("wants a graphics card, there is none");
  } else {
    out.least(requirements.gpu_gigabytes, optional_gigabytes(machine.gpu_memory), "of memory on the card",
              gigabytes);
  }
  const auto measured = machine.read_rate ? std::optional(machine.read_rate->value / kGiga) : std::nullopt;
  out.least(requirements.read_gigabytes_per_second, measured, "of reading memory", rate);
  return out.take();
}

std::string_view standing_name(TierStanding standing) {
  switch (standing) {
    case TierStanding::kChosen:
      return "chosen";
    case TierStanding::kKeeps:
      return "keeps";
    case TierStanding::kNotAsked:
      return "not-asked";
    case TierStanding::kUnmet:
      return "unmet";
    case TierStanding::kAtRisk:
      return "at-risk";
    case TierStanding::kBreaks:
      return "breaks";
    case TierStanding::kDoesNotFit:
      return "does-not-fit";
    case TierStanding::kUnknown:
      return "unknown";
    case TierStanding::kHybrid:
      return "hybrid";
  }
  return "unknown";
}

TierStanding standing_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kKeeps:
      return TierStanding::kKeeps;
    case Verdict::kAtRisk:
      return TierStanding::kAtRisk;
    case Verdict::kBreaks:
      return TierStanding::kBreaks;
    case Verdict::kDoesNotFit:
      return TierStanding::kDoesNotFit;
    case Verdict::kUnknown:
      return TierStanding::kUnknown;
  }
  return TierStanding::kUnknown;
}

Result<TierChoice> select_tier(const Registry& registry, const TierMachine& machine,
                               const TierForecaster& forecast_of, const TierWishes& wishes) {
  return Selection(machine, forecast_of, wishes).run(registry);
}

}  // namespace tokcast
