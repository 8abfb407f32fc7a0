// Parts of a document that a program writes: what stands between "<!-- generated: NAME -->" and
// "<!-- end: NAME -->", each on a line of its own.
#ifndef TOKCAST_BENCH_GENERATED_H_
#define TOKCAST_BENCH_GENERATED_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tokcast {

// nullopt without such a block.
std::optional<std::string> generated_block(std::string_view document, std::string_view name);

// The document with `content` as the block's. Errors: kBadInput if it has no such block.
Result<std::string> with_generated_block(std::string_view document, std::string_view name,
                                         std::string_view content);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_GENERATED_H_
