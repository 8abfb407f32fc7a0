#include "report/page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "report/built_in.h"

namespace tokcast {
namespace {

constexpr std::string_view kPlace = "@documents@";
constexpr std::string_view kConnectPlace = "@connect@";
constexpr std::string_view kConnect = "; connect-src 'self'";

constexpr std::array<std::string_view, 7> kDrawable{
    "tokcast.accuracy/1",  "tokcast.machine/1",  "tokcast.recommend/1", "tokcast.forecast/1",
    "tokcast.forecasts/1", "tokcast.promises/1", "tokcast.promise/1"};

// In a <script> element that holds data only `<` can do harm ("</script", "<!--"); the other two are for
// whoever copies the text elsewhere. All three stand only inside of JSON's strings.
std::string escaped(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

Result<void> check_drawable(const Json& document, std::string_view place) {
  const auto schema = document.is_object() ? document.find("schema") : document.end();
  const bool named = schema != document.end() && schema->is_string();
  if (named && std::ranges::count(kDrawable, schema->get_ref<const std::string&>()) > 0) return {};
  const std::string name = named ? printable(schema->get_ref<const std::string&>()) : "no schema";
  return fail(ErrorKind::kBadInput, fmt::format("a report cannot show this document ({})", name),
              std::string(place), fmt::format("It shows {}.", fmt::join(kDrawable, ", ")));
}

Json report_to_json(const Report& report) {
  Json parts = Json::array();
  for (const ReportPart& part : report.parts)
    parts.push_back({{"command", part.command}, {"document", part.document}});
  Json missing = Json::array();
  for (const MissingPart& part : report.missing)
    missing.push_back({{"command", part.command}, {"why", part.why}});
  Json out{{"schema", "tokcast.report/1"},
           {"tool_version", report.tool_version},
           {"documents", std::move(parts)},
           {"missing", std::move(missing)}};
  if (!report.live_path.empty()) out["live"] = {{"path", report.live_path}};
  return out;
}

std::string report_page(const Report& report) {
  constexpr bool kAscii = true;  // so that the page's bytes mean the same in every encoding
  const std::string documents =
      escaped(report_to_json(report).dump(-1, ' ', kAscii, Json::error_handler_t::replace));
  const std::string_view page = page_template();
  const std::size_t connect = page.find(kConnectPlace);
  const std::size_t after = connect + kConnectPlace.size();
  const std::size_t at = page.find(kPlace);
  return fmt::format("{}{}{}{}{}", page.substr(0, connect), report.live_path.empty() ? "" : kConnect,
                     page.substr(after, at - after), documents, page.substr(at + kPlace.size()));
}

std::string served_page_policy() {
  const std::string_view page = page_template();
  const std::size_t end = page.find(kConnectPlace);
  const std::size_t begin = page.rfind('"', end) + 1;
  return fmt::format("{}{}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                     page.substr(begin, end - begin), kConnect);
}

}  // namespace tokcast
