// What a report is made of: documents from files, or what this very program's commands print.
#ifndef TOKCAST_CLI_REPORT_DOCUMENTS_H_
#define TOKCAST_CLI_REPORT_DOCUMENTS_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "report/page.h"

namespace tokcast {

// Each as one part. Errors: those of read_file and check_drawable.
Result<std::vector<ReportPart>> parts_from_files(const std::vector<std::string>& files);

// Asks `tokcast COMMAND --json` in child processes: the machine as it was measured last, the choice for every
// use from what is known (nothing is measured), of each model the quantisation that is ranked first, and the
// newest promises with what came of them. What cannot be had is missing and hinders nothing. `asking` is
// called with each command; `engine` is what --engine of all of them is. With it how far forecasts were from
// truths, as it was built in. Errors: kInterrupted.
Result<Report> report_of_all(const std::function<void(const std::string&)>& asking,
                             const std::optional<std::string>& engine = {});

}  // namespace tokcast

#endif  // TOKCAST_CLI_REPORT_DOCUMENTS_H_
