// `tokcast models`: the catalogue.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/command.h"
#include "cli/forecast_text.h"
#include "cli/output.h"
#include "cli/table.h"
#include "model/catalogue.h"
#include "model/naming.h"

namespace tokcast {
namespace {

struct Options {
  std::string word;
  bool json = false;
};

// A row, and what a forecast of it lacks.
struct Listed {
  const CatalogueRow* row = nullptr;
  std::vector<std::string> not_modelled{};
};

std::vector<std::string> gaps(const CatalogueRow& row) {
  const auto shape = find_shape(row.id);
  return shape ? shape->not_modelled : std::vector{shape.error().message};
}

std::vector<Listed> matching(const std::string& word) {
  const std::string wanted = lower(word);
  std::vector<Listed> out;
  for (const CatalogueRow& row : catalogue()) {
    const auto has = [&wanted](const std::string& text) {
      return lower(text).find(wanted) != std::string::npos;
    };
    if (has(row.id) || has(row.family) || has(row.architecture)) out.push_back({&row, gaps(row)});
  }
  return out;
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json row_json(const Listed& listed) {
  const CatalogueRow& row = *listed.row;
  return {{"id", row.id},
          {"family", row.family},
          {"architecture", row.architecture},
          {"parameters", or_null(row.parameters)},
          {"context_tokens", or_null(row.context_length)},
          {"licence", row.licence.empty() ? Json() : Json(row.licence)},
          {"modelled", listed.not_modelled.empty()},
          {"not_modelled", listed.not_modelled}};
}

void print_list(const std::vector<Listed>& all) {
  const std::vector<Column> columns{
      {"model"}, {"parameters", true}, {"architecture", false, 1}, {"context", true}, {"forecast"}};
  std::vector<std::vector<Cell>> rows;
  for (const Listed& listed : all) {
    const CatalogueRow& row = *listed.row;
    const bool known = listed.not_modelled.empty();
    rows.push_back({{row.id},
                    {row.parameters ? format_parameters(*row.parameters) : "-"},
                    {row.architecture},
                    {row.context_length ? std::to_string(*row.context_length) : "-"},
                    {known ? "yes" : "not yet", known ? Colour::kPlain : Colour::kDim}});
  }
  print_text(format_table(columns, std::move(rows), terminal_of(1)));
}

Result<ExitCode> run(const Options& options) {
  const std::vector<Listed> all = matching(options.word);
  if (all.empty()) {
    const auto row = find_catalogue_row(options.word);  // fails: its fix names the nearest id
    return fail(ErrorKind::kNotFound,
                fmt::format("no model of the catalogue has '{}' in its name", options.word), {},
                row ? "" : row.error().fix);
  }
  if (!options.json) {
    print_list(all);
    return ExitCode::kDone;
  }
  Json models = Json::array();
  for (const Listed& listed : all) models.push_back(row_json(listed));
  print_json({{"schema", "tokcast.models/1"}, {"models", std::move(models)}});
  return ExitCode::kDone;
}

constexpr const char* kExamples = R"(Examples:
  tokcast models
  tokcast models qwen3
  tokcast models show llama-2-13b-chat:Q8_0
  tokcast models show ./model.gguf --json

Models not in the catalogue can be given as GGUF files, without weights too.)";

}  // namespace

Command add_models(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("models", "The catalogue of known models");
  parser->add_option("WORD", options->word, "In id, family or architecture")->type_name("");
  parser->add_flag("--json", options->json, "One JSON document");
  parser->footer(kExamples);
  const Command show = add_models_show(*parser);
  return {parser, [options, show] { return show.parser->parsed() ? show.run() : run(*options); }};
}

}  // namespace tokcast
