// What of the report is built into the executable.
#ifndef TOKCAST_REPORT_BUILT_IN_H_
#define TOKCAST_REPORT_BUILT_IN_H_

#include <string_view>

namespace tokcast {

// The page without its documents: web/report.html, which `npm run build` in web/ makes. Holds "@documents@"
// once, where the documents go, and before it "@connect@" once, at the end of its Content-Security-Policy.
std::string_view page_template();

// How far forecasts were from truths: data/accuracy.json, which the accuracy suite writes.
std::string_view accuracy_json();

}  // namespace tokcast

#endif  // TOKCAST_REPORT_BUILT_IN_H_
