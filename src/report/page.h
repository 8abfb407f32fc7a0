// The report: one HTML page that carries the documents it shows and needs nothing else, no network either.
//
// A pure function of documents that tokcast's commands print with --json; one script in the page draws them
// (web/, docs/REPORT.md). The page may hold what strangers wrote (names in a GGUF header): documents are
// escaped so that no text can end the element they are in, the script sets text only as text, and the page's
// Content-Security-Policy lets no other script run and nothing be fetched.
#ifndef TOKCAST_REPORT_PAGE_H_
#define TOKCAST_REPORT_PAGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tokcast {

// One document of the report, and what printed it.
struct ReportPart {
  std::string command;  // "tokcast probe --json", or the file it was read from
  Json document;
};

// What the page would have shown, and why it cannot.
struct MissingPart {
  std::string command;
  std::string why;
};

struct Report {
  std::string tool_version;
  std::vector<ReportPart> parts{};
  std::vector<MissingPart> missing{};
  // Where the page asks for figures of now, below the address that it was served from; the one thing that it
  // may then fetch. Empty: a page on its own.
  std::string live_path{};
};

// Is it one of those that the page draws? Errors: kBadInput, naming those that are, with `place`.
Result<void> check_drawable(const Json& document, std::string_view place);

// The document `tokcast.report/1`: docs/schemas/report.schema.json.
Json report_to_json(const Report& report);

// UTF-8 HTML. The same report gives the same bytes.
std::string report_page(const Report& report);

// The Content-Security-Policy with which a page that has a live_path is to be served: the page's own, and
// that no other page may frame it.
std::string served_page_policy();

}  // namespace tokcast

#endif  // TOKCAST_REPORT_PAGE_H_
