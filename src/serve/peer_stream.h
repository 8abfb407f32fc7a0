// A connection of bytes, over TCP or a Unix socket, with TLS or without, as Boost wants streams to be: one
// code serves them all. Seen by the sources that show Boost only (loop.h).
#ifndef TOKCAST_SERVE_PEER_STREAM_H_
#define TOKCAST_SERVE_PEER_STREAM_H_

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

namespace tokcast {

class PeerStream {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using TlsStream = boost::asio::ssl::stream<Socket&>;
  using executor_type = Socket::executor_type;  // NOLINT(readability-identifier-naming): Boost asks for it

  explicit PeerStream(Socket socket) : socket_(std::make_unique<Socket>(std::move(socket))) {}
  PeerStream(Socket socket, boost::asio::ssl::context& context) : PeerStream(std::move(socket)) {
    tls_ = std::make_unique<TlsStream>(*socket_, context);
  }

  executor_type get_executor() { return socket_->get_executor(); }
  // Below TLS.
  Socket& socket() { return *socket_; }
  bool has_tls() const { return tls_ != nullptr; }
  TlsStream& tls() { return *tls_; }

  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Handler>(handler));
    socket_->async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Handler>(handler));
    socket_->async_write_some(buffers, std::forward<Handler>(handler));
  }

  // Reads on, below TLS, until there is no more to come, or more than `most` came, or it fails (the socket
  // was closed); then calls `done`. `owner` keeps us alive.
  template <typename Owner, typename Done>
  void read_away(Owner owner, std::size_t most, Done done) {
    const auto left = read_what_is_there(most);
    if (!left) return done();
    socket_->async_wait(Socket::wait_read, [this, owner = std::move(owner), left = *left,
                                            done = std::move(done)](const boost::system::error_code& error) {
      if (error) return done();
      read_away(owner, left, done);
    });
  }

 private:
  // How many bytes may still come; nullopt: none will, or shall. It reads until the socket is empty, for the
  // reactor does not tell again of what is left in it, its end included; of a flood some of it, since others
  // wait.
  std::optional<std::size_t> read_what_is_there(std::size_t most) {
    std::array<char, 16UL * 1024> piece{};
    boost::system::error_code error;
    std::ignore = socket_->non_blocking(true, error);
    for (int i = 0; i < 16 && !error; ++i) {
      const std::size_t count = socket_->read_some(boost::asio::buffer(piece), error);
      if (count > most) return std::nullopt;
      most -= count;
    }
    const bool is_open = !error || error == boost::asio::error::would_block;
    return is_open ? std::optional(most) : std::nullopt;
  }

  std::unique_ptr<Socket> socket_;  // stays in its place when we are moved
  std::unique_ptr<TlsStream> tls_{};
};

// How Beast ends a WebSocket's stream, and closes one that is late.
template <typename Handler>
void async_teardown(boost::beast::role_type role, PeerStream& stream, Handler&& handler) {
  using boost::beast::websocket::async_teardown;
  if (stream.has_tls()) return async_teardown(role, stream.tls(), std::forward<Handler>(handler));
  // Beast 1.81's own reads 2 kB and closes, which sends RST to whoever still sends; the rest is for the owner
  // to read away.
  boost::system::error_code ignored;
  std::ignore = stream.socket().shutdown(PeerStream::Socket::shutdown_send, ignored);
  boost::asio::post(stream.get_executor(), boost::beast::bind_front_handler(std::forward<Handler>(handler),
                                                                            boost::system::error_code{}));
}
inline void teardown(boost::beast::role_type role, PeerStream& stream, boost::system::error_code& error) {
  boost::beast::websocket::teardown(role, stream.socket(), error);
}
inline void beast_close_socket(PeerStream& stream) {
  boost::system::error_code ignored;
  std::ignore = stream.socket().close(ignored);
}

}  // namespace tokcast

#endif  // TOKCAST_SERVE_PEER_STREAM_H_
