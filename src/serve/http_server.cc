#include "serve/http_server.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "serve/http_internal.h"

namespace tokcast {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
  Impl(Loop& loop, const ServeLimits& limits)
      : set(std::make_shared<SocketSet>(limits)), acceptor(loop.context()), again(loop.context()) {}

  void accept() {
    acceptor.async_accept([self = shared_from_this()](const ErrorCode& error, tcp::socket socket) {
      if (!self->acceptor.is_open()) return;
      if (error) return self->accept_later();
      self->accepted(std::move(socket));
      self->accept();
    });
  }

  // Out of descriptors, most likely: those at work will come back.
  void accept_later() {
    again.expires_after(std::chrono::milliseconds(50));
    again.async_wait([self = shared_from_this()](const ErrorCode& error) {
      if (!error && self->acceptor.is_open()) self->accept();
    });
  }

  void accepted(tcp::socket socket) const {
    ErrorCode error;
    std::ignore = socket.set_option(tcp::no_delay(true), error);
    const auto remote = socket.remote_endpoint(error);
    if (error) return;  // gone already
    if (set->open.size() >= set->limits.connections) return turn_away(socket);
    const std::string peer = remote.address().to_string();
    if (tls) return run_connection(set, PeerStream(std::move(socket), *tls), peer);
    run_connection(set, PeerStream(std::move(socket)), peer);
  }

  void turn_away(tcp::socket& socket) const {
    if (tls) return;  // a handshake would cost more than it can understand
    const std::string text = whole_answer(set->handlers.refuse(503, "too many connections"));
    send(socket.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  std::shared_ptr<SocketSet> set;
  tcp::acceptor acceptor;
  asio::steady_timer again;
  std::unique_ptr<asio::ssl::context> tls{};
};

namespace {

Result<std::unique_ptr<asio::ssl::context>> tls_context(const TlsFiles& files) {
  auto out = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  const auto bad = [](const ErrorCode& error, const std::string& path) {
    return fail(ErrorKind::kBadInput, fmt::format("cannot serve TLS with this: {}", error.message()), path,
                "Give PEM files: a certificate with its chain, and its key.");
  };
  ErrorCode error;
  SSL_CTX_set_min_proto_version(out->native_handle(), TLS1_2_VERSION);
  if (out->use_certificate_chain_file(files.certificate, error)) return bad(error, files.certificate);
  if (out->use_private_key_file(files.key, asio::ssl::context::pem, error)) return bad(error, files.key);
  return out;
}

}  // namespace

HttpServer::HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  close_all();
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(Loop& loop, const std::string& address,
                                                       std::uint16_t port, const ServeLimits& limits,
                                                       HttpHandlers handlers,
                                                       const std::optional<TlsFiles>& tls) {
  ErrorCode error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) {
    return fail(ErrorKind::kUsage, fmt::format("'{}' is not an IP address", printable(address)), "--host",
                "Say 127.0.0.1, ::1 or 0.0.0.0.");
  }
  auto impl = std::make_shared<Impl>(loop, limits);
  impl->set->handlers = std::move(handlers);
  if (tls) {
    auto context = tls_context(*tls);
    if (!context) return std::unexpected(context.error());
    impl->tls = std::move(*context);
  }
  const tcp::endpoint endpoint(ip, port);
  tcp::acceptor& acceptor = impl->acceptor;
  const bool listens = !acceptor.open(endpoint.protocol(), error) &&
                       !acceptor.set_option(tcp::acceptor::reuse_address(true), error) &&
                       !acceptor.bind(endpoint, error) && !acceptor.listen(1024, error);
  if (!listens) {
    return fail(ErrorKind::kIo, fmt::format("cannot listen there: {}", error.message()),
                fmt::format("{} port {}", address, port), "Choose another --port or --host.");
  }
  impl->accept();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const {
  ErrorCode ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}
std::size_t HttpServer::connections() const {
  return impl_->set->open.size();
}
std::size_t HttpServer::web_sockets() const {
  return impl_->set->web_sockets;
}

void HttpServer::drain() {
  ErrorCode ignored;
  std::ignore = impl_->acceptor.close(ignored);
  impl_->set->draining = true;
  const auto open = impl_->set->open;  // closing changes the set
  for (OpenSocket* socket : open) socket->drain();
}

void HttpServer::leave() {
  const auto open = impl_->set->open;
  for (OpenSocket* socket : open) socket->leave();
}

void HttpServer::close_all() {
  ErrorCode ignored;
  std::ignore = impl_->acceptor.close(ignored);
  impl_->again.cancel();
  const auto open = impl_->set->open;
  for (OpenSocket* socket : open) socket->close_now();
}

}  // namespace tokcast
