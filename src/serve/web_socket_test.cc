// WebSockets by the case table of the Autobahn|Testsuite (groups 1 to 7 and 10; its expectations, not its
// code).
#include <gtest/gtest.h>

#include <optional>

#include "serve/http_test_util.h"

namespace tokcast {
namespace {

enum Opcode : unsigned char { kContinue = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

struct Frame {
  unsigned opcode = 99;  // 99: the connection ended without one
  bool fin = true;
  std::string payload{};
};

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
    for (Frame frame = next(); frame.opcode != 99; frame = next()) {
      if (frame.opcode != kClose) continue;
      if (frame.payload.size() < 2) return 0;
      return static_cast<unsigned char>(frame.payload[0]) * 256 +
             static_cast<unsigned char>(frame.payload[1]);
    }
    return -1;
  }
  // After a violation: the close frame with that code, if there is one at all, and the end.
  void expect_failure(int code, const std::string& what) {
    const int said = close_code();
    EXPECT_TRUE(said == code || said == -1) << what << ": " << said;
    EXPECT_EQ(next().opcode, 99U) << what;
  }
  void expect_echo(unsigned opcode, const std::string& payload, const std::string& what) {
    const Frame frame = message();
    EXPECT_EQ(frame.opcode, opcode) << what;
    EXPECT_TRUE(frame.payload == payload) << what;
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

std::string coded(int code, std::string_view reason = {}) {
  std::string out;
  out += static_cast<char>(code / 256);
  out += static_cast<char>(code % 256);
  return out + std::string(reason);
}

TEST(WebSocketCases, Group1FramesOfEverySizeAreEchoed) {
  const HttpEchoServer server;
  for (const unsigned opcode : {kText, kBinary}) {
    for (const std::size_t size : {0, 125, 126, 127, 128, 65535, 65536}) {
      Ws ws(server.port);
      const std::string payload(size, opcode == kText ? '*' : '\xfe');
      ws.say(opcode, payload);
      ws.expect_echo(opcode, payload, std::to_string(size));
    }
    Ws chopped(server.port);
    const std::string payload(65536, '*');
    chopped.send(Ws::frame(opcode, payload), 997);
    chopped.expect_echo(opcode, payload, "in chops of 997");
  }
}

TEST(WebSocketCases, Group2PingsAndPongs) {
  const HttpEchoServer server;
  for (const std::string& payload : {std::string(), std::string("Hello, world!"),
                                     std::string("\x00\xff\xfe\xfd", 4), std::string(125, '\xfe')}) {
    Ws ws(server.port);
    ws.say(kPing, payload);
    ws.expect_echo(kPong, payload, "2.1 to 2.4");
  }
  Ws too_long(server.port);
  too_long.say(kPing, std::string(126, 'x'));
  too_long.expect_failure(1002, "2.5");
  Ws octets(server.port);
  octets.send(Ws::frame(kPing, std::string(125, '\xfe')), 1);
  octets.expect_echo(kPong, std::string(125, '\xfe'), "2.6");
  Ws unsolicited(server.port);
  unsolicited.say(kPong, "");
  unsolicited.say(kPong, "unsolicited");
  unsolicited.say(kPing, "ping");
  unsolicited.expect_echo(kPong, "ping", "2.7 to 2.9");
  for (const std::size_t piece : {1 << 20, 1}) {
    Ws ten(server.port);
    for (int i = 0; i < 10; ++i) ten.send(Ws::frame(kPing, "payload " + std::to_string(i)), piece);
    // A pong may answer the latest ping alone only if the earlier ones were not answered yet (RFC
    // 6455, 5.5.3).
    std::string last;
    for (int i = 0; i < 10 && last != "payload 9"; ++i) {
      const Frame frame = ten.next();
      ASSERT_EQ(frame.opcode, static_cast<unsigned>(kPong));
      ASSERT_GT(frame.payload, last) << "in order";
      last = frame.payload;
    }
    EXPECT_EQ(last, "payload 9") << "2.10 and 2.11";
  }
}

TEST(WebSocketCases, Group3ReservedBitsFail) {
  const HttpEchoServer server;
  for (unsigned reserved = 1; reserved <= 7; ++reserved) {
    Ws ws(server.port);
    ws.say(reserved == 6 ? kPing : (reserved == 7 ? kClose : kText), reserved == 7 ? "" : "Hello", true,
           reserved);
    ws.expect_failure(1002, "3." + std::to_string(reserved));
  }
}

TEST(WebSocketCases, Group4ReservedOpcodesFail) {
  const HttpEchoServer server;
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    for (const bool after_text : {false, true}) {
      Ws ws(server.port);
      if (after_text) ws.say(kText, "Hello");
      ws.say(opcode, after_text ? "Hello" : "");
      ws.expect_failure(1002, "opcode " + std::to_string(opcode));
    }
  }
}

TEST(WebSocketCases, Group5Fragments) {
  const HttpEchoServer server;
  for (const unsigned opcode : {kPing, kPong}) {  // 5.1, 5.2
    Ws ws(server.port);
    ws.say(opcode, "fragment1", false);
    ws.say(kContinue, "fragment2");
    ws.expect_failure(1002, "a fragmented control frame");
  }
  for (const std::size_t piece : {1 << 20, 1}) {  // 5.3 to 5.8
    for (const bool with_ping : {false, true}) {
      Ws ws(server.port);
      ws.send(Ws::frame(kText, "fragment1", false), piece);
      if (with_ping) ws.send(Ws::frame(kPing, "ping"), piece);
      ws.send(Ws::frame(kContinue, "fragment2"), piece);
      if (with_ping) ws.expect_echo(kPong, "ping", "between fragments");
      ws.expect_echo(kText, "fragment1fragment2", "5.3 to 5.8");
    }
  }
  for (const bool fin : {true, false}) {  // 5.9 to 5.14, 5.16, 5.17
    for (const std::size_t piece : {1 << 20, 1}) {
      Ws ws(server.port);
      ws.send(Ws::frame(kContinue, "non-continuation payload", fin), piece);
      ws.send(Ws::frame(kText, "Hello, world!"), piece);
      ws.expect_failure(1002, "a continuation of nothing");
    }
  }
  Ws after(server.port);  // 5.15
  after.say(kText, "fragment1", false);
  after.say(kContinue, "fragment2");
  after.expect_echo(kText, "fragment1fragment2", "5.15");
  after.say(kContinue, "fragment3", false);
  after.say(kText, "fragment4");
  after.expect_failure(1002, "5.15");
  Ws nested(server.port);  // 5.18
  nested.say(kText, "fragment1", false);
  nested.say(kText, "fragment2");
  nested.expect_failure(1002, "5.18");
  Ws five(server.port);  // 5.19, 5.20
  five.say(kText, "fragment1", false);
  five.say(kContinue, "fragment2", false);
  five.say(kPing, "pongme 1!");
  five.expect_echo(kPong, "pongme 1!", "5.19");
  for (const char* part : {"fragment3", "fragment4"}) five.say(kContinue, part, false);
  five.say(kPing, "pongme 2!");
  five.say(kContinue, "fragment5");
  five.expect_echo(kPong, "pongme 2!", "5.19");
  five.expect_echo(kText, "fragment1fragment2fragment3fragment4fragment5", "5.19");
}

TEST(WebSocketCases, Group6Utf8) {
  const HttpEchoServer server;
  const std::string kosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";
  const std::string valid[] = {"",
                               "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!",
                               kosme,
                               std::string("\x00", 1),
                               "\xc2\x80",
                               "\xe0\xa0\x80",
                               "\xf0\x90\x80\x80",
                               "\x7f",
                               "\xdf\xbf",
                               "\xef\xbf\xbf",
                               "\xf4\x8f\xbf\xbf",
                               "\xed\x9f\xbf",
                               "\xee\x80\x80",
                               "\xef\xbf\xbd",
                               "\xef\xbf\xbe",
                               "\xf0\x9f\xbf\xbe",
                               "\xf0\x9f\xbf\xbf",
                               "\xf4\x8f\xbf\xbe"};
  const std::string invalid[] = {kosme + "\xed\xa0\x80" + "edited",
                                 "\xce",
                                 "\xce\xba\xe1",
                                 "\xce\xba\xe1\xbd\xb9\xcf",
                                 "\xf8\x88\x80\x80\x80",
                                 "\xfc\x84\x80\x80\x80\x80",
                                 "\xf7\xbf\xbf\xbf",
                                 "\xfb\xbf\xbf\xbf\xbf",
                                 "\xfd\xbf\xbf\xbf\xbf\xbf",
                                 "\xf4\x90\x80\x80",
                                 "\x80",
                                 "\xbf",
                                 "\x80\xbf",
                                 "\x80\xbf\x80\xbf\x80\xbf",
                                 "\xc0 \xc1 \xdf ",
                                 "\xe0 \xef ",
                                 "\xf0 \xf7 ",
                                 "\xf8 ",
                                 "\xfc ",
                                 "\xc0",
                                 "\xe0\x80",
                                 "\xf0\x80\x80",
                                 "\xf8\x80\x80\x80",
                                 "\xdf",
                                 "\xef\xbf",
                                 "\xf7\xbf\xbf",
                                 "\xfe",
                                 "\xff",
                                 "\xfe\xfe\xff\xff",
                                 "\xc0\xaf",
                                 "\xe0\x80\xaf",
                                 "\xf0\x80\x80\xaf",
                                 "\xf8\x80\x80\x80\xaf",
                                 "\xc1\xbf",
                                 "\xe0\x9f\xbf",
                                 "\xf0\x8f\xbf\xbf",
                                 "\xc0\x80",
                                 "\xe0\x80\x80",
                                 "\xf0\x80\x80\x80",
                                 "\xed\xa0\x80",
                                 "\xed\xad\xbf",
                                 "\xed\xae\x80",
                                 "\xed\xaf\xbf",
                                 "\xed\xb0\x80",
                                 "\xed\xbe\x80",
                                 "\xed\xbf\xbf",
                                 "\xed\xa0\x80\xed\xb0\x80",
                                 "\xed\xaf\xbf\xed\xbf\xbf"};
  for (const std::string& text : valid) {
    for (const std::size_t piece :
         {std::size_t{1000}, std::size_t{1}}) {  // whole, and a fragment for each byte
      Ws ws(server.port);
      if (piece > 1) {
        ws.say(kText, text);
      } else {
        ws.say(kText, "", false);
        for (const char byte : text) ws.say(kContinue, std::string(1, byte), false);
        ws.say(kContinue, "");
      }
      ws.expect_echo(kText, text, "valid");
    }
  }
  for (const std::string& text : invalid) {
    Ws whole(server.port);
    whole.say(kText, text);
    whole.expect_failure(1007, "invalid");
    Ws fragments(server.port);
    fragments.say(kText, text.substr(0, 1), false);
    fragments.say(kContinue, text.substr(1));
    fragments.expect_failure(1007, "invalid in fragments");
  }
}

TEST(WebSocketCases, Group7Closing) {
  const HttpEchoServer server;
  Ws echoed(server.port);  // 7.1.1
  echoed.say(kText, "Hello World!");
  echoed.expect_echo(kText, "Hello World!", "7.1.1");
  echoed.say(kClose, coded(1000));
  EXPECT_EQ(echoed.close_code(), 1000);
  for (const unsigned more : {kClose, kPing, kText}) {  // 7.1.2 to 7.1.4
    Ws ws(server.port);
    ws.say(kClose, coded(1000));
    ws.say(more, more == kClose ? coded(1000) : "after");
    EXPECT_EQ(ws.close_code(), 1000);
    EXPECT_EQ(ws.next().opcode, 99U);
  }
  Ws fragment(server.port);  // 7.1.5
  fragment.say(kText, "fragment1", false);
  fragment.say(kClose, coded(1000));
  fragment.say(kContinue, "fragment2");
  EXPECT_EQ(fragment.close_code(), 1000);
  Ws large(server.port);  // 7.1.6
  large.say(kText, std::string(256 * 1024, '*'));
  large.say(kText, "Hello World!");
  large.say(kClose, coded(1000));
  EXPECT_EQ(large.close_code(), 1000);
  for (const std::string& payload : {std::string(), coded(1000), coded(1000, "Hello World!"),
                                     coded(1000, std::string(123, '*'))}) {  // 7.3.1, 7.3.3 to 7.3.5
    Ws ws(server.port);
    ws.say(kClose, payload);
    const int code = ws.close_code();  // to an empty one, either an empty one or 1000
    EXPECT_TRUE(code == 1000 || (payload.empty() && code == 0)) << code;
  }
  for (const std::string& payload : {std::string("a"), coded(1000, std::string(124, '*'))}) {  // 7.3.2, 7.3.6
    Ws ws(server.port);
    ws.say(kClose, payload);
    ws.expect_failure(1002, "7.3");
  }
  Ws bad_reason(server.port);  // 7.5.1
  bad_reason.say(kClose, coded(1000, "\xce\xba\xe1\xbd\xb9\xed\xa0\x80"));
  const int answered = bad_reason.close_code();  // a protocol error, or bad payload
  EXPECT_TRUE(answered == 1002 || answered == 1007 || answered == -1) << answered;
  for (const int code :
       {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999}) {  // 7.7
    Ws ws(server.port);
    ws.say(kClose, coded(code));
    EXPECT_EQ(ws.close_code(), code);
  }
  for (const int code : {0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999}) {  // 7.9
    Ws ws(server.port);
    ws.say(kClose, coded(code));
    ws.expect_failure(1002, "7.9 code " + std::to_string(code));
  }
}

TEST(WebSocketCases, Group10ManyFragments) {
  const HttpEchoServer server;
  Ws ws(server.port);
  const std::string payload(65536, '*');
  for (std::size_t i = 0; i < payload.size(); i += 1300) {
    ws.say(i == 0 ? kText : kContinue, payload.substr(i, 1300), i + 1300 >= payload.size());
  }
  ws.expect_echo(kText, payload, "10.1.1");
}

TEST(WebSocketCases, WhatNoClientMayDo) {
  const HttpEchoServer server;
  Ws unmasked(server.port);
  unmasked.send(Ws::frame(kText, "Hello", true, 0, false));
  unmasked.expect_failure(1002, "not masked");
  Ws endless(server.port);
  endless.send(std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x12\x34\x56\x78", 14));
  EXPECT_NE(endless.close_code(), 1000);
  EXPECT_EQ(endless.next().opcode, 99U);
  Ws too_long(server.port);
  too_long.say(kBinary, std::string(300'001, 'x'));
  too_long.expect_failure(1009, "longer than a message may be");
}

}  // namespace
}  // namespace tokcast
