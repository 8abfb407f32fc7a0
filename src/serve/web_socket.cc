#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <deque>
#include <tuple>
#include <utility>

#include "serve/http_internal.h"

namespace tokcast {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kLingerBytes = 32UL << 20U;

std::chrono::steady_clock::duration to_duration(Seconds seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(seconds.value));
}

// Beast 1.81 checks UTF-8 as it comes, but not that the last character is whole if the last frame is empty.
bool ends_in_a_whole_character(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0U) == 0x80U) continue;
    const std::size_t length = byte < 0x80U ? 1 : (byte < 0xE0U ? 2 : (byte < 0xF0U ? 3 : 4));
    return back >= length;
  }
  return true;
}

class WebSocketConnection : public std::enable_shared_from_this<WebSocketConnection>,
                            public OpenSocket,
                            public WebSocket {
 public:
  WebSocketConnection(std::shared_ptr<SocketSet> set, PeerStream stream, UpgradeRequest upgrade,
                      WebRequest head)
      : set_(std::move(set)),
        timer_(stream.get_executor()),
        stream_(std::move(stream)),
        upgrade_(std::move(upgrade)),
        head_(std::move(head)) {
    set_->open.insert(this);
    ++set_->web_sockets;
  }
  WebSocketConnection(const WebSocketConnection&) = delete;
  WebSocketConnection& operator=(const WebSocketConnection&) = delete;
  ~WebSocketConnection() override {
    set_->open.erase(this);
    --set_->web_sockets;
  }

  void start() {
    stream_.set_option(websocket::stream_base::timeout{to_duration(set_->limits.header_time),
                                                       to_duration(set_->limits.ping_time), true});
    stream_.read_message_max(set_->limits.message.value);
    stream_.auto_fragment(false);
    stream_.async_accept(upgrade_,
                         [self = shared_from_this()](const ErrorCode& error) { self->accepted(error); });
  }

  void drain() override {}
  void leave() override { close(websocket::close_code::going_away, "the server ends"); }
  void close_now() override { abort(); }

  void send_text(std::string text) override { send({std::move(text), true}); }
  void send_binary(std::string bytes) override { send({std::move(bytes), false}); }

  void close(std::uint16_t code, std::string_view reason) override {
    if (state_ != State::kOpen) return;
    state_ = State::kClosing;
    close_reason_.code = code;
    const std::string_view fitting = reason.substr(0, 120);
    close_reason_.reason.assign(fitting.data(), fitting.size());
    if (!writing_) close_now_properly();
  }

 private:
  enum class State { kHandshake, kOpen, kClosing, kClosed };
  struct Message {
    std::string bytes;
    bool text;
  };

  void accepted(const ErrorCode& error) {
    if (error || state_ == State::kClosed) return ended();
    state_ = State::kOpen;
    upgrade_ = {};
    events_ = set_->handlers.web_socket(shared_from_this(), head_);
    read();
  }

  void read() {
    stream_.async_read(
        buffer_, [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->got(error); });
  }

  void got(const ErrorCode& error) {
    if (error || state_ == State::kClosed) {
      ended();
      return linger();
    }
    std::string bytes = boost::beast::buffers_to_string(buffer_.data());
    buffer_.consume(buffer_.size());
    buffer_.shrink_to_fit();  // an idle socket shall not keep its largest message's room
    if (stream_.got_text() && !ends_in_a_whole_character(bytes)) {
      close(websocket::close_code::bad_payload, "not UTF-8");
      return read();
    }
    const auto& event = stream_.got_text() ? events_.text : events_.binary;
    if (state_ == State::kOpen && event) event(std::move(bytes));
    read();
  }

  void send(Message message) {
    if (state_ != State::kOpen) return;
    unsent_ += message.bytes.size();
    queue_.push_back(std::move(message));
    if (queue_.size() > 2 && unsent_ > set_->limits.unsent.value) return abort();
    if (!writing_) write_next();
  }

  void write_next() {
    writing_ = true;
    timer_.expires_after(to_duration(set_->limits.write_time));
    timer_.async_wait([self = weak_from_this(), armed = ++armed_](const ErrorCode& error) {
      const auto there = self.lock();
      if (!error && there && there->armed_ == armed) there->abort();
    });
    stream_.text(queue_.front().text);
    stream_.async_write(
        asio::buffer(queue_.front().bytes),
        [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->written(error); });
  }

  void written(const ErrorCode& error) {
    writing_ = false;
    ++armed_;
    timer_.cancel();
    if (state_ == State::kClosed) return;
    if (error) return abort();
    unsent_ -= queue_.front().bytes.size();
    queue_.pop_front();
    if (!queue_.empty()) return write_next();
    if (state_ == State::kClosing) close_now_properly();
  }

  void close_now_properly() {
    stream_.async_close(close_reason_, [self = shared_from_this()](const ErrorCode&) {
      self->ended();
      self->linger();
    });
  }

  // Whoever is still sending what was refused must not find a closed socket: it would take that for a broken
  // connection and not look at why. What was to be said has been said by now.
  void linger() {
    if (stream_.next_layer().has_tls() || !stream_.next_layer().socket().is_open() || lingers_) return;
    lingers_ = true;
    timer_.expires_after(to_duration(set_->limits.linger_time));
    timer_.async_wait([self = weak_from_this()](const ErrorCode& error) {
      const auto there = self.lock();
      if (!error && there) there->abort();
    });
    const auto self = shared_from_this();
    stream_.next_layer().read_away(self, kLingerBytes, [self] { self->abort(); });
  }

  void abort() {
    timer_.cancel();
    ErrorCode ignored;
    std::ignore = stream_.next_layer().socket().close(ignored);
    ended();
  }

  void ended() {
    if (state_ == State::kClosed) return;
    state_ = State::kClosed;
    ++armed_;
    timer_.cancel();
    // What it captured must not live on in a cycle through us.
    const WebSocketEvents events = std::exchange(events_, {});
    if (events.closed) events.closed();
  }

  std::shared_ptr<SocketSet> set_;
  asio::steady_timer timer_;
  websocket::stream<PeerStream> stream_;
  UpgradeRequest upgrade_;
  WebRequest head_;
  WebSocketEvents events_{};
  boost::beast::flat_buffer buffer_{};
  std::deque<Message> queue_{};
  std::size_t unsent_ = 0;
  std::uint64_t armed_ = 0;
  bool lingers_ = false;
  bool writing_ = false;
  State state_ = State::kHandshake;
  websocket::close_reason close_reason_{};
};

}  // namespace

void run_web_socket(std::shared_ptr<SocketSet> set, PeerStream stream, UpgradeRequest upgrade,
                    const WebRequest& head) {
  std::make_shared<WebSocketConnection>(std::move(set), std::move(stream), std::move(upgrade), head)->start();
}

}  // namespace tokcast
