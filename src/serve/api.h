// The HTTP side: routes, what each answers, and what is refused before a body is read.
#ifndef TOKCAST_SERVE_API_H_
#define TOKCAST_SERVE_API_H_

#include <memory>

#include "serve/http.h"
#include "serve/server_state.h"

namespace tokcast {

// Answers and counts it.
void reply(ServerState& state, const std::shared_ptr<Exchange>& exchange, WebAnswer answer);

// Everything but web_socket. The state must outlive the handlers.
HttpHandlers api_handlers(ServerState& state);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_API_H_
