// The OpenAI-compatible requests: checked and made ready for the engine; and errors in their form. Pure.
#ifndef TOKCAST_SERVE_OPENAI_H_
#define TOKCAST_SERVE_OPENAI_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "serve/http.h"
#include "serve/limits.h"
#include "serve/turns.h"

namespace tokcast {

enum class ApiKind { kChat, kCompletion, kEmbeddings };

struct ApiRequest {
  std::string body{};  // for the engine; asks for a stream, but for embeddings
  bool stream = false;
  bool wants_progress = false;  // asks for llama-server's "return_progress" itself
  std::uint64_t prompt_bytes = 0;
  std::optional<std::uint64_t> reply_limit{};  // max_tokens, max_completion_tokens
  std::optional<Seconds> deadline{};           // our own field deadline_seconds
  std::string user{};                          // who asks, for fairness between the users of one client
};

// Errors: kBadInput saying which field is wrong. What is not known is handed on, except what reaches into the
// engine's own affairs (its slots).
Result<ApiRequest> read_api_request(ApiKind kind, std::string_view body, const ServeLimits& limits);

// {"error": {"message", "type", "param", "code"}} with the status; refusals carry the forecast and
// Retry-After.
WebAnswer error_answer(unsigned status, std::string_view code, std::string_view message);
WebAnswer failure_answer(const TurnFailure& failure);
// The same as one event of a stream that had begun.
std::string failure_event(const TurnFailure& failure);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_OPENAI_H_
