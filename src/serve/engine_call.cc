#include "serve/engine_call.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <chrono>
#include <tuple>
#include <utility>

namespace tokcast {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using ErrorCode = boost::system::error_code;

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

class Handle : public EngineCall {
 public:
  explicit Handle(std::shared_ptr<StreamCall> call) : call_(std::move(call)) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() override { call_->cancel(); }

 private:
  std::shared_ptr<StreamCall> call_;
};

}  // namespace

StreamCall::StreamCall(PeerStream stream, const ServeLimits& limits, std::string text, EngineEvents events,
                       std::function<std::optional<Error>(unsigned status)> refusal)
    : limits_(limits),
      stream_(std::move(stream)),
      timer_(stream_.get_executor()),
      text_(std::move(text)),
      events_(std::move(events)),
      refusal_(std::move(refusal)) {
  parser_.body_limit(limits_.answer.value);
  parser_.header_limit(static_cast<std::uint32_t>(limits_.header.value));
}

void StreamCall::begin() {
  arm(limits_.engine_connect_time);
}

void StreamCall::connect(std::vector<Endpoint> endpoints) {
  if (over_) return;
  endpoints_.assign(endpoints.rbegin(), endpoints.rend());
  connect_next();
}

void StreamCall::connect_next() {
  const Endpoint endpoint = endpoints_.back();
  endpoints_.pop_back();
  stream_.socket().async_connect(
      endpoint, [self = shared_from_this()](const ErrorCode& error) { self->connected(error); });
}

void StreamCall::connected(const ErrorCode& error) {
  if (over_) return;
  if (error && endpoints_.empty()) return end(explain(error));
  if (error) {
    ErrorCode ignored;
    std::ignore = stream_.socket().close(ignored);
    return connect_next();
  }
  if (!stream_.has_tls()) return write();
  stream_.tls().async_handshake(asio::ssl::stream_base::client,
                                [self = shared_from_this()](const ErrorCode& e) {
                                  if (self->over_) return;
                                  if (e) return self->end(explain(e));
                                  self->write();
                                });
}

void StreamCall::write() {
  arm(limits_.engine_silence);
  asio::async_write(stream_, asio::buffer(text_),
                    [self = shared_from_this()](const ErrorCode& e, std::size_t) { self->written(e); });
}

void StreamCall::fail(const Error& error) {
  end(error);
}

void StreamCall::cancel() {
  events_ = {};
  close();
}

void StreamCall::written(const ErrorCode& error) {
  if (over_) return;
  if (error) return end(explain(error));
  text_ = {};
  http::async_read_header(
      stream_, buffer_, parser_,
      [self = shared_from_this()](const ErrorCode& e, std::size_t) { self->head_read(e); });
}

void StreamCall::head_read(const ErrorCode& error) {
  if (over_) return;
  if (error) return end(explain(error));
  const unsigned status = parser_.get().result_int();
  if (auto refused = refusal_ ? refusal_(status) : std::nullopt) return end(std::move(refused));
  const auto type = parser_.get()[http::field::content_type];
  if (const auto head = std::exchange(events_.head, nullptr)) head(status, {type.data(), type.size()});
  read_on();
}

void StreamCall::read_on() {
  if (over_) return;
  if (parser_.is_done()) return end(std::nullopt);
  arm(limits_.engine_silence);
  parser_.get().body().data = piece_.data();
  parser_.get().body().size = piece_.size();
  http::async_read_some(stream_, buffer_, parser_,
                        [self = shared_from_this()](const ErrorCode& e, std::size_t) {
                          self->piece_read(e == http::error::need_buffer ? ErrorCode() : e);
                        });
}

void StreamCall::piece_read(const ErrorCode& error) {
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

void StreamCall::arm(Seconds time) {
  timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(time.value)));
  timer_.async_wait([self = weak_from_this(), armed = ++armed_](const ErrorCode& error) {
    const auto there = self.lock();
    if (!error && there && there->armed_ == armed) {
      there->end(Error{ErrorKind::kTimeout, "the engine is silent"});
    }
  });
}

void StreamCall::end(std::optional<Error> error) {
  if (over_) return;
  const auto self = shared_from_this();
  const auto events = std::exchange(events_, {});
  close();
  if (events.end) events.end(std::move(error));
}

void StreamCall::close() {
  over_ = true;
  ++armed_;
  timer_.cancel();
  ErrorCode ignored;
  std::ignore = stream_.socket().close(ignored);
}

std::unique_ptr<EngineCall> handle_of(std::shared_ptr<StreamCall> call) {
  return std::make_unique<Handle>(std::move(call));
}

std::string engine_request_text(const EngineRequest& request, const std::string& host,
                                const std::string& more) {
  return fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\n{}Connection: close\r\nContent-Type: {}\r\n"
      "Content-Length: {}\r\n\r\n{}",
      request.method, request.path, host, more, request.content_type, request.body.size(), request.body);
}

}  // namespace tokcast
