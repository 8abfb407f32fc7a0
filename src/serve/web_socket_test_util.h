// What the case table of the Autobahn|Testsuite is run with (its expectations, not its code): a client that
// says whatever it is told to, and groups that count their cases.
#ifndef TOKCAST_SERVE_WEB_SOCKET_TEST_UTIL_H_
#define TOKCAST_SERVE_WEB_SOCKET_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "serve/http_test_util.h"

namespace tokcast {

enum Opcode : unsigned char { kContinue = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

constexpr unsigned kNoFrame = 99;

struct Frame {
  unsigned opcode = kNoFrame;  // the connection ended, or is silent
  bool fin = true;
  std::string payload{};
};

// A close frame's payload.
inline std::string coded(int code, std::string_view reason = {}) {
  std::string out;
  out += static_cast<char>(code / 256);
  out += static_cast<char>(code % 256);
  return out + std::string(reason);
}

// A client that can break every rule.
class Ws : public HttpTestClient {
 public:
  explicit Ws(std::uint16_t port) : HttpTestClient(port) {
    send(
        "GET /any HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
        "13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    const std::string head = until("\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101")) << head;
    EXPECT_NE(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
    got.erase(0, head.find("\r\n\r\n") + 4);
  }

  static std::string frame(unsigned opcode, std::string_view payload, bool fin = true, unsigned reserved = 0,
                           bool masked = true) {
    std::string out;
    out += static_cast<char>((fin ? 0x80U : 0U) | (reserved << 4U) | opcode);
    const unsigned mask_bit = masked ? 0x80U : 0U;
    const std::size_t size = payload.size();
    const int bytes = size < 126 ? 0 : (size < 65536 ? 2 : 8);
    out += static_cast<char>(mask_bit | (bytes == 0 ? size : (bytes == 2 ? 126U : 127U)));
    for (int i = bytes - 1; i >= 0; --i)
      out += static_cast<char>((size >> (8U * static_cast<unsigned>(i))) & 0xFFU);
    if (!masked) return out + std::string(payload);
    const std::string mask = "\x12\x34\x56\x78";
    out += mask;
    for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
    return out;
  }
  void say(unsigned opcode, std::string_view payload, bool fin = true, unsigned reserved = 0) const {
    send(frame(opcode, payload, fin, reserved));
  }

  Frame next() {
    for (;;) {
      if (const auto size = frame_size(); size && got.size() >= *size) {
        Frame out{.opcode = static_cast<unsigned>(got[0]) & 0x0FU,
                  .fin = (static_cast<unsigned>(got[0]) & 0x80U) != 0};
        const auto second = static_cast<unsigned>(static_cast<unsigned char>(got[1]));
        const std::size_t head = second < 126 ? 2 : (second == 126 ? 4 : 10);
        out.payload = got.substr(head, *size - head);
        got.erase(0, *size);
        return out;
      }
      if (!receive()) return {};
    }
  }
  // A whole message, its fragments put together.
  Frame message() {
    Frame out = next();
    while (!out.fin) {
      const Frame more = next();
      if (more.opcode != kContinue) return {};
      out.payload += more.payload;
      out.fin = more.fin;
    }
    return out;
  }
  // What the close frame says; 0: it says nothing; -1: none came before the end.
  int close_code() {
    for (Frame frame = next(); frame.opcode != kNoFrame; frame = next()) {
      if (frame.opcode != kClose) continue;
      if (frame.payload.size() < 2) return 0;
      return static_cast<unsigned char>(frame.payload[0]) * 256 +
             static_cast<unsigned char>(frame.payload[1]);
    }
    return -1;
  }
  // After a violation: the close frame with that code, if there is one at all, and the end. Silence is none.
  void expect_failure(int code) {
    const int said = close_code();
    EXPECT_TRUE(said == code || said == -1) << said;
    expect_end();
  }
  // What every case ends with that is no failure: the server still closes as it is asked to.
  void expect_clean_close() {
    say(kClose, coded(1000));
    EXPECT_EQ(close_code(), 1000);
    expect_end();
  }
  void expect_end() {
    EXPECT_EQ(next().opcode, kNoFrame);
    EXPECT_FALSE(is_silent) << "the connection stays open";
  }
  void expect_echo(unsigned opcode, const std::string& payload) {
    const Frame frame = message();
    EXPECT_EQ(frame.opcode, opcode);
    EXPECT_TRUE(frame.payload == payload);
  }

 private:
  std::optional<std::size_t> frame_size() const {
    if (got.size() < 2) return std::nullopt;
    const auto at = [&](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(got[i]));
    };
    if (at(1) < 126) return 2 + at(1);
    const std::size_t bytes = at(1) == 126 ? 2 : 8;
    if (got.size() < 2 + bytes) return std::nullopt;
    std::size_t size = 0;
    for (std::size_t i = 0; i < bytes; ++i) size = size * 256 + at(2 + i);
    return 2 + bytes + size;
  }
};

// One group of the table. Each case has its number and a connection of its own; at the end there must have
// been as many as the table has, so that none is left out unseen.
class CaseGroup {
 public:
  explicit CaseGroup(std::size_t cases) : cases_(cases) {}
  CaseGroup(const CaseGroup&) = delete;
  CaseGroup& operator=(const CaseGroup&) = delete;
  ~CaseGroup() { EXPECT_EQ(run_.size(), cases_); }

  template <typename Body>
  void run(const std::string& number, Body body) {
    const testing::ScopedTrace trace(__FILE__, __LINE__, "case " + number);
    EXPECT_TRUE(run_.insert(number).second) << "twice";
    Ws ws(server_.port);
    body(ws);
  }

 private:
  std::size_t cases_;
  std::set<std::string> run_{};
  HttpEchoServer server_{};
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_WEB_SOCKET_TEST_UTIL_H_
