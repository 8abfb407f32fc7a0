#include "serve/local_ai.h"

#include <gtest/gtest.h>

#include "serve/base64.h"

namespace tokcast {
namespace {

TEST(LocalAi, TypesAreCleanedAndIdsEchoedAsTheyCame) {
  const auto message =
      read_local_ai(R"({"type":" LLM-Request ","request_id":7,"call_id":"c","text":"x"})", {});
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type, "llm_request");
  EXPECT_EQ(message->request_id(), 7);
  EXPECT_EQ(message->call_id(), "c");
}

TEST(LocalAi, MalformedFramesAreErrorsNotCrashes) {
  for (const char* bad :
       {"", "nonsense", "[]", "7", "\"x\"", "{}", R"({"type":7})", R"({"type":""})", R"({"type":null})"}) {
    EXPECT_FALSE(read_local_ai(bad, {})) << bad;
  }
  EXPECT_FALSE(
      read_local_ai(R"({"type":"x","a":)" + std::string(100, '[') + std::string(100, ']') + "}", {}));
}

TEST(LocalAi, NumbersOutsideTheirRangeAreRefused) {
  const auto message =
      read_local_ai(R"({"type":"audio","rate":"abc","a":-1,"b":1e99,"c":16000,"d":1.5})", {});
  ASSERT_TRUE(message);
  for (const char* name : {"rate", "a", "b", "d"}) EXPECT_FALSE(message->number(name, 0, 48'000)) << name;
  EXPECT_EQ(message->number("c", 8'000, 48'000).value(), 16'000U);
  EXPECT_EQ(message->number("none", 0, 1).value(), std::nullopt);
}

TEST(LocalAi, LongAndStructuredIdsAreNotEchoed) {
  const auto message =
      read_local_ai(R"({"type":"x","request_id":{"a":1},"call_id":")" + std::string(1000, 'x') + "\"}", {});
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->request_id().is_null());
  EXPECT_TRUE(message->call_id().is_null());
}

TEST(LocalAi, Base64GoesBothWays) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (std::size_t length = 0; length <= all.size(); ++length) {
    const std::string bytes = all.substr(0, length);
    EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
  }
  EXPECT_EQ(decode_base64("TWFu\nTQ=="), "ManM");
  EXPECT_EQ(decode_base64("TWFuTQ"), "ManM");
  for (const char* bad : {"T", "TWFu*", "TQ==TQ==", "TWFuT===", "\xff\xff\xff\xff"})
    EXPECT_FALSE(decode_base64(bad)) << bad;
}

TEST(LocalAi, SoundFormatsFallBackToTelephony) {
  const auto format_of = [](const char* fields) {
    return sound_format(read_local_ai(std::string(R"({"type":"x")") + fields + "}", {}).value(), {});
  };
  EXPECT_EQ(format_of("").rate, 8'000U);
  EXPECT_EQ(format_of(R"(,"output_encoding":"linear16")").rate, 16'000U);
  EXPECT_EQ(format_of(R"(,"encoding":"linear16","sample_rate_hz":22050)").rate, 22'050U);
  EXPECT_EQ(format_of(R"(,"encoding":"opus","sample_rate_hz":48000)").encoding, SoundEncoding::kMulaw);
  EXPECT_EQ(format_of(R"(,"encoding":"opus","sample_rate_hz":48000)").rate, 8'000U);
}

TEST(LocalAi, TheTextOfAnEventIsFoundOrNot) {
  EXPECT_EQ(delta_text(R"({"choices":[{"delta":{"content":"hi"}}]})"), "hi");
  for (const char* none : {"[DONE]", "{}", R"({"choices":[]})", R"({"choices":[{"delta":{"content":null}}]})",
                           R"({"choices":[{"delta":3}]})", R"({"choices":7})"}) {
    EXPECT_FALSE(delta_text(none)) << none;
  }
}

}  // namespace
}  // namespace tokcast
