#include "serve/audio_request.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "speech/wav.h"

namespace tokcast {
namespace {

const std::vector<std::string> kVoices{"slt", "kal"};

Result<TranscriptionRequest> transcription(const std::string& file, const std::string& more = {}) {
  std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n" + file + "\r\n";
  if (!more.empty()) body += "--b\r\nContent-Disposition: form-data; name=" + more + "\r\n";
  return read_transcription("multipart/form-data; boundary=b", body + "--b--\r\n", {});
}

std::string field(const std::string& name, const std::string& value) {
  return "\"" + name + "\"\r\n\r\n" + value;
}

std::string wav_of_seconds(double seconds) {
  return write_wav(std::vector<std::int16_t>(static_cast<std::size_t>(seconds * 8000), 1), 8000);
}

TEST(AudioRequest, ARecordingIsRead) {
  const auto read = transcription(wav_of_seconds(0.5), field("response_format", "verbose_json"));
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(read->sound.samples.size(), 4000U);
  EXPECT_EQ(read->sound.rate, 8000U);
  EXPECT_EQ(read->form, TranscriptForm::kVerboseJson);
  EXPECT_EQ(transcription(wav_of_seconds(0.5))->form, TranscriptForm::kJson);
  EXPECT_TRUE(transcription(wav_of_seconds(0.5), field("language", "en")));
}

TEST(AudioRequest, WhatCannotBeTranscribedIsRefusedWithTheReason) {
  const auto kind = [](const Result<TranscriptionRequest>& read) { return read.error().kind; };
  EXPECT_EQ(kind(transcription("no sound")), ErrorKind::kBadInput);
  EXPECT_EQ(kind(transcription("fLaC and more")), ErrorKind::kUnsupported);
  EXPECT_EQ(kind(transcription(wav_of_seconds(301))), ErrorKind::kDoesNotFit);
  EXPECT_EQ(kind(transcription(wav_of_seconds(1), field("language", "de"))), ErrorKind::kUnsupported);
  const auto srt = transcription(wav_of_seconds(1), field("response_format", "srt"));
  EXPECT_EQ(kind(srt), ErrorKind::kUnsupported);
  EXPECT_EQ(srt.error().place, "response_format");
  EXPECT_NE(srt.error().message.find("json, text and verbose_json"), std::string::npos);
  const std::string nothing = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nx\r\n--b--";
  EXPECT_EQ(read_transcription("multipart/form-data; boundary=b", nothing, {}).error().place, "file");
}

TEST(AudioRequest, TranscriptsAreWrittenInThreeForms) {
  const std::vector<Recognised> heard{
      {.text = "hello", .is_final = true, .confidence = 0.5, .begin = Seconds(1), .end = Seconds(2)},
      {.is_final = true},
      {.text = "there", .is_final = true, .begin = Seconds(3), .end = Seconds(5)}};
  EXPECT_EQ(transcription_answer(TranscriptForm::kText, heard, Seconds(4)).body, "hello there\n");
  EXPECT_EQ(transcription_answer(TranscriptForm::kJson, heard, Seconds(4)).body, R"({"text":"hello there"})");
  const Json verbose =
      parse_json(transcription_answer(TranscriptForm::kVerboseJson, heard, Seconds(4)).body, "answer")
          .value();
  EXPECT_EQ(verbose["duration"], 4.0);
  EXPECT_EQ(verbose["segments"].size(), 2U);
  EXPECT_EQ(verbose["segments"][1]["id"], 1);
  EXPECT_EQ(verbose["segments"][1]["end"], 4.0);
}

TEST(AudioRequest, TextToBeSpokenIsRead) {
  const auto read = read_speech_request(
      R"({"model":"tts-1","input":"Hello","voice":"kal","response_format":"pcm","speed":2})", kVoices, {});
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(read->synthesis.text, "Hello");
  EXPECT_EQ(read->synthesis.voice, "kal");
  EXPECT_EQ(read->synthesis.speed, 2);
  EXPECT_EQ(read->synthesis.rate, 24'000U);
  EXPECT_FALSE(read->as_wav);
  const auto theirs = read_speech_request(R"({"input":"Hello","voice":"alloy"})", kVoices, {});
  EXPECT_EQ(theirs->synthesis.voice, "slt");
  EXPECT_TRUE(theirs->as_wav);
}

TEST(AudioRequest, WhatCannotBeSpokenIsRefusedWithTheReason) {
  for (const char* bad :
       {"", "[]", "{}", R"({"input":7})", R"({"input":"  "})", R"({"input":"a","voice":"nobody"})",
        R"({"input":"a","voice":{}})", R"({"input":"a","response_format":"mp3"})",
        R"({"input":"a","speed":9})", R"({"input":"a","speed":"fast"})"}) {
    EXPECT_FALSE(read_speech_request(bad, kVoices, {})) << bad;
  }
  const auto mp3 = read_speech_request(R"({"input":"a","response_format":"mp3"})", kVoices, {});
  EXPECT_NE(mp3.error().message.find("wav and pcm"), std::string::npos);
  const auto voice = read_speech_request(R"({"input":"a","voice":"nobody"})", kVoices, {});
  EXPECT_NE(voice.error().message.find("slt, kal"), std::string::npos);
  const std::string much = R"({"input":")" + std::string(4097, 'a') + "\"}";
  EXPECT_EQ(read_speech_request(much, kVoices, {}).error().kind, ErrorKind::kDoesNotFit);
}

}  // namespace
}  // namespace tokcast
