#include "serve/session.h"

#include "serve/session_test_util.h"

namespace tokcast {
namespace {

TEST_F(SessionTest, AnLlmRequestIsAnsweredWithItsIds) {
  tell(R"({"type":"llm_request","text":"Hi","request_id":"r1","call_id":"c1","mode":"llm"})");
  port_.token(1, "Hel");
  port_.token(1, "lo ");
  port_.end(1);
  EXPECT_EQ(port_.types(), "llm_response ");
  const Json answer = port_.last();
  EXPECT_EQ(answer["text"], "Hello");
  EXPECT_EQ(answer["request_id"], "r1");
  EXPECT_EQ(answer["call_id"], "c1");
  EXPECT_EQ(answer["mode"], "llm");
  EXPECT_EQ(port_.deadlines.at(0), 10);
}

TEST_F(SessionTest, TokensAreStreamedWhenAskedFor) {
  tell(R"({"type":"llm_request","text":"Hi","request_id":1,"stream":true})");
  port_.token(1, "a");
  port_.token(1, "b");
  port_.end(1);
  EXPECT_EQ(port_.types(), "llm_token llm_token llm_response ");
  EXPECT_EQ(port_.sent[0]["token"], "a");
  EXPECT_EQ(port_.sent[0]["request_id"], 1);
}

TEST_F(SessionTest, RequestsAreAnsweredInOrderAndWithTheHistory) {
  tell(R"({"type":"llm_request","text":"one","request_id":1})");
  tell(R"({"type":"llm_request","text":"two","request_id":2})");
  ASSERT_EQ(port_.requests.size(), 1U);
  port_.token(1, "first");
  port_.end(1);
  ASSERT_EQ(port_.requests.size(), 2U);
  port_.end(2);
  EXPECT_EQ(port_.sent[0]["request_id"], 1);
  EXPECT_EQ(port_.sent[1]["request_id"], 2);
  const Json& messages = port_.requests[1]["messages"];
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[1]["content"], "first");
  EXPECT_EQ(messages[2]["content"], "two");
}

TEST_F(SessionTest, NothingIsAnsweredAfterABargeIn) {
  tell(R"({"type":"llm_request","text":"one","request_id":1})");
  tell(R"({"type":"llm_request","text":"two","request_id":2})");
  const TurnEvents late = port_.turns.at(1);
  tell(R"({"type":"barge_in","request_id":"b","call_id":"c"})");
  EXPECT_TRUE(port_.turns.empty());
  late.event(R"({"choices":[{"delta":{"content":"zombie"}}]})");
  late.end(std::nullopt);
  EXPECT_EQ(port_.types(), "barge_in_ack ");
  EXPECT_EQ(port_.last()["request_id"], "b");
  EXPECT_EQ(port_.last()["status"], "ok");
  tell(R"({"type":"llm_request","text":"three","request_id":3})");
  port_.end(2);
  EXPECT_EQ(port_.last()["request_id"], 3);
}

TEST_F(SessionTest, ARefusalIsAnErrorWithItsReasonNotAReply) {
  port_.refuse = true;
  tell(R"({"type":"llm_request","text":"Hi","request_id":"r"})");
  EXPECT_EQ(port_.types(), "error ");
  EXPECT_EQ(port_.last()["code"], "busy");
  EXPECT_EQ(port_.last()["request_id"], "r");
  EXPECT_EQ(port_.last()["retry_after_seconds"], 2.0);
}

TEST_F(SessionTest, AnEngineThatDiesInMidReplyIsAnError) {
  tell(R"({"type":"llm_request","text":"Hi","request_id":"r"})");
  port_.token(1, "half");
  port_.end(1, TurnFailure{.fault = TurnFault::kEngine, .message = "broke off"});
  EXPECT_EQ(port_.types(), "error ");
  EXPECT_EQ(port_.last()["code"], "engine_failed");
  EXPECT_EQ(port_.last()["partial_text"], "half");
}

TEST_F(SessionTest, TooManyRequestsOfOneSessionAreRefused) {
  for (int i = 0; i < 12; ++i) tell(R"({"type":"llm_request","text":"Hi"})");
  EXPECT_EQ(port_.types(), "error error error ");
}

TEST_F(SessionTest, MalformedInputIsAnsweredWithAnError) {
  for (const char* bad : {"nonsense", "[1]", R"({"type":"fly"})", R"({"type":"llm_request"})",
                          R"({"type":"llm_request","text":7})", R"({"type":"audio","data":"?","rate":16000})",
                          R"({"type":"audio","data":"","rate":"abc"})", R"({"type":"tts_request","text":""})",
                          R"({"type":"set_mode","mode":"llm","segment_silence_ms":7})",
                          R"({"type":"tool_result"})", R"({"type":"llm_tool_request"})"}) {
    port_.sent.clear();
    tell(bad);
    EXPECT_EQ(port_.types(), "error ") << bad;
  }
}

TEST_F(SessionTest, ModesAreSetAndReported) {
  tell(
      R"({"type":"set_mode","mode":"stt","call_id":"c","segment_silence_ms":300,"output_encoding":"linear16"})");
  EXPECT_EQ(port_.last()["type"], "mode_ready");
  EXPECT_EQ(port_.last()["mode"], "stt");
  EXPECT_EQ(port_.last()["segment_silence_ms"], 300);
  EXPECT_TRUE(port_.last()["segment_energy_threshold"].is_null());
  EXPECT_EQ(port_.last()["output_sample_rate_hz"], 16000);
  tell(R"({"type":"set_mode","mode":"dance"})");
  EXPECT_EQ(port_.last()["mode"], "stt");
}

TEST_F(SessionTest, ToolsAreOfferedAndOnlyAllowedCallsComeBack) {
  tell(R"({"type":"tool_context","tools":[{"name":"hangup","parameters":{}}],"allowed_tools":["hangup"]})");
  EXPECT_TRUE(port_.sent.empty());
  tell(R"({"type":"llm_tool_request","text":"bye","request_id":"r","tool_choice":"required"})");
  EXPECT_EQ(port_.requests[0]["tools"][0]["function"]["name"], "hangup");
  EXPECT_EQ(port_.requests[0]["tool_choice"], "required");
  const auto call = [](const char* name, const char* arguments) {
    return Json{{"function", {{"name", name}, {"arguments", arguments}}}};
  };
  const Json calls = Json::array(
      {call("hangup", R"({"why":"bye"})"), call("format_disk", "{}"), call("hangup", "not json")});
  Json message{{"content", nullptr}};
  message["tool_calls"] = calls;
  port_.answer(1, 200, {{"choices", Json::array({Json{{"message", message}}})}});
  EXPECT_EQ(port_.types(), "llm_tool_response ");
  EXPECT_EQ(port_.last()["tool_calls"].size(), 1U);
  EXPECT_EQ(port_.last()["tool_calls"][0]["parameters"]["why"], "bye");
  EXPECT_EQ(port_.last()["tool_parse_failures"], 2);
  EXPECT_EQ(port_.last()["finish_reason"], "tool_calls");
}

TEST_F(SessionTest, AToolsResultGoesToTheModelAndItsReplyIsMarked) {
  tell(R"({"type":"tool_result","tool_name":"time","result":{"hour":7},"request_id":"r"})");
  const Json& messages = port_.requests[0]["messages"];
  EXPECT_EQ(messages.back()["role"], "tool");
  EXPECT_EQ(messages.back()["content"], R"({"hour":7})");
  port_.token(1, "Seven");
  port_.end(1);
  EXPECT_EQ(port_.last()["mode"], "tool_result");
  EXPECT_EQ(port_.last()["tool_gateway_done"], true);
}

TEST_F(SessionTest, ASwitchAnswersOnlyWhenItWasDone) {
  tell(R"({"type":"switch_model","llm_config":{"model_path":"/m/next.gguf"},"request_id":"r"})");
  EXPECT_TRUE(port_.sent.empty());
  EXPECT_EQ(port_.switched_to, "/m/next.gguf");
  port_.switched(fail(ErrorKind::kEngineFailed, "it does not load"));
  EXPECT_EQ(port_.last()["status"], "error");
  tell(R"({"type":"switch_model","llm_config":{"model_path":"/m/now.gguf"}})");
  EXPECT_EQ(port_.last()["status"], "no_change");
  tell(R"({"type":"switch_model","scope":"session","llm_config":{"system_prompt":"Be kind"}})");
  EXPECT_EQ(port_.last()["status"], "success");
  EXPECT_EQ(port_.last()["scope"], "session");
  tell(R"({"type":"llm_request","text":"Hi"})");
  EXPECT_EQ(port_.requests.back()["messages"][0]["content"], "Be kind");
  EXPECT_FALSE(port_.requests.back().contains("max_tokens"));
  port_.end(port_.last_turn);
  tell(R"({"type":"switch_model","scope":"session","llm_config":{"max_tokens":30}})");
  EXPECT_EQ(port_.last()["changed"], Json::array({"llm_config.max_tokens"}));
  tell(R"({"type":"llm_request","text":"Hi"})");
  EXPECT_EQ(port_.requests.back()["max_tokens"], 30);
  tell(R"({"type":"switch_model","scope":"session","llm_config":{"max_tokens":-1,"system_prompt":7}})");
  EXPECT_EQ(port_.last()["status"], "no_change");
  tell(R"({"type":"reload_llm"})");
  port_.switched({});
  EXPECT_EQ(port_.last()["type"], "reload_response");
  EXPECT_EQ(port_.last()["status"], "success");
}

TEST_F(SessionTest, TheServerIsDescribed) {
  make_speech();
  tell(R"({"type":"status"})");
  EXPECT_EQ(port_.last()["status"], "ok");
  tell(R"({"type":"capabilities"})");
  EXPECT_EQ(port_.last()["capabilities"]["pocketsphinx"], true);
  EXPECT_EQ(port_.last()["capabilities"]["vosk"], false);
  EXPECT_EQ(port_.last()["stt_partials"], true);
  tell(R"({"type":"backends"})");
  EXPECT_EQ(port_.last()["llm"][0]["name"], "llama");
  EXPECT_EQ(port_.last()["stt"][0]["partials"], true);
  EXPECT_EQ(port_.last()["tts"][0]["schema"]["properties"]["voice"]["enum"][0], "slt");
  tell(R"({"type":"backend_schema","backend_type":"llm","backend_name":"llama"})");
  EXPECT_EQ(port_.last()["available"], true);
  tell(R"({"type":"backend_schema","backend_type":"llm","backend_name":"none"})");
  EXPECT_TRUE(port_.last().contains("error"));
}

TEST(SessionToken, IsAskedForAndThreeFailuresEndIt) {
  FakePort port;
  Session session(port, {.token = "secret"});
  session.got_text(R"({"type":"status"})");
  EXPECT_EQ(port.last()["message"], "authentication_required");
  session.got_text(R"({"type":"auth","auth_token":"guess"})");
  EXPECT_EQ(port.last()["message"], "invalid_auth_token");
  EXPECT_EQ(port.closed_with, 0);
  session.got_text(R"({"type":"auth","auth_token":"guess2"})");
  EXPECT_EQ(port.closed_with, 1008);
}

TEST(SessionToken, OpensTheSession) {
  FakePort port;
  Session session(port, {.token = "secret"});
  session.got_text(R"({"type":"auth","token":"secret"})");
  EXPECT_EQ(port.last()["status"], "ok");
  session.got_text(R"({"type":"status"})");
  EXPECT_EQ(port.last()["type"], "status_response");
}

TEST(SessionEnd, AClosedSocketCancelsAndHearsNothingMore) {
  FakePort port;
  {
    Session session(port, {});
    session.got_text(R"({"type":"llm_request","text":"Hi"})");
    session.closed();
    EXPECT_TRUE(port.turns.empty());
    session.got_text(R"({"type":"status"})");
  }
  EXPECT_TRUE(port.sent.empty());
}

}  // namespace
}  // namespace tokcast
