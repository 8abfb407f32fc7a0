// What the server shows to browsers: the report as a page, and figures of now for it.
#ifndef TOKCAST_SERVE_PAGE_API_H_
#define TOKCAST_SERVE_PAGE_API_H_

#include <memory>

#include "serve/http.h"
#include "serve/server_state.h"

namespace tokcast {

// Where the figures are, as the page names it: below its own address.
constexpr const char* kStatusPath = "/v1/tokcast/status";

// GET /
void show_page(ServerState& state, const std::shared_ptr<Exchange>& exchange);
// GET kStatusPath: a `tokcast.status/1` (docs/schemas). Nothing in it says who asked, or what.
void show_status(ServerState& state, const std::shared_ptr<Exchange>& exchange);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_PAGE_API_H_
