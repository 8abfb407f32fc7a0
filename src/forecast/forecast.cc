#include "forecast/forecast.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "forecast/cost_model.h"
#include "forecast/voice.h"
#include "machine/contention.h"

namespace tokcast {
namespace {

std::string span_text(const Interval<Seconds>& duration) {
  return fmt::format("{}–{}", format_number(duration.low.value), format_seconds(duration.high));
}

Verdict against(const Interval<Seconds>& duration, Seconds budget) {
  if (duration.high <= budget) return Verdict::kKeeps;
  return duration.low > budget ? Verdict::kBreaks : Verdict::kAtRisk;
}

std::string budget_sentence(std::string_view what, const Interval<Seconds>& duration, Seconds budget) {
  const std::string span = span_text(duration);
  const std::string limit = format_seconds(budget);
  switch (against(duration, budget)) {
    case Verdict::kKeeps:
      return fmt::format("{} takes {}, within the {} allowed", what, span, limit);
    case Verdict::kBreaks:
      return fmt::format("{} takes {}, more than the {} allowed", what, span, limit);
    default:
      return fmt::format("{} takes {}: the {} allowed may not suffice", what, span, limit);
  }
}

// Of another cache or attention than was timed. Fewer bytes are read of a quantised cache, but they must be
// unpacked; nothing of that was measured here, so it may cost as little as its bytes or twice as much.
// Attention without the fused kernel was not measured either.
Interval<double> attention_against_usual(const Workload& workload) {
  const KvBytes element = cache_element(workload);
  Interval<double> out{1, 1, 1};
  const double bytes = (element.key + element.value) / (KvBytes().key + KvBytes().value);
  if (bytes != 1) out = {std::min(bytes, 1.0), 1, 2 * std::max(bytes, 1.0)};
  if (workload.flash_attention == FlashAttention::kOff) out = {0.7 * out.low, out.expected, 2 * out.high};
  return out;
}

// The first sentence's tokens but the first, each at its bound.
Interval<Seconds> first_spoken(const Shape& shape, const Timings& timings, const Workload& workload,
                               const RunSetup& setup, const Interval<Seconds>& first_token,
                               std::uint64_t depth) {
  const Interval<double> sentence = first_sentence_tokens();
  const auto step = decode_step(shape, timings, static_cast<double>(depth), setup);
  const auto steps = [&workload](double tokens) {
    return std::max(0.0, std::min(tokens, static_cast<double>(workload.reply_tokens)) - 1);
  };
  const Interval<Seconds> rest{step.low * steps(sentence.low), step.expected * steps(sentence.expected),
                               step.high * steps(sentence.high)};
  return recognition_tail() + first_token + rest + sentence_synthesis();
}

TurnForecast forecast_turn(const Shape& shape, const Timings& timings, const Workload& workload) {
  TurnForecast out{.evidence = timings.evidence, .source = timings.source, .threads = timings.threads};
  const std::uint64_t fresh = workload.prompt_tokens - workload.cached_tokens;
  const std::uint64_t depth = workload.depth_tokens + workload.cached_tokens;
  // The last prompt token's logits give the first reply token; every further one is a decode step.
  const RunSetup setup{workload.sessions, workload.batch_tokens, attention_against_usual(workload)};
  const auto prompt_duration = prefill(shape, timings, fresh, depth, setup);
  const std::uint64_t steps = workload.reply_tokens > 0 ? workload.reply_tokens - (fresh > 0 ? 1 : 0) : 0;
  const auto reply_duration = decode(shape, timings, steps, depth + fresh, setup);
  const auto one_step = decode_step(shape, timings, static_cast<double>(depth + fresh), setup);
  out.prefill = rate(static_cast<double>(fresh) * setup.sessions, prompt_duration);
  out.decode = steps > 0 ? rate(static_cast<double>(steps), reply_duration) : rate(1, one_step);
  out.first_token = fresh > 0 ? prompt_duration : one_step;
  out.turn = prompt_duration + reply_duration;
  out.load = timings.load;
  out.cold_load = timings.cold_load;
  out.correction = timings.correction;
  out.taken_by_others = timings.taken_by_others;
  out.load_parts = timings.load_parts;
  if (workload.voice) {
    out.first_spoken = first_spoken(shape, timings, workload, setup, out.first_token, depth + fresh);
  }
  return out;
}

// The worse of what each budget says; the order of Verdict's first three values is from good to bad.
Verdict judge_budgets(const TurnForecast& turn, const Workload& workload, std::vector<std::string>& reasons) {
  Verdict verdict = Verdict::kKeeps;
  const auto judge = [&](std::string_view what, const Interval<Seconds>& duration,
                         std::optional<Seconds> budget) {
    if (!budget) return;
    verdict = std::max(verdict, against(duration, *budget));
    reasons.push_back(budget_sentence(what, duration, *budget));
  };
  judge("the whole turn", turn.turn, workload.turn_budget);
  judge("the first token", turn.first_token, workload.first_token_budget);
  return verdict;
}

std::string busy_sentence(const Timings& timings) {
  std::string out = fmt::format(
      "too busy to promise anything: other programs had {:.0f} % of the processor time that {} "
      "asked for while this was measured; close them or wait, then measure again",
      100 * timings.taken_by_others.value_or(0),
      timings.threads == 1 ? "1 thread" : fmt::format("{} threads", timings.threads));
  const std::uint32_t fewer = timings.undisturbed_threads.value_or(timings.threads);
  return fewer < timings.threads ? fmt::format("{}, or take --threads {}", out, fewer) : out;
}

std::string load_sentence(const TurnForecast& turn) {
  return fmt::format("before the first turn it is ready in {} from the disk", span_text(*turn.cold_load));
}

// As short as still tells it from the other: "needs 25 GB, but only 25 GB may be used" convinces nobody.
std::string format_apart(Bytes bytes, Bytes other) {
  if (format_bytes(bytes) != format_bytes(other)) return format_bytes(bytes);
  const auto in_megabytes = [](Bytes b) {
    return fmt::format("{:.0f} MB", static_cast<double>(b.value) / 1e6);
  };
  const bool tells = in_megabytes(bytes) != in_megabytes(other);
  return tells ? in_megabytes(bytes) : fmt::format("{} B", bytes.value);
}

std::string share_sentence(const MemoryShare& share) {
  if (!share.limit) {
    return fmt::format("needs {} of memory; how much may be used could not be read",
                       format_bytes(share.total()));
  }
  const Bytes most = share.limit->bytes;
  const std::string need = format_apart(share.total(), most);
  const std::string limit = fmt::format("{} ({})", format_apart(most, share.total()), share.limit->from);
  if (*share.fits()) return fmt::format("needs {} of the {} of memory that may be used", need, limit);
  return fmt::format("needs {} of memory, but only {} may be used", need, limit);
}

// Where there are two memories, the one that is too small; else both.
std::string memory_sentence(const MemoryNeed& memory) {
  if (!memory.cards) return share_sentence(memory.main);
  const std::string on_cards = "on the GPU it " + share_sentence(*memory.cards);
  const std::string beside = "beside it " + share_sentence(memory.main);
  if (memory.cards->fits() == false) return on_cards;
  return memory.main.fits() == false ? beside : on_cards + "; " + beside;
}

bool exceeds_context(const Shape& shape, const Workload& workload) {
  return shape.context_length && workload.context_tokens > *shape.context_length;
}

}  // namespace

bool TurnForecast::too_busy() const {
  return taken_by_others.value_or(0) > kTooBusy;
}

bool is_busy(const Timings& timings) {
  return timings.taken_by_others.value_or(0) > kTooBusy;
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kKeeps:
      return "keeps";
    case Verdict::kAtRisk:
      return "at-risk";
    case Verdict::kBreaks:
      return "breaks";
    case Verdict::kDoesNotFit:
      return "does-not-fit";
    case Verdict::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view flash_attention_name(FlashAttention flash_attention) {
  switch (flash_attention) {
    case FlashAttention::kOn:
      return "on";
    case FlashAttention::kOff:
      return "off";
    case FlashAttention::kAuto:
      break;
  }
  return "auto";
}

std::span<const GgmlType> cache_types() {
  using enum GgmlType;
  static constexpr std::array kTypes{kF32, kF16, kBF16, kQ8_0, kQ4_0, kQ4_1, kIQ4_NL, kQ5_0, kQ5_1};
  return kTypes;
}

Result<void> check_workload(const Workload& workload) {
  // Far beyond any model's context, and safe to add and multiply.
  constexpr std::uint64_t kMostTokens = 1ULL << 32U;
  const auto usage = [](std::string message, std::string place, std::string fix) {
    return fail(ErrorKind::kUsage, std::move(message), std::move(place), std::move(fix));
  };
  for (const std::uint64_t tokens :
       {workload.prompt_tokens, workload.reply_tokens, workload.depth_tokens, workload.context_tokens}) {
    if (tokens > kMostTokens)
      return usage(fmt::format("{} tokens is beyond any model", tokens), "workload", "");
  }
  if (workload.cached_tokens > workload.prompt_tokens) {
    return usage(fmt::format("{} cached tokens, but the prompt has only {}", workload.cached_tokens,
                             workload.prompt_tokens),
                 "--cached", "Cached tokens are the part of the prompt that is already in the context.");
  }
  if (workload.prompt_tokens + workload.reply_tokens == 0) {
    return usage("a turn without prompt and reply takes no time", "--prompt, --reply",
                 "Give at least one token.");
  }
  const std::uint64_t used = workload.depth_tokens + workload.prompt_tokens + workload.reply_tokens;
  if (used > workload.context_tokens) {
    return usage(
        fmt::format("the turn ends at {} tokens, beyond the context of {}", used, workload.context_tokens),
        "--ctx", fmt::format("Give --ctx {} or more.", used));
  }
  if (workload.sessions == 0 || workload.sessions > kMostSessions) {
    return usage(fmt::format("llama.cpp serves 1 to {} sessions at once", kMostSessions), "--sessions", "");
  }
  const bool quantised = geometry(workload.value_type).quantized;
  if (quantised && workload.flash_attention == FlashAttention::kOff) {
    return usage("llama.cpp keeps quantised values only with flash attention", "--flash-attn",
                 "Give --flash-attn auto, or values in f16.");
  }
  return {};
}

Forecast forecast(const Shape& shape, const std::optional<Timings>& timings, const Workload& workload,
                  const MemoryLimits& limits) {
  Forecast out{.workload = workload};
  const std::optional<Bytes> compute = timings ? timings->compute_bytes : std::nullopt;
  out.memory = memory_need(shape, workload, compute, limits);
  if (timings) out.turn = forecast_turn(shape, *timings, workload);
  if (out.turn) out.verdict = judge_budgets(*out.turn, workload, out.reasons);
  if (!out.turn) out.reasons.emplace_back("how fast it runs is not known");
  if (out.turn && out.turn->too_busy()) {
    out.verdict = Verdict::kUnknown;
    out.reasons.insert(out.reasons.begin(), busy_sentence(*timings));
  }
  if (out.turn && out.turn->cold_load) out.reasons.push_back(load_sentence(*out.turn));
  for (const std::string& gap : shape.not_modelled) out.reasons.push_back(gap);
  if (out.turn && attention_against_usual(workload).expected != attention_against_usual(workload).high) {
    out.reasons.emplace_back(
        "attention with this cache or without flash attention was not measured: the interval allows for it");
  }
  if (out.turn && out.turn->evidence < Evidence::kRehearsed) {
    for (const std::string& part : shape.roughly_modelled) {
      out.reasons.push_back("no rate of its own was measured for " + part + ": the interval is wider for it");
    }
  }
  const bool too_large = !out.memory.fits().value_or(true);
  const auto deciding = [&out](std::string sentence, bool decides) {
    out.reasons.insert(decides ? out.reasons.begin() : out.reasons.end(), std::move(sentence));
    if (decides) out.verdict = Verdict::kDoesNotFit;
  };
  deciding(memory_sentence(out.memory), too_large);
  if (exceeds_context(shape, workload)) {
    deciding(fmt::format("a context of {} tokens exceeds the {} it was trained for", workload.context_tokens,
                         *shape.context_length),
             true);
  }
  return out;
}

}  // namespace tokcast
