// A session's port to the running server: its socket, the engine's turns, the speech pools.
#ifndef TOKCAST_SERVE_SESSION_HOST_H_
#define TOKCAST_SERVE_SESSION_HOST_H_

#include <memory>

#include "serve/http.h"
#include "serve/server_state.h"

namespace tokcast {

// The session of a WebSocket that was just opened. The state must outlive the events.
WebSocketEvents open_session(ServerState& state, std::shared_ptr<WebSocket> socket, const WebRequest& head);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_SESSION_HOST_H_
