#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <deque>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "serve/http_internal.h"
#include "serve/http_text.h"

namespace tokcast {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using ErrorCode = boost::system::error_code;
using Parser = RequestParser;

constexpr std::size_t kReadBuffer = 64UL * 1024;
constexpr std::size_t kReadAhead = 4096;
constexpr std::size_t kLingerBytes = 1UL << 20U;

class Connection;

// What is on its way out: of this connection alone, or a text that others share.
struct Piece {
  std::string own{};
  std::shared_ptr<const std::string> shared{};

  std::string_view text() const { return shared ? std::string_view(*shared) : own; }
};

class HttpExchange : public Exchange {
 public:
  HttpExchange(std::shared_ptr<Connection> connection, WebRequest request)
      : connection_(std::move(connection)), request_(std::move(request)) {}
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;
  ~HttpExchange() override;

  const WebRequest& request() const override { return request_; }
  std::string take_body() override { return std::move(request_.body); }
  void answer(WebAnswer answer) override;
  void begin(WebAnswer answer) override;
  void write(std::string part) override;
  void end() override;
  void on_gone(std::function<void()> gone) override {
    gone_ = std::move(gone);
    if (!connection_) client_is_gone();
  }

  void client_is_gone() {
    connection_.reset();
    if (const auto gone = std::exchange(gone_, nullptr)) gone();
  }

