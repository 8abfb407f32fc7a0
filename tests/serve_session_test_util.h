// A blocking client of the local-ai protocol.
#ifndef TOKCAST_TESTS_SERVE_SESSION_TEST_UTIL_H_
#define TOKCAST_TESTS_SERVE_SESSION_TEST_UTIL_H_

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve_test_util.h"

namespace tokcast {

class TestSession {
 public:
  explicit TestSession(int port) : connection_(port) {
    connection_.send(
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    connection_.read_until("\r\n\r\n");
    got().erase(0, got().find("\r\n\r\n") + 4);
  }
  void tell(const Json& message) const { send_frame(0x81, message.dump()); }
  void send_sound(std::string_view bytes) const { send_frame(0x82, bytes); }

  // The next message of that type; the sound that comes before it is kept. Null: none came.
  Json next(std::string_view type) {
    for (;;) {
      const auto [opcode, payload] = next_frame();
      if (opcode == 0) return {};
      if (opcode == 2) sounds.push_back(payload);
      if (opcode != 1) continue;
      Json message = parse_json(payload, "message").value_or(Json());
      if (message.value("type", "") == type) return message;
    }
  }

  // The next result of recognition that is not a partial.
  Json next_final() {
    Json heard = next("stt_result");
    while (!heard.is_null() && heard["is_final"] != true) heard = next("stt_result");
    return heard;
  }
  // A sentence as the server itself says it, PCM16 at 16000.
  std::string voice_of(const std::string& text) {
    tell({{"type", "tts_request"},
          {"text", text},
          {"response_format", "binary"},
          {"output_encoding", "linear16"}});
    next("tts_audio");
    const auto [opcode, payload] = next_frame();
    return opcode == 2 ? payload : std::string();
  }

  std::vector<std::string> sounds{};

 private:
  std::string& got() { return connection_.got(); }

  // Masked with zeros, which changes nothing.
  void send_frame(unsigned head, std::string_view payload) const {
    const std::size_t size = payload.size();
    const unsigned more = size < 126 ? 0 : (size < 65'536 ? 2 : 8);
    const std::size_t second = more == 0 ? size : (more == 2 ? 126 : 127);
    std::string out{static_cast<char>(head), static_cast<char>(0x80U | second)};
    for (unsigned i = more; i-- > 0;) out += static_cast<char>((size >> (8U * i)) & 0xFFU);
    out += std::string(4, '\0');
    out += payload;
    connection_.send(out);
  }
  // Opcode 0: the connection ended.
  std::pair<unsigned, std::string> next_frame() {
    const auto byte = [this](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(got()[i]));
    };
    if (!read_bytes(2)) return {};
    const std::size_t more = byte(1) == 126 ? 2 : (byte(1) == 127 ? 8 : 0);
    if (!read_bytes(2 + more)) return {};
    std::size_t size = more == 0 ? byte(1) : 0;
    for (std::size_t i = 0; i < more; ++i) size = (size << 8U) | byte(2 + i);
    if (!read_bytes(2 + more + size)) return {};
    std::pair<unsigned, std::string> out{static_cast<unsigned>(byte(0)) & 0x0FU,
                                         got().substr(2 + more, size)};
    got().erase(0, 2 + more + size);
    return out;
  }
  bool read_bytes(std::size_t count) {
    while (got().size() < count) {
      pollfd wait{connection_.descriptor(), POLLIN, 0};
      if (poll(&wait, 1, 30'000) <= 0) return false;
      std::array<char, 65536> piece{};
      const ssize_t read = recv(connection_.descriptor(), piece.data(), piece.size(), 0);
      if (read <= 0) return false;
      got().append(piece.data(), static_cast<std::size_t>(read));
    }
    return true;
  }

  TestConnection connection_;
};

}  // namespace tokcast

#endif  // TOKCAST_TESTS_SERVE_SESSION_TEST_UTIL_H_
