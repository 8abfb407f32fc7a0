// Data to standard output, talk to standard error. Nothing else in tokcast prints.
#ifndef TOKCAST_CLI_OUTPUT_H_
#define TOKCAST_CLI_OUTPUT_H_

#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace tokcast {

void print_text(std::string_view text);

// One document, two spaces of indent, bytes that are no UTF-8 replaced; ends with a line end.
void print_json(const Json& document);

// "tokcast: <text>" and a line end, to standard error.
void say(std::string_view text);

// Flushes standard output. Errors: kDiskFull, kIo: what was printed did not all arrive.
Result<void> finish_output();

}  // namespace tokcast

#endif  // TOKCAST_CLI_OUTPUT_H_
