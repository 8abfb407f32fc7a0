#include "serve/whole_reply.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace tokcast {
namespace {

Json whole_of(std::initializer_list<const char*> events) {
  WholeReply reply;
  for (const char* event : events) {
    const auto added = reply.add(event);
    EXPECT_TRUE(added) << event;
  }
  return parse_json(reply.text(), "whole").value();
}

TEST(WholeReply, IsWhatWouldHaveComeAtOnce) {
  const Json whole = whole_of(
      {R"({"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":7,"id":"a","object":"chat.completion.chunk","prompt_progress":{"total":5}})",
       R"({"choices":[{"finish_reason":null,"index":0,"delta":{"content":"Good "},"logprobs":{"content":[{"id":1}]}}],"id":"a"})",
       R"({"choices":[{"finish_reason":null,"index":0,"delta":{"content":"day"},"logprobs":{"content":[{"id":2}]}}],"id":"a"})",
       R"({"choices":[{"finish_reason":"stop","index":0,"delta":{}}],"id":"a"})",
       R"({"choices":[],"usage":{"completion_tokens":2},"timings":{"prompt_n":5}})", "[DONE]"});
  EXPECT_EQ(
      whole,
      Json::parse(
          R"({"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Good day"},
              "logprobs":{"content":[{"id":1},{"id":2}]}}],"created":7,"id":"a","object":"chat.completion",
              "usage":{"completion_tokens":2},"timings":{"prompt_n":5}})"));
}

TEST(WholeReply, JoinsCallsOfToolsByTheirPlace) {
  const Json whole = whole_of(
      {R"({"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"x","type":"function","function":{"name":"add","arguments":""}}]}}]})",
       R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}}]})",
       R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"y","type":"function","function":{"name":"sum","arguments":"{}"}}]}}]})",
       R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}}]})",
       R"({"choices":[{"index":0,"finish_reason":"tool_calls","delta":{}}]})"});
  EXPECT_EQ(whole["choices"][0]["message"], Json::parse(R"({"role":"assistant","content":null,"tool_calls":[
      {"id":"x","type":"function","function":{"name":"add","arguments":"{\"a\":1}"}},
      {"id":"y","type":"function","function":{"name":"sum","arguments":"{}"}}]})"));
  EXPECT_EQ(whole["choices"][0]["finish_reason"], "tool_calls");
}

TEST(WholeReply, NamesNoPlaceOfACallThatCameInOnePiece) {
  const Json whole = whole_of({R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x"}]}}]})"});
  EXPECT_EQ(whole["choices"][0]["message"]["tool_calls"], Json::parse(R"([{"id":"x"}])"));
}

TEST(WholeReply, KeepsTheChoicesOfOneRequestApart) {
  const Json whole =
      whole_of({R"({"object":"text_completion","choices":[{"text":"a","index":1,"logprobs":null}]})",
                R"({"choices":[{"text":"b","index":0}]})",
                R"({"choices":[{"text":"c","index":1,"finish_reason":"length"}]})"});
  EXPECT_EQ(whole["object"], "text_completion");
  EXPECT_EQ(whole["choices"][0]["text"], "b");
  EXPECT_EQ(whole["choices"][1]["text"], "ac");
  EXPECT_EQ(whole["choices"][1]["finish_reason"], "length");
  EXPECT_TRUE(whole["choices"][1]["logprobs"].is_null());
}

TEST(WholeReply, OfAModelThatSaidNothingIsAnEmptyText) {
  const Json whole = whole_of({R"({"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]})"});
  EXPECT_EQ(whole["choices"][0]["message"]["content"], "");
}

TEST(WholeReply, SaysWhatTheEngineGaveUpOver) {
  WholeReply reply;
  const auto added = reply.add(R"({"error":{"code":500,"message":"Compute error."}})");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message, "Compute error.");
}

TEST(WholeReply, RefusesWhatCannotBePutTogether) {
  for (const char* bad :
       {"{", "[]", "3", R"({"error":1})", R"({"choices":[3]})", R"({"choices":[{"index":-1}]})",
        R"({"choices":[{"index":1000000000}]})", R"({"choices":[{"index":"x"}]})",
        R"({"choices":[{"delta":{"tool_calls":[{"index":1000000}]}}]})",
        R"({"choices":[{"delta":{"tool_calls":[7]}}]})"}) {
    WholeReply reply;
    EXPECT_FALSE(reply.add(bad)) << bad;
  }
}

TEST(WholeReply, OfEverNewKeysIsRefused) {
  WholeReply top;
  WholeReply nested;
  bool top_was_taken = true;
  bool nested_was_taken = true;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = "\"key" + std::to_string(i) + "\":1";
    top_was_taken = top_was_taken && top.add("{" + key + "}");
    nested_was_taken = nested_was_taken && nested.add("{\"choices\":[{\"delta\":{" + key + "}}]}");
  }
  EXPECT_FALSE(top_was_taken);
  EXPECT_FALSE(nested_was_taken);
}

TEST(AskForStream, KeepsWhatWasAskedOfTheStream) {
  Json body = {{"stream", false}, {"stream_options", {{"odd", 1}}}};
  ask_for_stream(body);
  EXPECT_EQ(body, Json::parse(R"({"stream":true,"stream_options":{"odd":1,"include_usage":true}})"));
}

TEST(Progress, IsAskedForInABodyOfAnySize) {
  EXPECT_EQ(with_progress_asked("{}"), R"({"return_progress":true})");
  EXPECT_EQ(with_progress_asked(R"({"a":1})"), R"({"return_progress":true,"a":1})");
}

TEST(Progress, IsNotSeenInWhatAModelSays) {
  EXPECT_TRUE(is_progress(R"({"choices":[],"prompt_progress":{"total":46}})"));
  EXPECT_FALSE(is_progress(R"({"choices":[{"delta":{"content":"\"prompt_progress\": 3"}}]})"));
}

}  // namespace
}  // namespace tokcast
