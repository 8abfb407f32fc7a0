#include "base/json.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

TEST(Json, KeepsTheOrderOfKeys) {
  const auto document = parse_json(R"({"z":1,"a":2})", "test");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->dump(), R"({"z":1,"a":2})");
}

TEST(Json, TellsTheLineAndColumnOfAMistakeWithoutEchoingIt) {
  const auto document = parse_json("{\n  \"secret\": oops}", "config");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kBadInput);
  EXPECT_NE(document.error().place.find("config: line 2, column"), std::string::npos);
  EXPECT_EQ(describe(document.error()).find("secret"), std::string::npos);
}

TEST(Json, RefusesANumberBeyondAllNumbers) {
  const auto json = parse_json("{\"seconds\": 1e999}", "file");
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().kind, ErrorKind::kBadInput);
}

TEST(Json, RefusesWhatIsNestedTooDeep) {
  const auto document = parse_json(std::string(100'000, '['), "peer");
  ASSERT_FALSE(document);
  EXPECT_NE(document.error().message.find("deeper than 64"), std::string::npos);
}

std::string object_of(std::size_t keys) {
  std::string text = "{";
  for (std::size_t i = 0; i < keys; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":[]";
  return text + "}";
}

TEST(Json, RefusesAnObjectOfTooManyKeys) {
  const auto document = parse_json("[" + object_of(4097) + "]", "peer");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(document.error().message, "JSON object with more than 4096 keys");
  EXPECT_TRUE(parse_json("[" + object_of(4097) + "]", "peer", {.keys = 4097}));
}

TEST(Json, CountsTheKeysOfEachObjectByItself) {
  EXPECT_TRUE(parse_json("[" + object_of(4096) + ", " + object_of(4096) + "]", "peer"));
  EXPECT_TRUE(parse_json("\"" + std::string(5000, ':') + "\"", "peer")) << "text";
}

TEST(Json, DoesNotCountBracketsInsideStrings) {
  EXPECT_TRUE(parse_json("\"" + std::string(1000, '[') + "\\\"\"", "peer"));
}

TEST(Json, RefusesWhatIsTooLarge) {
  EXPECT_FALSE(parse_json("\"0123456789\"", "peer", {.size = Bytes(4), .depth = 64}));
}

}  // namespace
}  // namespace tokcast