 private:
  std::shared_ptr<Connection> connection_;  // nullptr: answered, or gone
  WebRequest request_;
  std::function<void()> gone_{};
};

class Connection : public std::enable_shared_from_this<Connection>, public OpenSocket {
 public:
  Connection(std::shared_ptr<SocketSet> set, PeerStream stream, std::string peer)
      : set_(std::move(set)),
        stream_(std::move(stream)),
        timer_(stream_.get_executor()),
        peer_(std::move(peer)) {
    set_->open.insert(this);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override {
    release_body();
    set_->open.erase(this);
  }

  void start() {
    if (!stream_.has_tls()) return begin_request();
    arm(set_->limits.header_time);
    stream_.tls().async_handshake(asio::ssl::stream_base::server,
                                  [self = shared_from_this()](const ErrorCode& error) {
                                    if (self->state_ == State::kClosed) return;
                                    if (error) return self->close();
                                    self->begin_request();
                                  });
  }

  void drain() override {
    if (state_ == State::kIdle) return close();
    if (state_ != State::kAnswering && !got_bytes_) close();
    keep_alive_ = false;
  }
  void leave() override { drain(); }
  void close_now() override { close(); }

  void answer(const WebAnswer& answer) {
    std::string text = head_text(answer, false, keep_alive_);
    if (!is_head_ && !answer.shared_body) text += answer.body;
    send({.own = std::move(text)});
    if (!is_head_ && answer.shared_body) send({.shared = answer.shared_body});
    complete();
  }

  void begin(WebAnswer answer) {
    const std::string body = std::move(answer.body);
    send({.own = head_text(answer, true, keep_alive_)});
    if (!body.empty()) send({.own = chunk_text(body)});
  }

  void write(const std::string& part) {
    if (!part.empty()) send({.own = chunk_text(part)});
  }

  void end() {
    send({.own = "0\r\n\r\n"});
    complete();
  }

 private:
  enum class State { kIdle, kHeader, kBody, kAnswering, kLinger, kClosed };

  // --- reading ---

  void begin_request() {
    state_ = State::kHeader;
    got_bytes_ = buffer_.size() > 0;
    arm(set_->limits.header_time);
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(set_->limits.header.value));
    parser_->body_limit(set_->limits.body.value);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->header_read(error); });
  }

  void header_read(const ErrorCode& error) {
    if (state_ != State::kHeader) return;
    if (error) return reading_failed(error);
    is_head_ = parser_->get().method() == http::verb::head;
    keep_alive_ = parser_->get().keep_alive() && !set_->draining;
    const bool one_host = parser_->get().count(http::field::host) == 1 || parser_->get().version() < 11;
    if (!one_host) return refuse(400, "a request needs exactly one Host header");
    WebRequest head = head_of(*parser_, peer_);
    const bool upgrade = asks_for_web_socket(*parser_);
    if (const auto refusal = set_->handlers.admit(head, upgrade)) return refuse_with(*refusal);
    if (upgrade) return hand_over(head);
    read_body(std::move(head));
  }

  void read_body(WebRequest head) {
    const auto length = parser_->content_length();
    const std::uint64_t expected =
        length ? *length : (parser_->chunked() ? set_->limits.body.value : std::uint64_t{0});
    if (set_->body_bytes + expected > set_->limits.bodies_together.value) {
      return refuse(503, "too many large requests at once");
    }
    set_->body_bytes += expected;
    reserved_ += expected;
    if (!parser_->is_done() &&
        equals_ignoring_case(text_of(parser_->get()[http::field::expect]), "100-continue")) {
      send({.own = "HTTP/1.1 100 Continue\r\n\r\n"});
    }
    state_ = State::kBody;
    arm(set_->limits.body_time);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this(), head = std::move(head)](const ErrorCode& error, std::size_t) mutable {
          self->body_read(error, std::move(head));
        });
  }

  void body_read(const ErrorCode& error, WebRequest head) {
    if (state_ != State::kBody) return;
    if (error) return reading_failed(error);
    disarm();
    head.body = std::move(parser_->get().body());
    state_ = State::kAnswering;
    complete_ = false;
    const auto exchange = std::make_shared<HttpExchange>(shared_from_this(), std::move(head));
    exchange_ = exchange;
    watch();
    set_->handlers.request(exchange);
  }

  void reading_failed(const ErrorCode& error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return refuse(431, "the header is too long");
    }
    if (error == http::error::body_limit) return refuse(413, "the body is too long");
    const bool is_gone = error == http::error::end_of_stream || error == asio::error::eof ||
                         error == http::error::partial_message || error == asio::error::connection_reset;
    if (is_gone || error.category() != http::make_error_code(http::error::bad_method).category())
      return close();
    refuse(400, "this is not HTTP");
  }

  void hand_over(const WebRequest& head) {
    const auto version = text_of(parser_->get()[http::field::sec_websocket_version]);
    if (version != "13") {
      auto answer = set_->handlers.refuse(426, "WebSocket version 13 is spoken here");
      answer.headers.emplace_back("Sec-WebSocket-Version", "13");
      return refuse_with(answer);
    }
    // A client must wait for the handshake's end before it sends a frame.
    if (buffer_.size() > 0 || !parser_->is_done()) return refuse(400, "bytes before the handshake's end");
    disarm();
    state_ = State::kClosed;
    run_web_socket(set_, std::move(stream_), parser_->release(), head);
  }

  // Whether the client is still there while it waits, and whether it asks again after that. At most one.
  void watch() {
    if (watching_) return;
    if (stream_.has_tls() && buffer_.size() > 0) return;  // the next request already, read ahead
    watching_ = true;
    if (stream_.has_tls()) return watch_tls();
    stream_.socket().async_wait(
        PeerStream::Socket::wait_read,
        [self = shared_from_this()](const ErrorCode& error) { self->watched(error); });
  }

  // What a TLS connection has for us shows only when it is read.
  void watch_tls() {
    stream_.async_read_some(buffer_.prepare(kReadAhead),
                            [self = shared_from_this()](const ErrorCode& error, std::size_t count) {
                              self->watching_ = false;
                              if (self->state_ == State::kClosed || self->state_ == State::kLinger) return;
                              if (error) return self->close();
                              self->buffer_.commit(count);
                              if (self->state_ == State::kIdle) self->begin_request();
                            });
  }

  void watched(const ErrorCode& error) {
    watching_ = false;
    if (state_ == State::kClosed || state_ == State::kLinger) return;
    if (error) return close();
    if (state_ == State::kIdle) return begin_request();
    char byte = 0;
    const auto count = recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count > 0) return;  // the next request already: it waits in the kernel, unread
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return watch();
    close();
  }

  // --- writing ---

  void send(Piece piece) {
    if (state_ == State::kClosed) return;
    unsent_ += piece.text().size();
    queue_.push_back(std::move(piece));
    // One answer may be larger; what may not grow is a stream that nobody reads.
    if (queue_.size() > 2 && unsent_ > set_->limits.unsent.value) return close();
    if (!writing_) write_next();
  }

  void write_next() {
    writing_ = true;
    arm(set_->limits.write_time);
    asio::async_write(
        stream_, asio::buffer(queue_.front().text()),
        [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->written(error); });
  }

  void written(const ErrorCode& error) {
    writing_ = false;
    if (state_ == State::kClosed) return;
    if (error) return close();
    unsent_ -= queue_.front().text().size();
    queue_.pop_front();
    if (!queue_.empty()) return write_next();
    if (state_ == State::kBody) return arm(set_->limits.body_time);  // after "100 Continue"
    disarm();
    if (complete_) next();
  }

  void complete() {
    complete_ = true;
    exchange_.reset();
    if (queue_.empty() && !writing_) next();
  }

  void next() {
    complete_ = false;
    release_body();
    if (state_ == State::kLinger) return linger();
    if (!keep_alive_ || set_->draining) return half_close();
    state_ = State::kIdle;
    if (buffer_.size() > 0) return begin_request();
    arm(set_->limits.idle_time);
    watch();
  }

  // --- ending ---

  void refuse(unsigned status, std::string_view why) { refuse_with(set_->handlers.refuse(status, why)); }

  void refuse_with(const WebAnswer& answer) {
    // The body is not read, so the connection cannot be used again.
    keep_alive_ = false;
    state_ = State::kLinger;
    complete_ = true;
    send({.own = head_text(answer, false, false) + (is_head_ ? std::string() : answer.body)});
  }

  void half_close() {
    state_ = State::kLinger;
    linger();
  }

  // A socket closed with unread bytes sends RST, which may overtake the answer.
  void linger() {
    arm(set_->limits.linger_time);
    if (stream_.has_tls()) return say_goodbye();
    ErrorCode ignored;
    std::ignore = stream_.socket().shutdown(PeerStream::Socket::shutdown_send, ignored);
    buffer_.consume(buffer_.size());
    const auto self = shared_from_this();
    stream_.read_away(self, kLingerBytes, [self] { self->close(); });
  }

  // TLS has an end of its own, so that nobody else can feign one.
  void say_goodbye() {
    stream_.tls().async_shutdown([self = shared_from_this()](const ErrorCode&) { self->close(); });
  }

  void close() {
    if (state_ == State::kClosed) return;
    const auto self = weak_from_this().lock();  // what follows may let the last other owner go
    const auto exchange = exchange_.lock();
    state_ = State::kClosed;
    ++armed_;
    timer_.cancel();
    ErrorCode ignored;
    std::ignore = stream_.socket().close(ignored);
    release_body();
    if (exchange) exchange->client_is_gone();
  }

  void release_body() {
    set_->body_bytes -= reserved_;
    reserved_ = 0;
  }

  // --- time ---

  void arm(Seconds time) {
    timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(time.value)));
    timer_.async_wait([self = weak_from_this(), armed = ++armed_](const ErrorCode& error) {
      const auto there = self.lock();
      if (!error && there && there->armed_ == armed) there->too_late();
    });
  }

  void disarm() {
    ++armed_;
    timer_.cancel();
  }

  void too_late() {
    const bool reading = state_ == State::kHeader || state_ == State::kBody;
    if (!reading || writing_) return close();
    ErrorCode ignored;
    std::ignore = stream_.socket().cancel(ignored);
    refuse(408, "the request came too slowly");
  }

  std::shared_ptr<SocketSet> set_;
  PeerStream stream_;
  asio::steady_timer timer_;
  std::string peer_;
  boost::beast::flat_buffer buffer_{kReadBuffer};
  std::optional<Parser> parser_{};
  State state_ = State::kIdle;
  bool keep_alive_ = true;
  bool is_head_ = false;
  bool got_bytes_ = false;
  bool watching_ = false;
  bool writing_ = false;
  bool complete_ = false;
  std::deque<Piece> queue_{};
  std::size_t unsent_ = 0;
  std::uint64_t reserved_ = 0;
  std::uint64_t armed_ = 0;
  std::weak_ptr<HttpExchange> exchange_{};
};

// An exchange that nobody answered is a defect of ours; its client shall not wait for it.
HttpExchange::~HttpExchange() {
  if (!connection_) return;
  connection_->answer(
      {.status = 500, .body = R"({"error":{"message":"no answer was made","type":"server_error"}})"});
}

void HttpExchange::answer(WebAnswer answer) {
  if (const auto connection = std::exchange(connection_, nullptr)) connection->answer(answer);
}
void HttpExchange::begin(WebAnswer answer) {
  if (connection_) connection_->begin(std::move(answer));
}
void HttpExchange::write(std::string part) {
  if (const auto connection = connection_) connection->write(part);
}
void HttpExchange::end() {
  if (const auto connection = std::exchange(connection_, nullptr)) connection->end();
}

}  // namespace

void run_connection(std::shared_ptr<SocketSet> set, PeerStream stream, std::string peer) {
  std::make_shared<Connection>(std::move(set), std::move(stream), std::move(peer))->start();
}

std::string whole_answer(const WebAnswer& answer) {
  return head_text(answer, false, false) + answer.body;
}

}  // namespace tokcast
