// The listener: HTTP/1.1 and WebSocket (RFC 6455, no compression) on one port, within ServeLimits.
#ifndef TOKCAST_SERVE_HTTP_SERVER_H_
#define TOKCAST_SERVE_HTTP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "serve/http.h"
#include "serve/limits.h"
#include "serve/loop.h"

namespace tokcast {

// PEM files: the certificate with those between it and its root, and its key.
struct TlsFiles {
  std::string certificate{};
  std::string key{};
};

class HttpServer {
 public:
  // Binds and listens; with `tls`, for TLS 1.2 and 1.3 alone. `address` is a number ("127.0.0.1", "::1"):
  // names would be asked of the network. Port 0 takes a free one. Errors: kUsage (no address), kIo (in use,
  // not allowed), kBadInput (files that are no certificate and its key).
  static Result<std::unique_ptr<HttpServer>> listen(Loop& loop, const std::string& address,
                                                    std::uint16_t port, const ServeLimits& limits,
                                                    HttpHandlers handlers,
                                                    const std::optional<TlsFiles>& tls = {});
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
