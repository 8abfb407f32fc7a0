#include "serve/openai.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

Result<ApiRequest> read_chat(std::string_view body) {
  return read_api_request(ApiKind::kChat, body, {});
}

TEST(OpenAi, AChatRequestIsReadAndHandedOnWithoutOurOwnFields) {
  const auto request = read_chat(
      R"({"messages":[{"role":"user","content":"Hello"},{"role":"user","content":[{"type":"text","text":"you"}]}],
          "stream":true,"max_tokens":7,"deadline_seconds":2.5,"user":"u1","id_slot":3,"n_discard":-1,"odd":[1]})");
  ASSERT_TRUE(request) << describe(request.error());
  EXPECT_TRUE(request->stream);
  EXPECT_EQ(request->reply_limit, 7U);
  EXPECT_EQ(request->deadline, Seconds(2.5));
  EXPECT_EQ(request->user, "u1");
  EXPECT_GE(request->prompt_bytes, 8U);
  EXPECT_LE(request->prompt_bytes, 24U);
  EXPECT_EQ(request->body.find("deadline_seconds"), std::string::npos);
  EXPECT_EQ(request->body.find("n_discard"), std::string::npos);
  EXPECT_EQ(request->body.find("id_slot"), std::string::npos);
  EXPECT_NE(request->body.find("\"odd\":[1]"), std::string::npos);
}

TEST(OpenAi, WhatIsWrongIsNamed) {
  const std::pair<std::string, std::string> bad[] = {
      {"", "body"},
      {"[]", "body"},
      {"{}", "messages"},
      {R"({"messages":[]})", "messages"},
      {R"({"messages":"hi"})", "messages"},
      {R"({"messages":[1],"stream":"yes"})", "stream"},
      {R"({"messages":[1],"max_tokens":"7"})", "max_tokens"},
      {R"({"messages":[1],"max_tokens":1.5})", "max_tokens"},
      {R"({"messages":[1],"deadline_seconds":0})", "deadline_seconds"},
      {R"({"messages":[1],"deadline_seconds":"soon"})", "deadline_seconds"},
  };
  for (const auto& [body, place] : bad) {
    const auto request = read_chat(body);
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.error().kind, ErrorKind::kBadInput) << body;
    EXPECT_TRUE(request.error().place.starts_with(place)) << body << " " << request.error().place;
  }
}

TEST(OpenAi, NestedArraysAreRefusedBeforeTheEngineSeesThem) {
  const std::string bomb = R"({"messages":[{"role":"user","content":"x"}],"tools":)" +
                           std::string(20'000, '[') + std::string(20'000, ']') + "}";
  EXPECT_FALSE(read_chat(bomb));
}

TEST(OpenAi, ARefusalCarriesItsForecastAndWhenToComeBack) {
  const WebAnswer answer = failure_answer({.fault = TurnFault::kBusy,
                                           .message = "late",
                                           .retry_after = Seconds(3.2),
                                           .refusal = Refusal::kTooLate,
                                           .wait = Seconds(3.2),
                                           .service = Interval<Seconds>{Seconds(1), Seconds(2), Seconds(3)},
                                           .deadline = Seconds(5)});
  EXPECT_EQ(answer.status, 429U);
  ASSERT_EQ(answer.headers.size(), 1U);
  EXPECT_EQ(answer.headers[0], (std::pair<std::string, std::string>{"Retry-After", "4"}));
  const auto json = parse_json(answer.body, "answer");
  ASSERT_TRUE(json);
  const Json& error = (*json)["error"];
  EXPECT_EQ(error["type"], "rate_limit_error");
  EXPECT_EQ(error["code"], "busy");
  EXPECT_EQ(error["reason"], "too-late");
  EXPECT_EQ(error["forecast"]["wait_seconds"], 3.2);
  EXPECT_EQ(error["forecast"]["turn_seconds"]["high"], 3.0);
  EXPECT_EQ(error["forecast"]["deadline_seconds"], 5.0);
}

TEST(OpenAi, EachFaultHasItsStatus) {
  EXPECT_EQ(failure_answer({.fault = TurnFault::kNotReady}).status, 503U);
  EXPECT_EQ(failure_answer({.fault = TurnFault::kDeadline}).status, 504U);
  EXPECT_EQ(failure_answer({.fault = TurnFault::kEngine}).status, 502U);
  EXPECT_TRUE(failure_event({.fault = TurnFault::kEngine, .message = "a\nb\xff"}).starts_with("data: {"));
}

TEST(OpenAi, EmbeddingsAndCompletionsTakeTextOrLists) {
  EXPECT_TRUE(read_api_request(ApiKind::kEmbeddings, R"({"input":"hello"})", {}));
  EXPECT_TRUE(read_api_request(ApiKind::kEmbeddings, R"({"input":["a","b"]})", {}));
  EXPECT_FALSE(read_api_request(ApiKind::kEmbeddings, R"({"prompt":"hello"})", {}));
  EXPECT_TRUE(read_api_request(ApiKind::kCompletion, R"({"prompt":"hello"})", {}));
}

}  // namespace
}  // namespace tokcast
