// One call to an engine over whatever connection leads there: HTTP/1.1, one request, closed after it. Seen by
// the sources that show Boost only (loop.h).
#ifndef TOKCAST_SERVE_ENGINE_CALL_H_
#define TOKCAST_SERVE_ENGINE_CALL_H_

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/engine_client.h"
#include "serve/limits.h"
#include "serve/peer_stream.h"

namespace tokcast {

class StreamCall : public std::enable_shared_from_this<StreamCall> {
 public:
  using Endpoint = boost::asio::generic::stream_protocol::endpoint;

  // `text` is the whole request. An answer whose status `refusal` names is an error.
  StreamCall(PeerStream stream, const ServeLimits& limits, std::string text, EngineEvents events,
             std::function<std::optional<Error>(unsigned status)> refusal = {});

  // Begins the time that connecting may take, finding the address included.
  void begin();
  // Tries them one after the other.
  void connect(std::vector<Endpoint> endpoints);
  void fail(const Error& error);
  void cancel();

 private:
  void connect_next();
  void connected(const boost::system::error_code& error);
  void write();
  void written(const boost::system::error_code& error);
  void head_read(const boost::system::error_code& error);
  void read_on();
  void piece_read(const boost::system::error_code& error);
  void arm(Seconds time);
  void end(std::optional<Error> error);
  void close();

  ServeLimits limits_;
  PeerStream stream_;
  boost::asio::steady_timer timer_;
  std::string text_;
  EngineEvents events_;
  std::function<std::optional<Error>(unsigned)> refusal_;
  std::vector<Endpoint> endpoints_{};  // still to be tried, the next one last
  boost::beast::flat_buffer buffer_{128UL * 1024};
  boost::beast::http::response_parser<boost::beast::http::buffer_body> parser_{};
  std::array<char, 16UL * 1024> piece_{};
  std::uint64_t armed_ = 0;
  bool over_ = false;
};

// Whoever holds it cancels the call when it goes.
std::unique_ptr<EngineCall> handle_of(std::shared_ptr<StreamCall> call);

// The head of a request and its body; `more` are whole header lines.
std::string engine_request_text(const EngineRequest& request, const std::string& host,
                                const std::string& more);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_ENGINE_CALL_H_
