// Forms with files, as browsers and OpenAI's clients send them: multipart/form-data (RFC 7578). Pure.
#ifndef TOKCAST_SERVE_MULTIPART_H_
#define TOKCAST_SERVE_MULTIPART_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tokcast {

struct FormField {
  std::string name{};
  std::string file_name{};     // empty: not a file
  std::string_view content{};  // in the body
};

// The fields of a body, whose boundary `content_type` names; they live as long as the body. Errors: kBadInput
// (no such form, a boundary that is missing or too long, a part without name or end, more than 32 parts, a
// part's header beyond 4 kB).
Result<std::vector<FormField>> read_multipart(std::string_view content_type, std::string_view body);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_MULTIPART_H_
