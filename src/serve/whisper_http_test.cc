#include "serve/whisper_http.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/json.h"
#include "serve/multipart.h"
#include "speech/wav.h"

namespace tokcast {
namespace {

TEST(WhisperRequest, IsAFormWithTheSoundAsAFile) {
  const std::vector<std::int16_t> samples{1, -2, 3};
  const EngineRequest request = whisper_request("/secret/inference", samples, "b0undary");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/secret/inference");
  const auto fields = read_multipart(request.content_type, request.body);
  ASSERT_TRUE(fields) << describe(fields.error());
  ASSERT_EQ(fields->size(), 3U);
  EXPECT_EQ((*fields)[0].name, "response_format");
  EXPECT_EQ((*fields)[0].content, "json");
  EXPECT_EQ((*fields)[2].name, "file");
  const auto sound = read_wav((*fields)[2].content, Seconds(1));
  ASSERT_TRUE(sound) << describe(sound.error());
  EXPECT_EQ(sound->rate, 16'000U);
  EXPECT_EQ(sound->samples, samples);
}

TEST(WhisperAnswer, IsItsWordsOnOneLineWithoutRemarks) {
  const auto words = [](const char* text) {
    return read_whisper_answer(200, Json{{"text", text}}.dump()).value_or("an error");
  };
  EXPECT_EQ(words(" Hello there.\n How are you?\n"), "Hello there. How are you?");
  EXPECT_EQ(words(" [BLANK_AUDIO]\n"), "");
  EXPECT_EQ(words("(door closes) Good\x01 morning [MUSIC]"), "Good morning");
  EXPECT_EQ(words("a [half open"), "a [half open");
  EXPECT_EQ(words(""), "");
}

TEST(WhisperAnswer, ThatIsNoneIsAnError) {
  for (const std::string& body : {std::string(), std::string("<html>"), std::string("[]"), std::string("{}"),
                                  std::string(R"({"text":1})"), std::string("{\"text\":\"\xff\"}"),
                                  std::string(R"({"error":"no file"})"), std::string(100'000, '[')}) {
    const auto answer = read_whisper_answer(200, body);
    ASSERT_FALSE(answer) << body.substr(0, 40);
    EXPECT_EQ(answer.error().kind, ErrorKind::kEngineFailed);
  }
  EXPECT_EQ(read_whisper_answer(200, R"({"error":"no file"})").error().message,
            "whisper-server refuses: no file");
  EXPECT_FALSE(read_whisper_answer(500, R"({"text":"hello"})"));
}

}  // namespace
}  // namespace tokcast
