#include "cli/contender_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "choose/installed.h"
#include "choose/ladder.h"
#include "cli/find_model.h"
#include "cli/forecast_text.h"
#include "cli/user_catalogue.h"
#include "model/naming.h"

namespace tokcast {
namespace {

constexpr const char* kGroup = "Models";

// As the user typed it, in --quant if it is an id without a mix of its own. Of a repository without one, its
// usual one.
std::string with_mix(const std::string& name, const std::string& mix) {
  const bool is_file = name.ends_with(".gguf") || std::filesystem::exists(name);
  return is_file || is_remote_name(name) || name.find(':') != std::string::npos ? name : name + ":" + mix;
}

Merit merit_of_named(const Shape& shape, const std::string& name, const Use& use) {
  const auto row = find_catalogue_row(shape.id);
  if (row && !shape.header.file_bytes) return merit_of(*row, shape.quantization, use);
  const CatalogueRow* same = row_of(shape, name);
  return same == nullptr ? merit_of(shape, use) : merit_of(*same, shape.quantization, use);
}

std::string plain_licence(std::string_view text) {
  std::string out = lower(text);
  std::ranges::replace(out, ' ', '-');
  return out;
}

std::function<Forecast(const Shape&)> first_look(const Use& use, const Setting& setting,
                                                 std::uint32_t threads, bool on_gpu) {
  return [&use, &setting, on_gpu, ladder = setting.ladder(threads, on_gpu)](const Shape& shape) {
    const MemoryLimits limits = setting.memory_bound(on_gpu);
    const Workload workload = placed(use.workload, shape, on_gpu, limits);
    const auto timings = timings_from(ladder, shape, {}, workload);
    return forecast(shape, timings ? std::optional(*timings) : std::nullopt, workload, limits);
  };
}

Result<void> consider_named(const std::vector<std::string>& models, const std::string& mix, const Use& use,
                            Considered& out) {
  for (const std::string& typed : models) {
    const std::string name = with_mix(typed, mix);
    auto shape = find_model(name);
    if (!shape) return std::unexpected(shape.error());
    if (shape->header.file_bytes) out.names.emplace(shape->id, name);
    Merit merit = merit_of_named(*shape, name, use);
    out.contenders.add(std::move(*shape), std::move(merit));
  }
  return {};
}

}  // namespace

bool licence_matches(std::string_view licence, std::string_view word) {
  return plain_licence(licence).find(plain_licence(word)) != std::string::npos;
}

void ContenderFlags::add_to(CLI::App& parser) {
  const auto add_list = [&parser](const char* name, std::vector<std::string>& value, const char* text,
                                  const char* type) {
    return parser.add_option(name, value, text)
        ->type_name(type)
        ->take_all()
        ->allow_extra_args(false)
        ->group(kGroup);
  };
  const auto named = add_list("--model", models, "Consider this; may be repeated", "MODEL");
  add_list("--models-dir", folders, "Look for models here too", "FOLDER")->excludes(named);
  add_list("--language", languages, "It must know this one: en, de ...", "CODE");
  parser.add_option("--quant", mix, "Only this quantisation (Q4_K_M to Q8_0)")
      ->type_name("NAME")
      ->group(kGroup);
  parser.add_option("--licence", licence, "Its licence has this word: apache, mit ...")
      ->type_name("WORD")
      ->group(kGroup)
      ->excludes(named);
  parser.add_option("--max-parameters", most_parameters, "At most so many thousand million")
      ->check(CLI::PositiveNumber)
      ->type_name("N")
      ->group(kGroup)
      ->excludes(named);
  parser.add_flag("--here", here_only, "Only models that are on this machine")
      ->group(kGroup)
      ->excludes(named);
}

Use ContenderFlags::completed(Use use) const {
  for (const std::string& language : languages) use.needs.languages.push_back(lower(language));
  return use;
}

Result<Considered> ContenderFlags::consider(const Use& use, const Setting& setting, std::uint32_t threads,
                                            bool on_gpu) const {
  if (auto ok = use_user_catalogue(); !ok) return std::unexpected(ok.error());
  Considered out;
  if (!models.empty()) {
    const auto ok = consider_named(models, mix.value_or(std::string(kDefaultMix)), use, out);
    return ok ? Result<Considered>(std::move(out)) : Result<Considered>(std::unexpected(ok.error()));
  }
  const ContenderOptions options{
      .use = use, .mix = mix, .first_look = first_look(use, setting, threads, on_gpu)};
  std::vector<CatalogueRow> rows;
  for (const CatalogueRow& row : catalogue()) {
    const bool small = !most_parameters ||
                       (row.parameters && static_cast<double>(*row.parameters) <= *most_parameters * 1e9);
    if (!here_only && small && (!licence || licence_matches(row.licence, *licence))) rows.push_back(row);
  }
  if (mix && !rows.empty()) {
    // A misspelt one is an error, not a reason to leave every model out.
    if (auto known = expand(rows.front(), *mix); !known && known.error().kind == ErrorKind::kUsage)
      return std::unexpected(known.error());
  }
  add_catalogue(out.contenders, rows, options);
  // A machine elsewhere has its own files.
  if (!setting.elsewhere) {
    const Installed installed = find_installed(installed_roots(folders));
    out.remarks = installed.remarks;
    std::vector<InstalledModel> usable;
    for (const InstalledModel& model : installed.models) {
      if (model.problem) out.remarks.push_back(fmt::format("{}: {}", model.name, *model.problem));
      const bool small = !most_parameters || !model.shape ||
                         static_cast<double>(model.shape->parameters()) <= *most_parameters * 1e9;
      if (small && !(mix && model.shape && model.shape->quantization != *mix)) usable.push_back(model);
    }
    add_installed(out.contenders, usable, options);
    for (const Shape& shape : out.contenders.shapes) {
      if (const auto path = out.contenders.merit_of(shape).path) out.names.emplace(shape.id, *path);
    }
  }
  if (!out.contenders.shapes.empty()) return out;
  return fail(ErrorKind::kNotFound, "no model is left to consider", "",
              here_only ? "Give a folder with --models-dir, or leave out --here."
                        : "Ask for less: fewer --language, another --licence, more --max-parameters.");
}

}  // namespace tokcast
