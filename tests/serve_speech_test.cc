// The real executable listening and talking: sound in, sound out, by WebSocket and by HTTP.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "schema.h"
#include "serve_test_util.h"

namespace tokcast {
namespace {

using ServeSpeech = ServeProcess;

// Blocking, of the local-ai protocol.
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

TEST_F(ServeSpeech, SpeechInBecomesSpeechOut) {
  start_ready();
  TestSession session(port_);
  session.tell({{"type", "capabilities"}});
  EXPECT_EQ(session.next("capabilities_response")["capabilities"]["pocketsphinx"], true);
  session.tell({{"type", "tts_request"},
                {"text", "hello how are you today"},
                {"response_format", "binary"},
                {"output_encoding", "linear16"}});
  ASSERT_EQ(session.next("tts_audio")["encoding"], "linear16");
  session.tell({{"type", "set_mode"}, {"mode", "full"}, {"call_id", "c"}});
  ASSERT_EQ(session.next("mode_ready")["mode"], "full");
  ASSERT_EQ(session.sounds.size(), 1U);
  session.send_sound(session.sounds[0] + std::string(32'000, '\0'));
  Json heard = session.next("stt_result");
  while (!heard.is_null() && heard["is_final"] != true) heard = session.next("stt_result");
  EXPECT_EQ(heard["text"], "hello how are you today");
  const Json answer = session.next("llm_response");
  EXPECT_EQ(answer["text"], "word0 word1 word2");
  EXPECT_TRUE(answer["timeline"]["first_sound_seconds"].is_number()) << answer;
  EXPECT_EQ(session.sounds.size(), 2U);
  EXPECT_EQ(metric("tokcast_recognition_seconds_count"), 1);
  EXPECT_EQ(metric("tokcast_first_audio_seconds_count"), 1);
}

TEST_F(ServeSpeech, EveryStageIsInTheLedgerThoughNothingWasPromised) {
  set("XDG_STATE_HOME", "");
  start_ready();
  ASSERT_EQ(ask(port_, "POST", "/v1/audio/speech", R"({"input":"hello"})").status, 200);
  TestSession session(port_);
  session.tell({{"type", "tts_request"},
                {"text", "hello how are you today"},
                {"response_format", "binary"},
                {"output_encoding", "linear16"}});
  ASSERT_EQ(session.next("tts_audio")["encoding"], "linear16");
  session.tell({{"type", "set_mode"}, {"mode", "full"}});
  ASSERT_EQ(session.next("mode_ready")["mode"], "full");
  session.send_sound(session.sounds.at(0) + std::string(32'000, '\0'));
  ASSERT_EQ(session.next("llm_response")["text"], "word0 word1 word2");
  Json stages;
  const auto are_kept = [&] {
    const ChildResult listed = tokcast({"promises", "--json"});
    EXPECT_EQ(schema_findings("promises", listed.standard_output), "");
    stages = parse_json(listed.standard_output, "promises").value_or(Json())["stages"];
    return stages.size() == 2;
  };
  ASSERT_TRUE(wait_for(are_kept)) << stages << said();
  EXPECT_EQ(stages[0]["kind"], "spoken-turn");
  EXPECT_EQ(stages[0]["done"], 1);
  for (const char* stage :
       {"recognition", "queue", "first_token", "reply", "synthesis", "first_audio", "total"}) {
    EXPECT_TRUE(stages[0][std::string(stage) + "_seconds"].is_number()) << stage << stages;
  }
  EXPECT_TRUE(stages[0]["reply_tokens"].is_number());
  EXPECT_EQ(stages[1]["kind"], "speech");
  EXPECT_EQ(stages[1]["by"], "flite");
  EXPECT_TRUE(stages[1]["sound_seconds"].is_number());
}

TEST_F(ServeSpeech, SpeechGoesThroughHttpBothWays) {
  start_ready();
  const TestAnswer sound = ask(port_, "POST", "/v1/audio/speech", R"({"input":"hello how are you today"})");
  ASSERT_EQ(sound.status, 200) << sound.body.substr(0, 200);
  EXPECT_TRUE(contains(sound.head, "audio/wav"));
  EXPECT_TRUE(contains(sound.head, "X-Tokcast-Voice: slt"));
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n" + sound.body +
      "\r\n--b--\r\n";
  const TestAnswer text = ask(port_, "POST", "/v1/audio/transcriptions", form,
                              "Content-Type: multipart/form-data; boundary=b\r\n");
  ASSERT_EQ(text.status, 200) << text.body;
  EXPECT_EQ(text.json()["text"], "hello how are you today");
  EXPECT_EQ(ask(port_, "POST", "/v1/audio/transcriptions", "{}").status, 400);
}

TEST_F(ServeSpeech, WithoutSpeechItSaysSo) {
  start_ready({"--no-speech"});
  const TestAnswer refused = ask(port_, "POST", "/v1/audio/speech", R"({"input":"hello"})");
  EXPECT_EQ(refused.status, 501);
  EXPECT_EQ(refused.json()["error"]["code"], "unavailable");
  TestSession session(port_);
  session.send_sound(std::string(3200, '\0'));
  EXPECT_EQ(session.next("stt_result")["error"], "stt_unavailable");
}

}  // namespace
}  // namespace tokcast
