// Comma-separated values with quoted fields (RFC 4180), the first line naming the columns.
#ifndef TOKCAST_BENCH_CSV_H_
#define TOKCAST_BENCH_CSV_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tokcast {

using CsvRow = std::map<std::string, std::string>;

// Errors: kBadInput for a row of another length than the first line, and for a quote that is never closed.
Result<std::vector<CsvRow>> parse_csv(std::string_view text, std::string_view place);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_CSV_H_
