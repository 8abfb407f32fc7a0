#include "cli/models_here.h"

#include <fmt/format.h>

#include "base/json_values.h"
#include "base/text.h"
#include "choose/installed.h"
#include "cli/forecast_one.h"
#include "cli/forecast_text.h"
#include "cli/output.h"
#include "cli/setting.h"
#include "cli/table.h"

namespace tokcast {
namespace {

struct Judged {
  InstalledModel model;
  std::optional<Forecast> forecast{};  // nullopt: it cannot be used
  const CatalogueRow* row = nullptr;
};

Result<std::vector<Judged>> judge(std::vector<InstalledModel> models, const ModelsHereOptions& options,
                                  const Setting& setting) {
  const auto question = question_from(options.workload, setting);
  if (!question) return std::unexpected(question.error());
  LadderOnDemand ladder(setting, *question);
  std::vector<Judged> out;
  for (InstalledModel& model : models) {
    Judged one{.model = std::move(model)};
    if (one.model.shape) {
      one.forecast = forecast_one(one.model.path, *one.model.shape, setting, ladder, *question);
      one.row = row_of(*one.model.shape, one.model.name);
    }
    out.push_back(std::move(one));
  }
  return out;
}

Json judged_json(const Judged& one, const ForecastContext& context) {
  const InstalledModel& model = one.model;
  return {{"name", model.name},
          {"holder", holder_name(model.holder)},
          {"path", model.path},
          {"bytes", or_null(model.bytes)},
          {"catalogue_id", one.row == nullptr ? Json() : Json(one.row->id)},
          {"problem", or_null(model.problem)},
          {"forecast", one.forecast ? forecast_to_json(*model.shape, *one.forecast, context) : Json()}};
}

std::string verdict_words(const Judged& one) {
  if (!one.forecast) return "unusable";
  return std::string(verdict_name(one.forecast->verdict));
}

void print_table(const std::vector<Judged>& all) {
  const std::vector<Column> columns{{"model"},         {"held by", false, 2}, {"quant", false, 3},
                                    {"size", true, 1}, {"turn s", true, 4},   {"verdict"}};
  std::vector<std::vector<Cell>> rows;
  for (const Judged& one : all) {
    const InstalledModel& model = one.model;
    const bool timed = one.forecast && one.forecast->turn;
    rows.push_back({{printable(model.name)},
                    {std::string(holder_name(model.holder))},
                    {model.shape ? printable(model.shape->quantization) : "-"},
                    {model.bytes ? format_bytes(*model.bytes) : "-"},
                    {timed ? seconds_span(one.forecast->turn->turn) : "-"},
                    {verdict_words(one), one.forecast ? Colour::kPlain : Colour::kRed}});
  }
  print_text(format_table(columns, std::move(rows), terminal_of(1)));
}

bool has_word(const InstalledModel& model, const std::string& word) {
  return lower(model.name).find(lower(word)) != std::string::npos;
}

void print_people(const std::vector<Judged>& all) {
  if (all.empty()) {
    print_text("No model is on this machine where tokcast looks (name a folder with --models-dir).\n");
    return;
  }
  print_table(all);
  const Terminal terminal = terminal_of(1);
  for (const Judged& one : all) {
    if (one.model.problem)
      print_text(wrapped(printable(one.model.name + ": " + *one.model.problem), terminal.width, 2) + "\n");
  }
}

}  // namespace

void ModelsHereOptions::add_to(CLI::App& parser) {
  parser.add_option("--models-dir", folders, "With --here: look in this folder too")
      ->type_name("FOLDER")
      ->take_all()
      ->allow_extra_args(false);
}

Result<ExitCode> models_here(const ModelsHereOptions& options, const std::string& word) {
  const auto setting = read_setting(options.common);
  if (!setting) return std::unexpected(setting.error());
  Installed found = find_installed(installed_roots(options.folders));
  std::erase_if(found.models, [&word](const InstalledModel& model) { return !has_word(model, word); });
  const auto all = judge(std::move(found.models), options, *setting);
  if (!all) return std::unexpected(all.error());
  if (options.json) {
    Json models = Json::array();
    for (const Judged& one : *all) models.push_back(judged_json(one, setting->context()));
    print_json({{"schema", "tokcast.models-here/1"},
                {"use", options.workload.use_name},
                {"models", std::move(models)},
                {"remarks", found.remarks}});
    return ExitCode::kDone;
  }
  print_people(*all);
  for (const std::string& remark : found.remarks) say(printable(remark));
  return ExitCode::kDone;
}

}  // namespace tokcast
