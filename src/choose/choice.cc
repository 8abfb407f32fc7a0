#include "choose/choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "choose/ladder.h"
#include "choose/quantisation.h"
#include "forecast/hardware.h"
#include "model/naming.h"

namespace tokcast {
namespace {

bool keeps(const Forecast& forecast) {
  return forecast.verdict == Verdict::kKeeps;
}

// Of the memory that it overfills most; 0 where no limit is known.
double times_its_memory(const MemoryNeed& need) {
  const auto times = [](const MemoryShare& share) {
    return share.limit && share.limit->bytes > Bytes{} ? share.total() / share.limit->bytes : 0;
  };
  return std::max(times(need.main), need.cards ? times(*need.cards) : 0);
}

// How many times over its limits it is, at the end of its interval that decides; nullopt if that is not
// known.
std::optional<double> overshoot(const Candidate& one) {
  const Forecast& now = one.forecast;
  if (now.verdict == Verdict::kDoesNotFit) {
    const double times = times_its_memory(now.memory);
    return times > 1 ? std::optional(times) : std::nullopt;  // else its context is too short
  }
  if (!now.turn || now.verdict == Verdict::kUnknown) return std::nullopt;
  double times = 0;
  if (now.workload.turn_budget) times = now.turn->turn.high / *now.workload.turn_budget;
  if (now.workload.first_token_budget)
    times = std::max(times, now.turn->first_token.high / *now.workload.first_token_budget);
  return times;
}

// Rounded up to what one says: 13 s, 130 s.
Seconds generous(Seconds seconds) {
  const double step = std::max(1.0, std::pow(10, std::floor(std::log10(std::max(1.0, seconds.value)))) / 10);
  return Seconds(std::ceil(seconds.value / step) * step);
}

std::optional<Remedy> longer_budget(const Candidate& one) {
  const Forecast& now = one.forecast;
  if (!now.turn || now.verdict == Verdict::kDoesNotFit) return std::nullopt;
  Remedy out{.kind = RemedyKind::kBudget};
  const auto need = [](const Interval<Seconds>& is, const std::optional<Seconds>& budget) {
    return budget && is.high > *budget ? std::optional(generous(is.high)) : std::nullopt;
  };
  out.turn_budget = need(now.turn->turn, now.workload.turn_budget);
  out.first_token_budget = need(now.turn->first_token, now.workload.first_token_budget);
  if (out.turn_budget) out.sentence = fmt::format("a budget of {}", format_seconds(*out.turn_budget));
  if (out.first_token_budget) {
    out.sentence += fmt::format("{}{} to the first token", out.turn_budget ? " and " : "a budget of ",
                                format_seconds(*out.first_token_budget));
  }
  return out.sentence.empty() ? std::nullopt : std::optional(out);
}

// The longest prompt with which it keeps its budgets, by halving: shorter prompts never take longer.
std::optional<Remedy> shorter_prompt(const Candidate& one, const Ask& ask) {
  if (!ask || one.forecast.verdict == Verdict::kDoesNotFit) return std::nullopt;
  const Workload given = one.forecast.workload;
  const auto with = [&](std::uint64_t fresh) {
    Workload turn = given;
    turn.prompt_tokens = turn.cached_tokens + fresh;
    return keeps(ask(one.shape, turn));
  };
  std::uint64_t good = 1;
  std::uint64_t bad = given.prompt_tokens - given.cached_tokens;
  if (bad <= good || !with(good)) return std::nullopt;
  while (bad - good > 1) {
    const std::uint64_t middle = good + (bad - good) / 2;
    (with(middle) ? good : bad) = middle;
  }
  Remedy out{.kind = RemedyKind::kPrompt, .prompt_tokens = given.cached_tokens + good};
  out.sentence = given.cached_tokens > 0
                     ? fmt::format("a prompt with at most {} tokens that are not in the context yet", good)
                     : fmt::format("a prompt of at most {} tokens", good);
  return out;
}

std::optional<Remedy> smaller_quant(const Candidate& one, const Ask& ask) {
  const auto loss = divergence_of(one.shape.quantization);
  if (!ask || !loss || one.merit.path) return std::nullopt;
  for (const std::string_view mix : smaller_mixes()) {
    const auto own = divergence_of(mix);
    if (!own || *own <= *loss) continue;
    const auto shape = find_shape(fmt::format("{}:{}", one.shape.id, mix));
    if (!shape || !keeps(ask(*shape, one.forecast.workload))) continue;
    return Remedy{
        .kind = RemedyKind::kQuantisation,
        .sentence = fmt::format("{}, which loses {:.0f} times as much by quantising", mix, *own / *loss),
        .quantization = std::string(mix)};
  }
  return std::nullopt;
}

// Cards that many have, by memory: of each size the slowest and a quick one.
std::optional<Remedy> card(const Candidate& one) {
  static constexpr auto kCards = std::to_array<const char*>(
      {"GeForce RTX 3060 12GB", "GeForce RTX 4060 Ti 16GB", "GeForce RTX 3090", "GeForce RTX 4090",
       "GeForce RTX 5090", "RTX A6000", "A100 80GB PCIe", "H100 PCIe 80GB"});
  for (const char* name : kCards) {
    const KnownPart* part = find_gpu(name);
    if (part == nullptr || !part->video_memory) continue;
    Workload turn = one.forecast.workload;
    turn.gpu_layers = static_cast<std::uint32_t>(one.shape.layers.size()) + 1;  // the output too
    const Ladder ladder{.cards = {{.hardware = graphics_hardware(*part), .memory = part->video_memory}}};
    const auto timings = timings_from(ladder, one.shape, Evidence::kLookedUp, turn);
    if (!timings) continue;
    MemoryLimits limits(one.forecast.memory.main.limit);
    limits.cards = MemoryBound{*part->video_memory, "memory of the GPU"};
    if (!keeps(forecast(one.shape, *timings, turn, limits))) continue;
    return Remedy{.kind = RemedyKind::kGpu,
                  .sentence = fmt::format("a graphics card such as the {} ({})", part->name,
                                          format_bytes(*part->video_memory)),
                  .gpu = part->name};
  }
  return std::nullopt;
}

std::optional<Remedy> more_memory(const Candidate& one) {
  const MemoryNeed& memory = one.forecast.memory;
  if (one.forecast.verdict != Verdict::kDoesNotFit || memory.fits() != false) return std::nullopt;
  const bool on_cards = memory.cards && memory.cards->fits() == false;
  const Bytes need = on_cards ? memory.cards->total() : memory.main.total();
  return Remedy{.kind = RemedyKind::kMemory,
                .sentence = fmt::format("{} of {} (then its time is another question)", format_bytes(need),
                                        on_cards ? "memory on graphics cards" : "memory"),
                .memory = need};
}

std::string time_reason(const Forecast& forecast) {
  const auto& turn = *forecast.turn;
  std::string out =
      fmt::format("{} to {} s", format_number(turn.turn.low.value), format_number(turn.turn.high.value));
  if (forecast.workload.turn_budget)
    out += fmt::format(" of {} allowed", format_seconds(*forecast.workload.turn_budget));
  return fmt::format("takes {}, {}", out, evidence_name(turn.evidence));
}

std::vector<std::string> reasons_for(const Candidate& one) {
  std::vector<std::string> out;
  if (one.merit.quality) {
    std::string quality = "quality " + one.merit.quality->sentence();
    if (!one.merit.quality->remark.empty()) quality += " (" + one.merit.quality->remark + ")";
    out.push_back(std::move(quality));
  }
  if (one.forecast.turn) out.push_back(time_reason(one.forecast));
  if (one.merit.divergence && *one.merit.divergence > 0)
    out.push_back(
        fmt::format("{} strays by {} nats a token from the unquantised model (measured on Llama 3 8B)",
                    one.shape.quantization, format_number(*one.merit.divergence)));
  if (one.merit.path) out.push_back(fmt::format("is here already ({})", one.merit.holder));
  const LicenceKind licence = licence_kind(one.merit.licence);
  if (licence != LicenceKind::kPermissive)
    out.push_back(fmt::format("licence: {}{}", licence_kind_name(licence),
                              one.merit.licence.empty() ? "" : " (" + one.merit.licence + ")"));
  for (const std::string& remark : one.merit.remarks) out.push_back(remark);
  return out;
}

std::optional<Pick> faster_than(std::span<const Candidate> ranked, const Candidate& best) {
  const double most = best.forecast.turn->turn.expected.value * kFaster;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const Forecast& now = ranked[i].forecast;
    if (!keeps(now) || now.turn->turn.expected.value > most) continue;
    Pick out{i, reasons_for(ranked[i])};
    const double times = best.forecast.turn->turn.expected.value / now.turn->turn.expected.value;
    out.reasons.insert(out.reasons.begin(), fmt::format("{:.1f} times as fast as {}", times, best.shape.id));
    return out;
  }
  return std::nullopt;
}

bool better(const Merit& one, const Merit& other) {
  if (!one.quality || !other.quality) return false;
  return one.quality->level() > other.quality->level();
}

// Of those of better quality than the best one, or of all if there is none: the one that misses by least.
std::optional<Pick> just_out_of_reach(std::span<const Candidate> ranked, const Candidate* best) {
  std::optional<std::size_t> nearest;
  double least = 0;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const Candidate& one = ranked[i];
    if (keeps(one.forecast) || (best != nullptr && !better(one.merit, best->merit))) continue;
    const auto times = overshoot(one);
    if (!times || (nearest && *times >= least)) continue;
    nearest = i;
    least = *times;
  }
  if (!nearest) return std::nullopt;
  Pick out{*nearest, reasons_for(ranked[*nearest])};
  if (!ranked[*nearest].forecast.reasons.empty())
    out.reasons.insert(out.reasons.begin(), ranked[*nearest].forecast.reasons.front());
  return out;
}

}  // namespace

