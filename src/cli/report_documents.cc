#include "cli/report_documents.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "base/child.h"
#include "base/file.h"
#include "base/text.h"
#include "choose/use.h"
#include "report/built_in.h"

namespace tokcast {
namespace {

using Arguments = std::vector<std::string>;

// Each promise is a document of its own; older ones are in the table of all.
constexpr std::size_t kMostPromises = 12;

Result<Json> read_document(const std::string& text, const std::string& place) {
  auto document = parse_json(text, place);
  if (!document) return document;
  if (auto drawable = check_drawable(*document, place); !drawable) return std::unexpected(drawable.error());
  return document;
}

// Whatever it exits with: a verdict is no failure, and without a document there is nothing to show.
Result<Json> ask(const Arguments& arguments, const std::optional<std::string>& engine) {
  ChildOptions options{.arguments = {"/proc/self/exe"}, .output_limit = Bytes(64 * kMebi.value)};
  if (engine) options.environment = {{"TOKCAST_ENGINE", *engine}};
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  const auto ended = run_child(options);
  if (!ended) return std::unexpected(ended.error());
  if (!ended->standard_output.empty()) return read_document(ended->standard_output, arguments.front());
  const std::string said = printable(trim(ended->standard_error));
  return fail(ErrorKind::kNotFound, said.empty() ? "it " + describe_end(*ended, options) : said);
}

class Asker {
 public:
  Asker(const std::function<void(const std::string&)>& asking, const std::optional<std::string>& engine)
      : asking_(asking), engine_(engine) {}

  // The document, which is a part from now on; nullptr if it is missing. Errors: kInterrupted.
  Result<Json*> part(Arguments arguments) {
    arguments.emplace_back("--json");
    const std::string command = fmt::format("tokcast {}", fmt::join(arguments, " "));
    asking_(command);
    auto document = ask(arguments, engine_);
    if (document) {
      out_.parts.push_back({command, std::move(*document)});
      return &out_.parts.back().document;
    }
    if (document.error().kind == ErrorKind::kInterrupted) return std::unexpected(document.error());
    out_.missing.push_back({command, document.error().message});
    return nullptr;
  }

  Report take() { return std::move(out_); }

 private:
  const std::function<void(const std::string&)>& asking_;
  const std::optional<std::string>& engine_;
  Report out_{.tool_version = TOKCAST_VERSION};
};

bool is_picked(const Json& recommendation, const Json& candidate) {
  for (const auto& [name, pick] : recommendation["choice"].items()) {
    if (pick.is_object() && pick["id"] == candidate["id"] &&
        pick["quantization"] == candidate["quantization"])
      return true;
  }
  return false;
}

// What `recommend` lists without --all: of each model the candidate that is ranked first, and those picked.
// With every quantisation of the catalogue the page would have nine megabytes.
void keep_one_of_each(Json& recommendation) {
  Json ranking = Json::array();
  Json forecasts = Json::array();
  std::set<std::string> seen;
  for (std::size_t i = 0; i < recommendation["ranking"].size(); ++i) {
    Json& candidate = recommendation["ranking"][i];
    const bool first = seen.insert(candidate["id"].get<std::string>()).second;
    if (!first && !is_picked(recommendation, candidate)) continue;
    ranking.push_back(std::move(candidate));
    forecasts.push_back(std::move(recommendation["forecasts"][i]));
  }
  recommendation["ranking"] = std::move(ranking);
  recommendation["forecasts"] = std::move(forecasts);
}

// The ids of the promises in a `tokcast.promises/1`, as it lists them: newest first.
std::vector<std::string> promise_ids(const Json& ledger) {
  std::vector<std::string> out;
  for (const Json& one : ledger["promises"]) {
    if (out.size() < kMostPromises) out.push_back(one["promise"]["id"].dump());
  }
  return out;
}

Result<ReportPart> accuracy_part() {
  auto document = parse_json(accuracy_json(), "data/accuracy.json");
  if (!document) return std::unexpected(document.error());
  return ReportPart{"the accuracy suite, when this tokcast was built", std::move(*document)};
}

}  // namespace

Result<std::vector<ReportPart>> parts_from_files(const std::vector<std::string>& files) {
  std::vector<ReportPart> out;
  for (const std::string& file : files) {
    const auto text = read_file(file);
    if (!text) return std::unexpected(text.error());
    auto document = read_document(*text, file);
    if (!document) return std::unexpected(document.error());
    out.push_back({file, std::move(*document)});
  }
  return out;
}

Result<Report> report_of_all(const std::function<void(const std::string&)>& asking,
                             const std::optional<std::string>& engine) {
  Asker asker(asking, engine);
  if (auto machine = asker.part({"probe", "--no-rates"}); !machine) return std::unexpected(machine.error());
  for (const Use& use : uses()) {
    auto choice = asker.part({"recommend", "--use", std::string(use.name), "--effort", "0"});
    if (!choice) return std::unexpected(choice.error());
    if (*choice != nullptr) keep_one_of_each(**choice);
  }
  const auto ledger = asker.part({"promises"});
  if (!ledger) return std::unexpected(ledger.error());
  const std::vector<std::string> ids =
      *ledger == nullptr ? std::vector<std::string>{} : promise_ids(**ledger);
  for (const std::string& id : ids) {
    if (auto promise = asker.part({"promises", "show", id}); !promise)
      return std::unexpected(promise.error());
  }
  Report out = asker.take();
  auto accuracy = accuracy_part();
  if (!accuracy) return std::unexpected(accuracy.error());
  out.parts.push_back(std::move(*accuracy));
  return out;
}

}  // namespace tokcast
