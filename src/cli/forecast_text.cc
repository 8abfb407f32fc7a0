#include "cli/forecast_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cli/table.h"
#include "cli/workload_options.h"
#include "model/naming.h"

namespace tokcast {
namespace {

// Two or three digits: more would say more than the interval does.
std::string compact(double number) {
  if (number >= 99.5) return fmt::format("{:.0f}", number);
  return number >= 0.095 ? fmt::format("{:.1f}", number) : fmt::format("{:.3f}", number);
}

template <typename Quantity>
std::string span_of(const Interval<Quantity>& interval) {
  const std::string low = compact(interval.low.value);
  const std::string high = compact(interval.high.value);
  return low == high ? low : fmt::format("{}–{}", low, high);
}

std::string_view verdict_in_words(Verdict verdict) {
  switch (verdict) {
    case Verdict::kKeeps:
      return "keeps";
    case Verdict::kAtRisk:
      return "at risk";
    case Verdict::kBreaks:
      return "breaks";
    case Verdict::kDoesNotFit:
      return "does not fit";
    case Verdict::kUnknown:
      return "unknown";
  }
  return "unknown";
}

// "rehearsed on 2 and 8 of 24 layers", "estimated: scaled from the rehearsal of ...".
std::string evidence_in_words(const TurnForecast& turn) {
  const std::string_view name = evidence_name(turn.evidence);
  return turn.source.starts_with(name) ? turn.source : fmt::format("{}: {}", name, turn.source);
}

// As the user gave it: "10 s", "0.5 s".
std::string budget_in_words(Seconds budget) {
  return fmt::format("{} s", budget.value);
}

std::string budgets_in_words(const Workload& workload) {
  std::string out;
  if (workload.turn_budget) out = "budget " + budget_in_words(*workload.turn_budget);
  if (workload.first_token_budget) {
    out += (out.empty() ? "first token within " : ", first token within ") +
           budget_in_words(*workload.first_token_budget);
  }
  return out;
}

std::string share_in_words(const MemoryShare& share, const Workload& workload) {
  std::string out = format_bytes(share.total());
  if (share.limit) {
    out +=
        fmt::format(" of the {} that may be used ({})", format_bytes(share.limit->bytes), share.limit->from);
  }
  const std::string contexts =
      workload.sessions > 1 ? fmt::format("{} contexts", workload.sessions) : "context";
  const bool usual = workload.key_type == GgmlType::kF16 && workload.value_type == GgmlType::kF16;
  const std::string types =
      usual ? ""
            : fmt::format(" in {}/{}", geometry(workload.key_type).name, geometry(workload.value_type).name);
  return out + fmt::format(": weights {}, {} of {} tokens{} {}, rest {}", format_bytes(share.weights),
                           contexts, workload.context_tokens, types, format_bytes(share.kv),
                           format_bytes(share.compute));
}

using Lines = std::vector<std::pair<std::string, std::string>>;

std::string load_in_words(const TurnForecast& turn) {
  std::string out;
  if (turn.cold_load) out = "ready in " + seconds_span(*turn.cold_load) + " from the disk";
  if (!turn.load) return out;
  return out + (out.empty() ? "" : ", ") + seconds_span(*turn.load) + " with the file in memory";
}

void add_turn_lines(Lines& lines, const TurnForecast& turn, const Workload& workload) {
  lines.emplace_back("First token", seconds_span(turn.first_token));
  if (turn.first_spoken) {
    lines.emplace_back("First words", seconds_span(*turn.first_spoken) + " after the speaker ends");
  }
  lines.emplace_back("Whole turn",
                     fmt::format("{}, expected {} s; {}", seconds_span(turn.turn),
                                 compact(turn.turn.expected.value), budgets_in_words(workload)));
  std::string decode = span_of(turn.decode) + " tokens/s";
  if (workload.sessions > 1) {
    decode += fmt::format(" in each session, {} in all", span_of(turn.decode * workload.sessions));
  }
  lines.emplace_back("Decode", decode);
  if (turn.prefill.expected.value > 0) lines.emplace_back("Prefill", span_of(turn.prefill) + " tokens/s");
  if (const std::string load = load_in_words(turn); !load.empty()) lines.emplace_back("Load", load);
}

std::string model_in_words(const Shape& shape) {
  std::string out =
      fmt::format("{}, {} parameters", printable(shape.architecture), format_parameters(shape.parameters()));
  if (shape.active_parameters() != shape.parameters()) {
    out += fmt::format(" ({} active)", format_parameters(shape.active_parameters()));
  }
  return out;
}

std::vector<Cell> table_row(const Candidate& candidate, bool first) {
  const Shape& shape = candidate.shape;
  const auto& turn = candidate.forecast.turn;
  const Verdict verdict = candidate.forecast.verdict;
  return {{printable(shape.id) + (candidate.merit.path ? " *" : ""), first ? Colour::kBold : Colour::kPlain},
          {printable(shape.quantization)},
          {turn ? span_of(turn->first_token) : "-"},
          {turn ? span_of(turn->turn) : "-"},
          {turn ? span_of(turn->decode) : "-"},
          {format_bytes(candidate.forecast.memory.total())},
          {std::string(verdict_in_words(verdict)), verdict_colour(verdict)},
          {turn ? std::string(evidence_name(turn->evidence)) : "-"}};
}

}  // namespace

Colour verdict_colour(Verdict verdict) {
  switch (verdict) {
    case Verdict::kKeeps:
      return Colour::kGreen;
    case Verdict::kAtRisk:
      return Colour::kYellow;
    case Verdict::kBreaks:
    case Verdict::kDoesNotFit:
      return Colour::kRed;
    case Verdict::kUnknown:
      return Colour::kDim;
  }
  return Colour::kPlain;
}

std::string format_parameters(std::uint64_t parameters) {
  const auto number = static_cast<double>(parameters);
  return number >= 0.9995e9 ? fmt::format("{:.1f} B", number / 1e9) : fmt::format("{:.0f} M", number / 1e6);
}

std::string seconds_span(const Interval<Seconds>& duration) {
  return span_of(duration) + " s";
}

std::string model_label(const Shape& shape) {
  return printable(shape.id + " " + shape.quantization);
}

std::string model_argument(const Shape& shape) {
  return shape.quantization == kDefaultMix ? shape.id : shape.id + ":" + shape.quantization;
}

std::string shell_word(std::string_view word) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_./:=@%+,").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::ranges::all_of(word, plain)) return std::string(word);
  std::string out = "'";
  for (const char c : printable(word)) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string turn_sentence(const Forecast& forecast, const ForecastContext& context) {
  std::string out = fmt::format("{} takes {} on {} machine", turn_in_words(forecast.workload),
                                seconds_span(forecast.turn->turn), context.elsewhere ? "that" : "this");
  const std::string budgets = budgets_in_words(forecast.workload);
  return budgets.empty() ? out : fmt::format("{} ({})", out, budgets);
}

std::string headline(const Shape& shape, const Forecast& forecast, const ForecastContext& context) {
  const std::string label = model_label(shape);
  switch (forecast.verdict) {
    case Verdict::kKeeps:
      return fmt::format("{} keeps the budget: {}.", label, turn_sentence(forecast, context));
    case Verdict::kAtRisk:
      return fmt::format("{} may miss the budget: {}.", label, turn_sentence(forecast, context));
    case Verdict::kBreaks:
      return fmt::format("{} breaks the budget: {}.", label, turn_sentence(forecast, context));
    case Verdict::kDoesNotFit:
      return fmt::format("{} does not fit: {}.", label, printable(forecast.reasons.front()));
    case Verdict::kUnknown:
      break;
  }
  if (forecast.turn && forecast.turn->too_busy()) {
    return fmt::format("{}: {}.", label, printable(forecast.reasons.front()));
  }
  return fmt::format("How fast {} runs on {} machine is not known yet.", label,
                     context.elsewhere ? "that" : "this");
}

std::string forecast_card(const Shape& shape, const Forecast& forecast, const ForecastContext& context,
                          const Terminal& terminal) {
  Lines lines{{"Model", model_in_words(shape)}};
  if (forecast.turn) add_turn_lines(lines, *forecast.turn, forecast.workload);
  const Workload& workload = forecast.workload;
  lines.emplace_back("Memory", share_in_words(forecast.memory.main, workload));
  if (forecast.memory.cards) {
    lines.emplace_back("On the GPU", share_in_words(*forecast.memory.cards, workload));
  }
  if (workload.gpu_layers > 0) {
    lines.emplace_back("GPU layers", fmt::format("{} of {}", workload.gpu_layers, shape.layers.size() + 1));
  }
  if (forecast.turn) {
    lines.emplace_back("Evidence", evidence_in_words(*forecast.turn));
    lines.emplace_back("Threads", std::to_string(forecast.turn->threads));
  }
  lines.emplace_back("Machine", context.machine_name);
  if (!context.engine_name.empty())
    lines.emplace_back("Engine", context.engine_name + " " + context.engine_build);
  for (const std::string& gap : shape.not_modelled) lines.emplace_back("Note", gap);
  std::string out = coloured(wrapped(headline(shape, forecast, context), terminal.width),
                             verdict_colour(forecast.verdict), terminal.colour);
  return out + "\n\n" + format_definitions(lines, terminal);
}

std::string forecast_table(std::span<const Candidate> candidates, const Terminal& terminal) {
  const auto other_mix = [&](const Candidate& c) {
    return c.shape.quantization != candidates[0].shape.quantization;
  };
  const int quant_rank = std::ranges::any_of(candidates, other_mix) ? 4 : 2;
  const std::vector<Column> columns{{"model"},          {"quant", false, quant_rank}, {"first s", true, 5},
                                    {"turn s", true},   {"tokens/s", true, 3},        {"memory", true, 1},
                                    {"verdict", false}, {"evidence", false, 6}};
  std::vector<std::vector<Cell>> rows;
  for (const Candidate& candidate : candidates) rows.push_back(table_row(candidate, rows.empty()));
  return format_table(columns, std::move(rows), terminal);
}

}  // namespace tokcast
