// A whole answer as text: for the small documents of an API.
#ifndef TOKCAST_FETCH_TEXT_ANSWER_H_
#define TOKCAST_FETCH_TEXT_ANSWER_H_

#include <string>

#include "base/result.h"
#include "base/units.h"
#include "fetch/http.h"
#include "fetch/retry.h"

namespace tokcast {

struct TextAnswer {
  HttpHead head;
  std::string body;
};

// Asked again as `retry` has it, so that any status that is not worth that comes back: callers look at it.
// Errors: those of HttpClient::get; those of status_error when all attempts are used up; kBadInput if the
// body is larger than `limit`.
Result<TextAnswer> get_text(HttpClient& client, const HttpRequest& request, Bytes limit, Retry& retry);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_TEXT_ANSWER_H_
