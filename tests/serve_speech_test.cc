// The real executable listening and talking: sound in, sound out, by WebSocket and by HTTP.
#include <gtest/gtest.h>

#include <string>

#include "schema.h"
#include "serve_session_test_util.h"

namespace tokcast {
namespace {

using ServeSpeech = ServeProcess;

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
