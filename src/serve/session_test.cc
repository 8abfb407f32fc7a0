#include "serve/session.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tokcast {
namespace {

class FakePort : public SessionPort {
 public:
  void send_text(std::string text) override { sent.push_back(parse_json(text, "sent").value()); }
  void send_binary(std::string bytes) override { sent.push_back({{"binary", bytes.size()}}); }
  void close(std::uint16_t code, std::string_view /*reason*/) override { closed_with = code; }

  std::expected<Turns::Id, TurnFailure> start_turn(TurnRequest request, TurnEvents events) override {
    if (refuse)
      return std::unexpected(
          TurnFailure{.fault = TurnFault::kBusy, .message = "late", .retry_after = Seconds(2)});
    requests.push_back(parse_json(request.body, "request").value());
    deadlines.push_back(request.deadline.value);
    turns[++last_turn] = std::move(events);
    return last_turn;
  }
  void cancel_turn(Turns::Id id) override {
    turns.erase(id);
    log += "cancelled ";
  }

  bool hear(std::string pcm16, const RecogniserOptions& options,
            std::function<void(Result<Recognised>, Seconds)> heard) override {
    heard_bytes += pcm16.size();
    heard_rate = options.rate;
    on_heard = std::move(heard);
    return true;
  }
  void stop_hearing() override {
    on_heard = nullptr;
    ++stopped_hearing;
  }
  bool speak(SynthesisRequest request, std::function<void(Result<std::string>)> spoken) override {
    texts.push_back(request.text);
    speaking.push_back(std::move(spoken));
    return true;
  }
  void stop_speaking() override { speaking.clear(); }
  Seconds now() const override { return Seconds(clock); }
  void turn_answered(const TurnTimeline& times) override { answered.push_back(times); }
  void turn_over(const TurnTimeline& /*times*/, bool was_cut) override { log += was_cut ? "cut " : "over "; }
  std::string recogniser_name() const override { return stt; }
  std::string synthesiser_name() const override { return tts; }
  Json status() const override { return {{"stt_backend", stt}}; }
  std::vector<SpeechBackend> backends() const override {
    return {{.kind = "stt",
             .name = "pocketsphinx",
             .available = !stt.empty(),
             .partials = true,
             .missing = stt.empty() ? "install the package ears" : ""},
            {.kind = "tts", .name = "flite", .available = true, .voices = {"slt"}}};
  }
  void switch_model(std::string path, std::function<void(Result<void>)> done) override {
    switched_to = path;
    switched = std::move(done);
  }
  std::string model_path() const override { return "/m/now.gguf"; }

  void token(Turns::Id id, const std::string& text) {
    const auto event = turns.at(id).event;
    event(Json{{"choices", Json::array({{{"delta", {{"content", text}}}}})}}.dump());
  }
  void end(Turns::Id id, std::optional<TurnFailure> failure = {}) {
    const auto events = turns.extract(id);
    events.mapped().end(failure);
  }
  void answer(Turns::Id id, unsigned status, const Json& body) {
    const auto events = turns.at(id);
    events.answer(status, body.dump());
    end(id);
  }
  // The types of what was sent, and forgets it.
  std::string types() {
    std::string out;
    for (const Json& message : sent)
      out += (message.contains("binary") ? "binary" : message["type"].get<std::string>()) + " ";
    return out;
  }
  Json last() const { return sent.empty() ? Json() : sent.back(); }

  std::vector<Json> sent{};
  std::vector<Json> requests{};
  std::vector<double> deadlines{};
  std::map<Turns::Id, TurnEvents> turns{};
  Turns::Id last_turn = 0;
  bool refuse = false;
  std::string stt{};
  std::string tts{};
  std::size_t heard_bytes = 0;
  std::uint32_t heard_rate = 0;
  std::function<void(Result<Recognised>, Seconds)> on_heard{};
  int stopped_hearing = 0;
  double clock = 100;
  std::vector<TurnTimeline> answered{};
  std::string log{};  // how turns ended
  std::vector<std::string> texts{};
  std::vector<std::function<void(Result<std::string>)>> speaking{};
  std::string switched_to{};
  std::function<void(Result<void>)> switched{};
  std::uint16_t closed_with = 0;
};

class SessionTest : public testing::Test {
 protected:
  void tell(const std::string& text) { session_.got_text(text); }
  void make_speech() {
    port_.stt = "pocketsphinx";
    port_.tts = "flite";
  }

  FakePort port_{};
  Session session_{port_, {}};
};

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
