// The engine is asked for a stream whatever the client wants: llama-server finds out that a client has gone
// only when it writes to it (seen of b11669: a reply that is not streamed goes on to its last token), and its
// first text may come late, so it is asked to tell of its progress through the prompt too.
#ifndef TOKCAST_SERVE_WHOLE_REPLY_H_
#define TOKCAST_SERVE_WHOLE_REPLY_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace tokcast {

// Of the body of a chat or completion request: a stream, with the number of tokens at its end.
void ask_for_stream(Json& body);
// The same body, asking for progress: one event after every batch of the prompt. Only llama-server knows it.
std::string with_progress_asked(std::string body);
// Whether an event tells of progress alone. Never true of what a model said.
bool is_progress(std::string_view data);

// Puts the events of a stream together to what would have come at once: choices by their index, texts and
// tool calls joined, tokens and timings as said last.
class WholeReply {
 public:
  // The data of one event. Errors: kBadInput, nothing that can be put together, or the engine's own error.
  Result<void> add(std::string_view data);
  // "chat.completion" or "text_completion".
  std::string text() const;

 private:
  Result<void> add_choice(const Json& choice);

  Json whole_ = Json::object();
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_WHOLE_REPLY_H_
