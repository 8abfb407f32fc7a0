// Between http_server.cc, http_connection.cc and web_socket.cc only: the parts that show Boost.
#ifndef TOKCAST_SERVE_HTTP_INTERNAL_H_
#define TOKCAST_SERVE_HTTP_INTERNAL_H_

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>

#include "serve/http.h"
#include "serve/limits.h"
#include "serve/peer_stream.h"

namespace tokcast {

// An open socket of either kind.
class OpenSocket {
 public:
  virtual ~OpenSocket() = default;
  virtual void drain() = 0;  // HTTP closes if idle, else when done
  virtual void leave() = 0;  // a WebSocket says goodbye
  virtual void close_now() = 0;
};

// What all sockets of one listener share.
struct SocketSet {
  explicit SocketSet(const ServeLimits& server_limits) : limits(server_limits) {}
  ServeLimits limits;
  HttpHandlers handlers{};
  std::unordered_set<OpenSocket*> open{};
  std::size_t web_sockets = 0;
  std::uint64_t body_bytes = 0;
  bool draining = false;
};

using UpgradeRequest = boost::beast::http::request<boost::beast::http::string_body>;

// Serves HTTP on a connection that was just accepted.
void run_connection(std::shared_ptr<SocketSet> set, PeerStream stream, std::string peer);

// The bytes of an answer after which the connection is closed.
std::string whole_answer(const WebAnswer& answer);

// Takes a connection over whose upgrade was asked for and allowed.
void run_web_socket(std::shared_ptr<SocketSet> set, PeerStream stream, UpgradeRequest upgrade,
                    const WebRequest& head);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_HTTP_INTERNAL_H_
