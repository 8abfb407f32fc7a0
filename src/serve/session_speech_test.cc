// Sessions that hear and speak.
#include "serve/session_test_util.h"

namespace tokcast {
namespace {

TEST_F(SessionTest, WithoutARecogniserSoundIsAnsweredHonestly) {
  tell(R"({"type":"audio","data":"AAAA","rate":16000,"request_id":"r"})");
  EXPECT_EQ(port_.last()["type"], "stt_result");
  EXPECT_EQ(port_.last()["error"], "stt_unavailable");
  EXPECT_EQ(port_.last()["message"], "install the package ears");
  tell(R"({"type":"tts_request","text":"Hello","request_id":"r"})");
  EXPECT_EQ(port_.last()["code"], "tts_unavailable");
}

TEST_F(SessionTest, SpeechBecomesTextAReplyAndSound) {
  make_speech();
  session_.got_binary(std::string(3200, '\0'));
  EXPECT_EQ(port_.heard_bytes, 3200U);
  EXPECT_EQ(port_.heard_rate, 16'000U);
  const auto heard = port_.on_heard;
  heard(Recognised{.text = "hel"}, Seconds(1));
  heard(Recognised{.text = "hel"}, Seconds(1));
  heard(Recognised{.text = "hello", .is_final = true}, Seconds(1));
  ASSERT_EQ(port_.turns.size(), 1U);
  port_.token(1, "One. ");
  port_.token(1, "Two");
  ASSERT_EQ(port_.texts, std::vector<std::string>{"One."});
  port_.end(1);
  ASSERT_EQ(port_.texts, (std::vector<std::string>{"One.", "Two"}));
  const auto speaking = port_.speaking;
  speaking[0](std::string("sound"));
  speaking[1](std::string("more"));
  EXPECT_EQ(port_.types(), "stt_result stt_result tts_audio binary tts_audio binary tts_audio llm_response ");
  EXPECT_EQ(port_.sent[0]["is_partial"], true);
  EXPECT_EQ(port_.sent[2]["chunk_index"], 0);
  EXPECT_EQ(port_.sent[6]["is_final"], true);
  EXPECT_EQ(port_.sent[6]["byte_length"], 0);
  EXPECT_EQ(port_.last()["text"], "One. Two");
}

TEST_F(SessionTest, ARecogniserThatIsGoneIsUnavailableAndSaysWhy) {
  make_speech();
  session_.got_binary(std::string(320, '\0'));
  port_.on_heard(fail(ErrorKind::kNetwork, "ears broke off"), Seconds(100));
  EXPECT_EQ(port_.last()["error"], "stt_unavailable");
  EXPECT_EQ(port_.last()["message"], "ears broke off");
  EXPECT_EQ(port_.last()["is_final"], true);
  EXPECT_TRUE(port_.turns.empty());
}

TEST_F(SessionTest, ASpokenTurnTellsWhenItsStagesCame) {
  make_speech();
  session_.got_binary(std::string(320, '\0'));
  port_.on_heard(Recognised{.text = "hello", .is_final = true}, Seconds(100));
  port_.clock = 102;
  port_.turns.at(1).started();
  port_.clock = 103;
  port_.token(1, "One. ");
  port_.clock = 104;
  port_.token(1, "Two");
  port_.clock = 105;
  port_.speaking[0](std::string("sound"));
  port_.end(1);
  port_.clock = 107;
  port_.speaking[1](std::string("more"));
  const Json times = port_.last()["timeline"];
  EXPECT_EQ(times["recognised_seconds"], 0.0);
  EXPECT_EQ(times["started_seconds"], 2.0);
  EXPECT_EQ(times["first_token_seconds"], 3.0);
  EXPECT_EQ(times["last_token_seconds"], 4.0);
  EXPECT_EQ(times["first_sentence_seconds"], 3.0);
  EXPECT_EQ(times["first_sound_seconds"], 5.0);
  EXPECT_EQ(times["last_sound_seconds"], 7.0);
  EXPECT_EQ(port_.answered.size(), 1U);
}

TEST_F(SessionTest, ATurnIsOverOnceAllOfItIsSpokenOrItWasCut) {
  make_speech();
  tell(R"({"type":"llm_request","text":"Hi","mode":"full"})");
  port_.token(1, "One. ");
  port_.end(1);
  EXPECT_EQ(port_.log, "");
  port_.speaking[0](std::string("sound"));
  EXPECT_EQ(port_.log, "over ");
  tell(R"({"type":"llm_request","text":"Hi","mode":"full"})");
  port_.token(2, "Two. ");
  port_.end(2);
  tell(R"({"type":"barge_in"})");
  EXPECT_EQ(port_.log, "over cut ");
  tell(R"({"type":"llm_request","text":"Hi"})");
  tell(R"({"type":"llm_request","text":"Again"})");
  session_.closed();
  // The engine's part ends first. What waited never began.
  EXPECT_EQ(port_.log, "over cut cancelled cut ");
}

TEST_F(SessionTest, ARefusedTurnNeverBeganAndOneOfToolsEndsWithItsAnswer) {
  port_.refuse = true;
  tell(R"({"type":"llm_request","text":"Hi"})");
  EXPECT_EQ(port_.log, "");
  port_.refuse = false;
  tell(R"({"type":"llm_tool_request","text":"Hi"})");
  const auto answer = port_.turns.at(1).answer;
  answer(200, R"({"choices":[{"message":{"content":"Yes"}}]})");
  EXPECT_EQ(port_.last()["type"], "llm_tool_response");
  EXPECT_EQ(port_.log, "");
  port_.end(1);
  EXPECT_EQ(port_.log, "over ");
}

TEST_F(SessionTest, ASentenceThatCannotBeSpokenIsLeftOut) {
  make_speech();
  session_.got_binary(std::string(320, '\0'));
  port_.on_heard(Recognised{.text = "hello", .is_final = true}, Seconds(1));
  port_.token(1, "Yes! \xF0\x9F\x98\x80");
  port_.end(1);
  port_.sent.clear();
  port_.speaking[0](std::string("sound"));
  port_.speaking[1](fail(ErrorKind::kBadInput, "nothing in this text can be spoken"));
  EXPECT_EQ(port_.types(), "tts_audio binary tts_audio llm_response ");
}

TEST_F(SessionTest, WhoBargesInIsHeardOnUntilTheCallEnds) {
  make_speech();
  session_.got_binary(std::string(320, '\0'));
  tell(R"({"type":"barge_in"})");
  EXPECT_EQ(port_.stopped_hearing, 0);
  tell(R"({"type":"barge_in","reason":"stop_session"})");
  EXPECT_EQ(port_.stopped_hearing, 1);
}

TEST_F(SessionTest, BinarySoundHasItsOwnRateWhateverWasSaidBefore) {
  make_speech();
  tell(R"({"type":"audio","data":"AAAA","rate":8000})");
  EXPECT_EQ(port_.heard_rate, 8000U);
  session_.got_binary(std::string(320, '\0'));
  EXPECT_EQ(port_.heard_rate, 16'000U);
}

TEST_F(SessionTest, InSttModeNothingIsAskedOfTheModel) {
  make_speech();
  tell(R"({"type":"set_mode","mode":"stt"})");
  session_.got_binary(std::string(320, '\0'));
  const auto heard = port_.on_heard;
  heard(Recognised{.text = "hello", .is_final = true}, Seconds(1));
  heard(Recognised{.text = "", .is_final = true}, Seconds(1));
  EXPECT_TRUE(port_.turns.empty());
  EXPECT_EQ(port_.types(), "mode_ready stt_result stt_result ");
}

TEST_F(SessionTest, TextIsSpokenInEitherForm) {
  make_speech();
  tell(R"({"type":"tts_request","text":"Hello","request_id":"r"})");
  tell(R"({"type":"tts_request","text":"Hello","response_format":"binary","output_encoding":"linear16"})");
  for (const auto& spoken : port_.speaking) spoken(std::string("abc"));
  EXPECT_EQ(port_.types(), "tts_response tts_audio binary ");
  EXPECT_EQ(port_.sent[0]["audio_data"], "YWJj");
  EXPECT_EQ(port_.sent[0]["encoding"], "mulaw");
  EXPECT_EQ(port_.sent[0]["text"], "Hello");
  EXPECT_EQ(port_.sent[1]["encoding"], "linear16");
}

}  // namespace
}  // namespace tokcast
