#include "serve/engine_client.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <chrono>
#include <tuple>
#include <utility>

namespace tokcast {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using UnixSocket = asio::local::stream_protocol::socket;
using ErrorCode = boost::system::error_code;

std::string request_text(const EngineRequest& request) {
  return fmt::format(
      "{} {} HTTP/1.1\r\nHost: engine\r\nConnection: close\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      request.method, request.path, request.body.size(), request.body);
}

Error explain(const ErrorCode& error) {
  if (error == http::error::body_limit || error == http::error::header_limit) {
    return {ErrorKind::kBadInput, "the engine answered more than it may"};
  }
  const bool is_broken = error == http::error::partial_message || error == http::error::end_of_stream ||
                         error == asio::error::eof || error == asio::error::connection_reset ||
                         error == asio::error::broken_pipe;
  if (is_broken) return {ErrorKind::kNetwork, "the engine broke off"};
  if (error.category() == http::make_error_code(http::error::bad_method).category()) {
    return {ErrorKind::kBadInput, "the engine's answer is not HTTP"};
  }
  return {ErrorKind::kNetwork, fmt::format("the engine cannot be reached: {}", error.message())};
}

class UnixCall : public std::enable_shared_from_this<UnixCall> {
 public:
  UnixCall(asio::io_context& context, const ServeLimits& limits, const EngineRequest& request,
           EngineEvents events)
      : limits_(limits),
        socket_(context),
        timer_(context),
        text_(request_text(request)),
        events_(std::move(events)) {
    parser_.body_limit(limits_.answer.value);
    parser_.header_limit(static_cast<std::uint32_t>(limits_.header.value));
  }

  void start(const std::string& path) {
    arm(limits_.engine_connect_time);
    // A path that is too long makes a bad endpoint by exception; our runtime folder never is.
    socket_.async_connect(asio::local::stream_protocol::endpoint(path),
                          [self = shared_from_this()](const ErrorCode& error) { self->connected(error); });
  }

  void fail_later(Error error) {
    asio::post(socket_.get_executor(),
               [self = shared_from_this(), error = std::move(error)] { self->end(error); });
  }

  void cancel() {
    events_ = {};
    close();
  }

 private:
  void connected(const ErrorCode& error) {
    if (over_) return;
    if (error) return end(explain(error));
    arm(limits_.engine_silence);
    asio::async_write(socket_, asio::buffer(text_),
                      [self = shared_from_this()](const ErrorCode& e, std::size_t) { self->written(e); });
  }

  void written(const ErrorCode& error) {
    if (over_) return;
    if (error) return end(explain(error));
    text_ = {};
    http::async_read_header(
        socket_, buffer_, parser_,
        [self = shared_from_this()](const ErrorCode& e, std::size_t) { self->head_read(e); });
  }

  void head_read(const ErrorCode& error) {
    if (over_) return;
    if (error) return end(explain(error));
    const auto type = parser_.get()[http::field::content_type];
    if (const auto head = std::exchange(events_.head, nullptr)) {
      head(parser_.get().result_int(), {type.data(), type.size()});
    }
    read_on();
  }

  void read_on() {
    if (over_) return;
    if (parser_.is_done()) return end(std::nullopt);
    arm(limits_.engine_silence);
    parser_.get().body().data = piece_.data();
    parser_.get().body().size = piece_.size();
    http::async_read_some(socket_, buffer_, parser_,
                          [self = shared_from_this()](const ErrorCode& e, std::size_t) {
                            self->piece_read(e == http::error::need_buffer ? ErrorCode() : e);
                          });
  }

  void piece_read(const ErrorCode& error) {
    if (over_) return;
    const std::size_t count = piece_.size() - parser_.get().body().size;
    if (count > 0 && events_.body) {
      const auto body = events_.body;  // the callback may cancel us
      body({piece_.data(), count});
    }
    if (over_) return;
    if (error) return end(explain(error));
    read_on();
  }

  void arm(Seconds time) {
    timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(time.value)));
    timer_.async_wait([self = weak_from_this(), armed = ++armed_](const ErrorCode& error) {
      const auto there = self.lock();
      if (!error && there && there->armed_ == armed) {
        there->end(Error{ErrorKind::kTimeout, "the engine is silent"});
      }
    });
  }

  void end(std::optional<Error> error) {
    if (over_) return;
    const auto self = shared_from_this();
    const auto events = std::exchange(events_, {});
    close();
    if (events.end) events.end(std::move(error));
  }

  void close() {
    over_ = true;
    ++armed_;
    timer_.cancel();
    ErrorCode ignored;
    std::ignore = socket_.close(ignored);
  }

  ServeLimits limits_;
  UnixSocket socket_;
  asio::steady_timer timer_;
  std::string text_;
  EngineEvents events_;
  boost::beast::flat_buffer buffer_{128UL * 1024};
  http::response_parser<http::buffer_body> parser_{};
  std::array<char, 16UL * 1024> piece_{};
  std::uint64_t armed_ = 0;
  bool over_ = false;
};

class Handle : public EngineCall {
 public:
  explicit Handle(std::shared_ptr<UnixCall> call) : call_(std::move(call)) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() override { call_->cancel(); }

 private:
  std::shared_ptr<UnixCall> call_;
};

}  // namespace

std::unique_ptr<EngineCall> UnixEngineClient::call(EngineRequest request, EngineEvents events) {
  auto call = std::make_shared<UnixCall>(loop_.context(), limits_, request, std::move(events));
  auto handle = std::make_unique<Handle>(call);
  if (socket_path_.empty()) {
    call->fail_later({ErrorKind::kNetwork, "the engine does not run"});
  } else {
    call->start(socket_path_);
  }
  return handle;
}

}  // namespace tokcast
