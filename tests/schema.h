// Is a document what docs/schemas says it is?
#ifndef TOKCAST_TESTS_SCHEMA_H_
#define TOKCAST_TESTS_SCHEMA_H_

#include <string>

namespace tokcast {

// What is wrong with `document` by docs/schemas/<name>.schema.json, one finding a line; empty if all is well.
std::string schema_findings(const std::string& name, const std::string& document);

}  // namespace tokcast

#endif  // TOKCAST_TESTS_SCHEMA_H_
