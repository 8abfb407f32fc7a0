// `tokcast models`: the catalogue, and what is on this machine already.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/json_values.h"
#include "base/text.h"
#include "choose/installed.h"
#include "choose/merit.h"
#include "choose/use.h"
#include "cli/command.h"
#include "cli/contender_options.h"
#include "cli/forecast_text.h"
#include "cli/models_here.h"
#include "cli/output.h"
#include "cli/recommend_json.h"
#include "cli/table.h"
#include "cli/user_catalogue.h"
#include "model/catalogue.h"
#include "model/naming.h"

namespace tokcast {
namespace {

struct Options {
  std::string word;
  std::string use_name;
  std::string family;
  std::string licence;
  std::string mix;
  std::optional<double> most_parameters{};
  std::vector<std::string> languages{};
  ModelsHereOptions here{};
  bool here_only = false;
  bool json = false;
};

// A row, and what a forecast of it lacks.
struct Listed {
  const CatalogueRow* row = nullptr;
  std::vector<std::string> not_modelled{};
  std::optional<Quality> quality{};
  std::optional<Bytes> weights{};  // in the mix asked for
};

bool matches(const CatalogueRow& row, const Options& options, const std::optional<Use>& use) {
  const std::string wanted = lower(options.word);
  const auto has = [&wanted](const std::string& text) {
    return lower(text).find(wanted) != std::string::npos;
  };
  if (!has(row.id) && !has(row.family) && !has(row.architecture)) return false;
  if (!options.family.empty() && !equals_ignoring_case(row.family, options.family)) return false;
  if (!options.licence.empty() && !licence_matches(row.licence, options.licence)) return false;
  const bool small = !options.most_parameters || (row.parameters && static_cast<double>(*row.parameters) <=
                                                                        *options.most_parameters * 1e9);
  return small && !(use && unsuited(row.abilities, *use));
}

Listed listed(const CatalogueRow& row, const Options& options) {
  Listed out{.row = &row, .quality = quality_scale().of(row)};
  const auto shape = find_shape(options.mix.empty() ? row.id : row.id + ":" + options.mix);
  out.not_modelled = shape ? shape->not_modelled : std::vector{shape.error().message};
  if (shape) out.weights = shape->weight_bytes();
  return out;
}

Result<std::vector<Listed>> matching(const Options& options) {
  std::optional<Use> use;
  if (!options.use_name.empty() || !options.languages.empty()) {
    auto named = find_use(options.use_name.empty() ? uses().front().name : options.use_name);
    if (!named) return std::unexpected(named.error());
    use = std::move(*named);
    // Languages alone: nothing else is asked of a model.
    if (options.use_name.empty()) use->needs = {.chat = false};
    for (const std::string& language : options.languages) use->needs.languages.push_back(lower(language));
  }
  if (!options.mix.empty()) {
    if (auto known = expand(catalogue().front(), options.mix); !known) return std::unexpected(known.error());
  }
  std::vector<Listed> out;
  for (const CatalogueRow& row : catalogue()) {
    if (matches(row, options, use)) out.push_back(listed(row, options));
  }
  // By quality where a use is asked for, else in the order of the catalogue.
  if (use && !options.use_name.empty()) {
    std::ranges::stable_sort(out, std::greater{},
                             [](const Listed& one) { return one.quality ? one.quality->cautious() : 0; });
  }
  return out;
}

Json thinks_json(const std::optional<Thinks>& thinks) {
  if (!thinks) return {};
  return *thinks == Thinks::kNever ? "never" : *thinks == Thinks::kOptional ? "optional" : "always";
}

Json row_json(const Listed& listed) {
  const CatalogueRow& row = *listed.row;
  return {{"id", row.id},
          {"family", row.family},
          {"architecture", row.architecture},
          {"parameters", or_null(row.parameters)},
          {"context_tokens", or_null(row.context_length)},
          {"licence", text_or_null(row.licence)},
          {"licence_kind", licence_kind_name(licence_kind(row.licence))},
          {"release_month", text_or_null(row.release_month)},
          {"repository", text_or_null(row.hf_repo)},
          {"gguf_repository", text_or_null(row.gguf_repo)},
          {"uses",
           {{"chat", or_null(row.abilities.chat)},
            {"code", or_null(row.abilities.code)},
            {"tools", or_null(row.abilities.tools)},
            {"thinks", thinks_json(row.abilities.thinks)}}},
          {"languages", or_null(row.abilities.languages)},
          {"scores", row.quality},
          {"quality", quality_json(listed.quality)},
          {"weights_bytes", or_null(listed.weights)},
          {"published_bytes", row.published_bytes},
          {"own", row.own},
          {"modelled", listed.not_modelled.empty()},
          {"not_modelled", listed.not_modelled}};
}

void print_list(const std::vector<Listed>& all, const Options& options) {
  const std::vector<Column> columns{{"model"},
                                    {"parameters", true},
                                    {"architecture", false, 1},
                                    {"context", true, 3},
                                    {options.mix.empty() ? "Q4_K_M" : options.mix, true, 4},
                                    {"quality", true, 5},
                                    {"licence", false, 2},
                                    {"forecast", false, 6}};
  std::vector<std::vector<Cell>> rows;
  for (const Listed& listed : all) {
    const CatalogueRow& row = *listed.row;
    const bool known = listed.not_modelled.empty();
    const bool rough = listed.quality && listed.quality->decided_by == "parameters";
    rows.push_back(
        {{row.id},
         {row.parameters ? format_parameters(*row.parameters) : "-"},
         {row.architecture},
         {row.context_length ? std::to_string(*row.context_length) : "-"},
         {listed.weights ? format_bytes(*listed.weights) : "-"},
         {listed.quality ? fmt::format("{}{:.0f}", rough ? "?" : "", listed.quality->points) : "-"},
         {row.licence.empty() ? "-" : printable(row.licence)},
         {known ? "yes" : "not yet", known ? Colour::kPlain : Colour::kDim}});
  }
  print_text(format_table(columns, std::move(rows), terminal_of(1)));
}

Result<ExitCode> run(const Options& options) {
  if (auto ok = use_user_catalogue(); !ok) return std::unexpected(ok.error());
  if (options.here_only || !options.here.folders.empty()) return models_here(options.here, options.word);
  const auto found = matching(options);
  if (!found) return std::unexpected(found.error());
  const std::vector<Listed>& all = *found;
  if (all.empty()) {
    const auto row = find_catalogue_row(options.word);  // fails: its fix names the nearest id
    return fail(ErrorKind::kNotFound,
                fmt::format("no model of the catalogue has '{}' in its name and all that was asked for",
                            printable(options.word)),
                {}, row ? "Ask for less." : row.error().fix);
  }
  if (!options.json) {
    print_list(all, options);
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
  tokcast models --use code --licence apache --max-parameters 10
  tokcast models --language de --quant Q6_K
  tokcast models --here                     what is on this machine already
  tokcast models --here --models-dir /data/models --json
  tokcast models show llama-2-13b-chat:Q8_0
  tokcast models show ./model.gguf --json

Quality is on the scale of the chat arena; '?' is a guess by size alone
(docs/CATALOGUE.md). Models not in the catalogue can be given as GGUF files,
without weights too, or added in ~/.config/tokcast/catalogue.json.)";

void add_filters(CLI::App& parser, Options& options) {
  constexpr const char* kGroup = "Filters";
  parser.add_option("--use", options.use_name, use_names() + ": what suits it")
      ->type_name("NAME")
      ->group(kGroup);
  parser.add_option("--family", options.family, "Of this family: qwen3, gemma-3 ...")
      ->type_name("NAME")
      ->group(kGroup);
  parser.add_option("--licence", options.licence, "With this word in its licence")
      ->type_name("WORD")
      ->group(kGroup);
  parser.add_option("--language", options.languages, "Not known to lack it: en, de ...")
      ->type_name("CODE")
      ->take_all()
      ->allow_extra_args(false)
      ->group(kGroup);
  parser.add_option("--max-parameters", options.most_parameters, "At most so many thousand million")
      ->check(CLI::PositiveNumber)
      ->type_name("N")
      ->group(kGroup);
  parser.add_option("--quant", options.mix, "Sizes in this quantisation (Q4_K_M)")
      ->type_name("NAME")
      ->group(kGroup);
}

}  // namespace

Command add_models(CLI::App& root) {
  const auto options = std::make_shared<Options>();
  CLI::App* parser = root.add_subcommand("models", "The catalogue of known models, and what is here");
  parser->add_option("WORD", options->word, "In id, family or architecture")->type_name("");
  add_filters(*parser, *options);
  parser->add_flag("--here", options->here_only, "Models on this machine, each with its verdict");
  options->here.add_to(*parser);
  parser->add_flag("--json", options->json, "One JSON document");
  parser->footer(kExamples);
  const Command show = add_models_show(*parser);
  return {parser, [options, show] {
            options->here.json = options->json;
            options->here.workload.use_name = options->use_name.empty() ? "voice" : options->use_name;
            return show.parser->parsed() ? show.run() : run(*options);
          }};
}

}  // namespace tokcast
