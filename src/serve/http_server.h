// The listener: HTTP/1.1 and WebSocket (RFC 6455, no compression) on one port, within ServeLimits.
#ifndef TOKCAST_SERVE_HTTP_SERVER_H_
#define TOKCAST_SERVE_HTTP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "serve/http.h"
#include "serve/limits.h"
#include "serve/loop.h"

namespace tokcast {

class HttpServer {
 public:
  // Binds and listens. `address` is a number ("127.0.0.1", "::1"): names would be asked of the network. Port
  // 0 takes a free one. Errors: kUsage (no address), kIo (in use, not allowed).
  static Result<std::unique_ptr<HttpServer>> listen(Loop& loop, const std::string& address,
                                                    std::uint16_t port, const ServeLimits& limits,
                                                    HttpHandlers handlers);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  std::size_t connections() const;
  std::size_t web_sockets() const;
  // Accepts no more and closes what is idle; what is being answered goes on, and so do WebSockets. For the
  // end.
  void drain();
  // After it: says goodbye to the WebSockets.
  void leave();
  // Closes everything. For the very end.
  void close_all();

 private:
  struct Impl;
  explicit HttpServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_HTTP_SERVER_H_
