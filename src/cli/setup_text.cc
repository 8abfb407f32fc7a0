#include "cli/setup_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>
#include <vector>

#include "base/json_values.h"
#include "base/text.h"
#include "cli/forecast_text.h"
#include "cli/table.h"
#include "forecast/forecast_json.h"

namespace tokcast {
namespace {

std::string verdict_words(TierStanding standing) {
  switch (standing) {
    case TierStanding::kChosen:
      return "chosen";
    case TierStanding::kKeeps:
      return "keeps";
    case TierStanding::kNotAsked:
      return "not needed";
    case TierStanding::kUnmet:
      return "out";
    case TierStanding::kAtRisk:
      return "at risk";
    case TierStanding::kBreaks:
      return "breaks";
    case TierStanding::kDoesNotFit:
      return "does not fit";
    case TierStanding::kUnknown:
      return "not known";
    case TierStanding::kHybrid:
      return "hybrid";
  }
  return "not known";
}

Colour colour_of(TierStanding standing) {
  if (standing == TierStanding::kChosen || standing == TierStanding::kKeeps) return Colour::kGreen;
  if (standing == TierStanding::kAtRisk) return Colour::kYellow;
  if (standing == TierStanding::kBreaks || standing == TierStanding::kDoesNotFit) return Colour::kRed;
  return Colour::kDim;
}

std::string model_of(const TierCandidate& candidate) {
  if (candidate.forecast) return model_label(candidate.forecast->shape);
  return candidate.tier->llm ? printable(candidate.tier->llm->file.name) : "-";
}

std::vector<Cell> row_of(const TierCandidate& candidate, bool chosen) {
  const auto& forecast = candidate.forecast;
  const auto& turn = forecast ? forecast->forecast.turn : std::nullopt;
  const auto budget = candidate.tier->turn.turn_budget;
  return {{printable(candidate.tier->name), chosen ? Colour::kBold : Colour::kPlain},
          {verdict_words(candidate.standing), colour_of(candidate.standing)},
          {turn ? seconds_span(turn->turn) : "-"},
          {candidate.tier->llm && budget ? format_seconds(*budget) : "-"},
          {model_of(candidate)}};
}

std::string table_of(const SetupChoice& choice, const Terminal& terminal) {
  std::vector<Column> columns{{choice.of_models ? "model" : "tier"},
                              {"verdict"},
                              {.header = "turn", .right = true},
                              {.header = "promise", .right = true, .dropped = 1}};
  if (!choice.of_models) columns.push_back({.header = "model"});
  std::vector<std::vector<Cell>> rows;
  for (const TierCandidate& candidate : choice.tiers.candidates) {
    rows.push_back(row_of(candidate, candidate.tier == &choice.tier()));
    if (choice.of_models) rows.back().pop_back();
  }
  return format_table(columns, std::move(rows), terminal);
}

// Why those that stand above the chosen one lost; those below it were not needed. Of models also what speaks
// for the chosen one.
bool tells(const SetupChoice& choice, const TierCandidate& candidate) {
  if (candidate.reasons.empty() || candidate.standing == TierStanding::kNotAsked) return false;
  const bool is_chosen = candidate.tier == &choice.tier();
  if (candidate.standing == TierStanding::kHybrid) return is_chosen;
  return choice.of_models || candidate.standing != TierStanding::kChosen;
}

std::string reasons_of(const SetupChoice& choice, const Terminal& terminal) {
  std::string out;
  for (const TierCandidate& candidate : choice.tiers.candidates) {
    if (!tells(choice, candidate)) continue;
    const std::string why =
        choice.of_models ? fmt::format("{}", fmt::join(candidate.reasons, "; ")) : candidate.reasons.front();
    out +=
        wrapped(fmt::format("{}: {}", printable(candidate.tier->name), printable(why)), terminal.width, 2) +
        "\n";
  }
  return out;
}

std::string chosen_line(const SetupChoice& choice, const Setting& setting) {
  const TierCandidate& chosen = choice.chosen();
  if (!chosen.tier->llm) return "No language model keeps its promise here: hybrid is recommended.";
  if (!chosen.forecast) return fmt::format("{}: nothing can be forecast.", printable(chosen.tier->name));
  const std::string line = headline(chosen.forecast->shape, chosen.forecast->forecast, setting.context());
  return choice.of_models ? line : fmt::format("{}: {}", printable(chosen.tier->name), line);
}

std::string measured_line(const SetupRecord& record) {
  if (!record.measured) return "";
  const auto& settings = *record.settings;
  return fmt::format("Measured: a turn takes {}; promised were {}, allowed are {}: the promise is {}.\n",
                     seconds_span(*record.measured), seconds_span(settings.turn),
                     format_seconds(settings.budget), keeps_promise(record) ? "kept" : "BROKEN");
}

std::string written_line(const std::string& path, const UserFileChange& change) {
  if (!change.changed) return fmt::format("  {}  as it was\n", printable(path));
  const std::string before =
      change.backup.empty() ? "" : fmt::format("; what was there before: {}", printable(change.backup));
  return fmt::format("  {}  written{}\n", printable(path), before);
}

Json change_json(const std::string& path, const UserFileChange& change) {
  return {{"path", path}, {"changed", change.changed}, {"backup", text_or_null(change.backup)}};
}

Json file_json(const SetupFile& file) {
  const PullFile& first = file.plan.files.front();
  return {{"url", file.file.url},
          {"path", first.path},
          {"commit", text_or_null(file.plan.commit)},
          {"directory", file.plan.directory},
          {"bytes", file.plan.size().value},
          {"bytes_to_fetch", file.plan.missing().value},
          {"sha256", first.item.promise.sha256 ? Json(*first.item.promise.sha256) : Json()}};
}

}  // namespace

std::string machine_line(const SetupChoice& choice, const Setting& setting) {
  std::string out = printable(setting.machine.name);
  if (choice.machine.cores) out += fmt::format(", {:g} cores", *choice.machine.cores);
  if (choice.machine.memory) out += fmt::format(", {} of memory", format_bytes(*choice.machine.memory));
  out += choice.machine.has_gpu ? ", a graphics card" : ", no graphics card";
  if (choice.machine.gpu_memory) out += fmt::format(" of {}", format_bytes(*choice.machine.gpu_memory));
  return out;
}

std::string choice_text(const SetupChoice& choice, const Setting& setting, const Terminal& terminal) {
  if (choice.recalled) {
    return wrapped(fmt::format("{}: set up before. Looking whether all is as it was.",
                               printable(choice.tier().name)),
                   terminal.width) +
           "\n";
  }
  std::string out =
      wrapped(machine_line(choice, setting), terminal.width) + "\n\n" + table_of(choice, terminal);
  const std::string reasons = reasons_of(choice, terminal);
  if (!reasons.empty()) out += "\n" + reasons;
  return out + "\n" + wrapped(chosen_line(choice, setting), terminal.width) + "\n";
}

std::string plan_text(const SetupPlan& plan, const Terminal& terminal) {
  std::string out;
  for (const SetupArtefact& artefact : plan.artefacts) {
    Bytes size{}, missing{};
    for (const SetupFile& file : artefact.files) {
      size += file.plan.size();
      missing += file.plan.missing();
    }
    const std::string here = missing.value == 0 ? ", here already"
                             : missing < size   ? fmt::format(", {} to fetch", format_bytes(missing))
                                                : "";
    out += fmt::format("  {}  {}  {}{}\n", artefact.part, printable(artefact.name), format_bytes(size), here);
    out += fmt::format("       to {}\n", printable(artefact.files.front().plan.directory));
  }
  const auto room = free_room(plan.together());
  out += fmt::format("To fetch: {}{}.\n", format_bytes(plan.missing()),
                     room ? fmt::format(", where {} are free", format_bytes(*room)) : "");
  for (const std::string& note : plan.notes) out += wrapped(printable(note), terminal.width, 2) + "\n";
  return out;
}

std::string outcome_text(const SetupOutcome& outcome, const SetupRecord& record, const Terminal& terminal) {
  const ServerSettings& settings = *record.settings;
  std::string out = "\n" + wrapped(measured_line(record), terminal.width);
  for (const std::string& path : {settings.files.llm, settings.files.recognition, settings.files.synthesis}) {
    if (!path.empty()) out += fmt::format("  {}\n", printable(path));
  }
  out += written_line(outcome.env_path, outcome.env) + written_line(outcome.config_path, outcome.config);
  if (settings.files.llm.empty()) {
    return out + fmt::format(
                     "\nThe language model is to run somewhere else. Once {} says where,\n\n"
                     "  [remote]\n  url = \"https://api.example.org/v1\"\n  model = \"NAME\"\n"
                     "  key_file = \"remote-key\"  # a file beside it, of mode 0600\n\n"
                     "`tokcast serve` hands turns to it.\n",
                     printable(outcome.config_path));
  }
  return out + "\nNext: tokcast serve\n";
}

Json outcome_json(const SetupOutcome& outcome, const SetupRecord& record) {
  const ServerSettings& settings = *record.settings;
  const auto interval = [](const Interval<Seconds>& of) {
    return Json{{"low", of.low.value}, {"expected", of.expected.value}, {"high", of.high.value}};
  };
  return {{"llm_path", text_or_null(settings.files.llm)},
          {"stt_path", text_or_null(settings.files.recognition)},
          {"tts_path", text_or_null(settings.files.synthesis)},
          {"bytes_fetched", outcome.fetched.value},
          {"threads", settings.threads},
          {"context_tokens", settings.context_tokens},
          {"max_tokens", settings.max_tokens},
          {"gpu_layers", settings.gpu_layers},
          {"server_timeout_seconds", settings.server_timeout.value},
          {"client_timeout_seconds", settings.client_timeout.value},
          {"promised_turn_seconds", settings.files.llm.empty() ? Json() : interval(settings.turn)},
          {"measured_turn_seconds", record.measured ? interval(*record.measured) : Json()},
          {"promise_kept", record.measured ? Json(keeps_promise(record)) : Json()},
          {"promise", record.promise ? Json(*record.promise) : Json()},
          {"env", change_json(outcome.env_path, outcome.env)},
          {"config", change_json(outcome.config_path, outcome.config)}};
}

Json choice_json(const SetupChoice& choice, const ForecastContext& context) {
  Json tiers = Json::array();
  for (const TierCandidate& candidate : choice.tiers.candidates) {
    const auto& forecast = candidate.forecast;
    tiers.push_back(
        {{"tier", candidate.tier->name},
         {"standing", standing_name(candidate.standing)},
         {"file", candidate.tier->llm ? Json(candidate.tier->llm->file.name) : Json()},
         {"reasons", candidate.reasons},
         {"forecast", forecast ? forecast_to_json(forecast->shape, forecast->forecast, context) : Json()}});
  }
  return tiers;
}

Json plan_json(const SetupPlan& plan) {
  Json artefacts = Json::array();
  for (const SetupArtefact& artefact : plan.artefacts) {
    Json files = Json::array();
    for (const SetupFile& file : artefact.files) files.push_back(file_json(file));
    artefacts.push_back({{"part", artefact.part}, {"name", artefact.name}, {"files", std::move(files)}});
  }
  const auto room = free_room(plan.together());
  return {{"artefacts", std::move(artefacts)},
          {"bytes_to_fetch", plan.missing().value},
          {"free_bytes", or_null(room)},
          {"notes", plan.notes}};
}

}  // namespace tokcast
