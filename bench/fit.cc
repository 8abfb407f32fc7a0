// Fits data/efficiency.json on the published rows, or tells how far forecasts of unseen machines are from
// them.
//
//   fit [--data DIR]           writes DIR/efficiency.json
//   fit [--data DIR] --check   writes no factors; prints what was left out, errors leaving one machine out,
//   and
//                              those of the peers' formulas on the same rows
//   ... --plots DIR            and writes the same as pictures
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

#include "base/file.h"
#include "bench/fit_errors.h"
#include "bench/fit_factors.h"
#include "bench/fit_peers.h"
#include "bench/published.h"
#include "forecast/efficiency.h"

namespace tokcast {
namespace {

// One factor or interval a line: a change of the fit shows as a change of lines.
std::string as_text(const Efficiency& table) {
  const Json json = efficiency_to_json(table);
  std::string text = fmt::format("{{\"schema\": {}", json.at("schema").dump());
  for (const char* part : {"factors", "spreads"}) {
    text += fmt::format(",\n\"{}\": {{", part);
    std::string_view before = "\n";
    for (const auto& [name, value] : json.at(part).items()) {
      text += fmt::format("{}{}: {}", before, Json(name).dump(), value.dump());
      before = ",\n";
    }
    text += "}";
  }
  return text + "}\n";
}

Result<void> write_plots(const std::vector<RowError>& errors, const std::string& directory) {
  for (const auto& [name, svg] : peer_plots(errors)) {
    if (auto written = write_file(directory + "/" + name, svg); !written) return written;
  }
  return {};
}

Result<void> run(const std::string& data, bool check, const std::string& plots, const std::string& rows) {
  const auto published = read_published(data);
  if (!published) return std::unexpected(published.error());
  const Fit fit(published->rows);
  const std::vector<RowError> errors = errors_without_own_machine(fit, published->rows);
  if (!rows.empty()) {
    if (auto written = write_file(rows, error_rows(errors)); !written) return written;
  }
  if (check) {
    fmt::print("{}\n{}\n{}", filter_report(*published), error_table(errors), peer_table(errors));
    return plots.empty() ? Result<void>() : write_plots(errors, plots);
  }
  Efficiency table{.factors = fit.table(), .spreads = spreads_of(errors)};
  table.factors.merge(part_factors(fit, published->rows));
  return write_file(data + "/efficiency.json", as_text(table));
}

}  // namespace
}  // namespace tokcast

int main(int argc, char** argv) {
  std::string data = "data";
  std::string plots;
  std::string rows;
  bool check = false;
  CLI::App app("Fits the factors of looked-up forecasts on published results.");
  app.add_option("--data", data, "the repository's data directory");
  CLI::Option* checks =
      app.add_flag("--check", check, "print errors leaving one machine out, write no factors");
  app.add_option("--plots", plots, "where the pictures of --check go")->needs(checks);
  app.add_option("--rows", rows, "where every row with its error goes, comma-separated");
  CLI11_PARSE(app, argc, argv);
  const auto done = tokcast::run(data, check, plots, rows);
  if (!done) fmt::print(stderr, "fit: {}\n", describe(done.error()));
  return done ? 0 : 1;
}