std::string_view remedy_kind_name(RemedyKind kind) {
  switch (kind) {
    case RemedyKind::kBudget:
      return "budget";
    case RemedyKind::kPrompt:
      return "prompt";
    case RemedyKind::kQuantisation:
      return "quantization";
    case RemedyKind::kGpu:
      return "gpu";
    case RemedyKind::kMemory:
      break;
  }
  return "memory";
}

std::vector<Remedy> remedies_for(const Candidate& candidate, const Ask& ask) {
  std::vector<Remedy> out;
  for (auto& remedy : {longer_budget(candidate), shorter_prompt(candidate, ask),
                       smaller_quant(candidate, ask), more_memory(candidate), card(candidate)}) {
    if (remedy) out.push_back(*remedy);
  }
  return out;
}

Choice choose(std::span<const Candidate> ranked, const Ask& ask) {
  Choice out;
  const auto first = std::ranges::find_if(ranked, [](const Candidate& one) { return keeps(one.forecast); });
  const Candidate* best = first == ranked.end() ? nullptr : &*first;
  if (best != nullptr) {
    out.best = Pick{static_cast<std::size_t>(first - ranked.begin()), reasons_for(*best)};
    out.faster = faster_than(ranked, *best);
  }
  out.out_of_reach = just_out_of_reach(ranked, best);
  if (out.out_of_reach) out.remedies = remedies_for(ranked[out.out_of_reach->index], ask);
  return out;
}

}  // namespace tokcast
