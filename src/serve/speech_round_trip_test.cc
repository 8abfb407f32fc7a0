// Speech in, speech out: the real voice, the real recogniser, the pools, a session and a model that always
// says the same.
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "serve/audio_api.h"
#include "serve/base64.h"
#include "serve/local_ai.h"
#include "serve/session_host.h"
#include "speech/g711.h"
#include "speech/local_speech.h"
#include "speech/wav.h"

namespace tokcast {
namespace {

constexpr const char* kQuestion = "hello how are you today";

class SameAnswer : public EngineClient {
 public:
  explicit SameAnswer(Loop& loop) : loop_(loop) {}
  std::unique_ptr<EngineCall> call(EngineRequest request, EngineEvents events) override {
    asked.push_back(std::move(request.body));
    loop_.post([events = std::move(events)] {
      events.head(200, "text/event-stream");
      for (const char* text : {"I am fine. ", "And you?"}) {
        events.body(R"(data: {"choices":[{"delta":{"content":")" + std::string(text) + "\"}}]}\n\n");
      }
      events.body("data: [DONE]\n\n");
      events.end(std::nullopt);
    });
    return std::make_unique<EngineCall>();
  }
  std::vector<std::string> asked{};

 private:
  Loop& loop_;
};

class SocketRecorder : public WebSocket {
 public:
  void send_text(std::string text) override { texts.push_back(parse_json(text, "sent").value()); }
  void send_binary(std::string bytes) override { sounds.push_back(std::move(bytes)); }
  void close(std::uint16_t /*code*/, std::string_view /*reason*/) override {}
  std::vector<Json> of(std::string_view type) const {
    std::vector<Json> out;
    for (const Json& text : texts) {
      if (text["type"] == type) out.push_back(text);
    }
    return out;
  }
  std::vector<Json> texts{};
  std::vector<std::string> sounds{};
};

class ExchangeRecorder : public Exchange {
 public:
  explicit ExchangeRecorder(WebRequest request) : request_(std::move(request)) {}
  const WebRequest& request() const override { return request_; }
  void answer(WebAnswer answer) override { answered = std::move(answer); }
  void begin(WebAnswer /*answer*/) override {}
  void write(std::string /*part*/) override {}
  void end() override {}
  void on_gone(std::function<void()> gone) override { on_gone_ = std::move(gone); }
  std::string take_body() override { return std::move(request_.body); }
  void go() const { on_gone_(); }
  std::optional<WebAnswer> answered{};

 private:
  WebRequest request_;
  std::function<void()> on_gone_{};
};

class SpeechRoundTrip : public testing::Test {
 protected:
  SpeechRoundTrip() {
    state_.turns = &turns_;
    state_.speech = make_local_speech();
    state_.parsers = &parsers_;
    state_.recognition = &recognition_;
    state_.synthesis = &synthesis_;
    state_.account = [this](const ServedTurn& turn) { kept_.push_back(turn); };
    turns_.set_engine({.phase = EnginePhase::kReady});
  }

  // Runs the loop until it is so. Half a minute is for slow machines.
  bool until(const std::function<bool()>& is_so) {
    if (is_so()) return true;
    const auto stop = loop_.after(Seconds(30), [this] { loop_.stop(); });
    std::function<void()> look;
    std::unique_ptr<LoopTimer> again;
    look = [&] {
      if (is_so()) return loop_.stop();
      again = loop_.after(Seconds(0.002), [&] { look(); });
    };
    look();
    loop_.run();
    return is_so();
  }
  void open() { events_ = open_session(state_, socket_, {}); }
  void tell(const Json& message) { events_.text(message.dump()); }

  // As somebody says it, PCM16 at 16000, with quiet behind.
  std::string voice_of(const std::string& text, double quiet_seconds) {
    auto sound =
        state_.speech->synthesise({.text = text, .encoding = SoundEncoding::kLinear16, .rate = 16'000});
    EXPECT_TRUE(sound) << describe(sound.error());
    return sound.value_or("") + std::string(static_cast<std::size_t>(quiet_seconds * 32'000), '\0');
  }
  std::string wav_of(const std::string& text) { return write_wav_bytes(voice_of(text, 0), 16'000); }

  std::shared_ptr<ExchangeRecorder> post(std::string type, std::string body) {
    WebRequest request{.method = "POST", .content_type = std::move(type), .body = std::move(body)};
    return std::make_shared<ExchangeRecorder>(std::move(request));
  }
  std::shared_ptr<ExchangeRecorder> post_form(const std::string& wav, const std::string& format) {
    const std::string head = "--b\r\nContent-Disposition: form-data; name=";
    return post("multipart/form-data; boundary=b", head + "file; filename=a.wav\r\n\r\n" + wav + "\r\n" +
                                                       head + "response_format\r\n\r\n" + format +
                                                       "\r\n--b--\r\n");
  }

  Loop loop_{};
  ServerState state_{.loop = loop_};
  SameAnswer client_{loop_};
  Turns turns_{loop_, client_, state_.metrics, {}, 1, [](const TurnRecord&) {}};
  std::shared_ptr<SocketRecorder> socket_ = std::make_shared<SocketRecorder>();
  WebSocketEvents events_{};
  std::vector<ServedTurn> kept_{};
  // Last, so that their threads end first.
  WorkerPool parsers_{1, 64};
  WorkerPool recognition_{1, 64};
  WorkerPool synthesis_{1, 64};
};

TEST_F(SpeechRoundTrip, SpeechInBecomesSpeechOut) {
  open();
  tell({{"type", "set_mode"}, {"mode", "full"}, {"call_id", "c"}, {"segment_silence_ms", 300}});
  const std::string sound = voice_of(kQuestion, 1);
  for (std::size_t at = 0; at < sound.size(); at += 6400) events_.binary(sound.substr(at, 6400));
  ASSERT_TRUE(until([&] { return !socket_->of("llm_response").empty(); }));
  const auto heard = socket_->of("stt_result");
  ASSERT_FALSE(heard.empty());
  EXPECT_EQ(heard.back()["text"], kQuestion);
  EXPECT_EQ(heard.back()["is_final"], true);
  EXPECT_EQ(heard.back()["stt_backend"], "pocketsphinx");
  ASSERT_EQ(client_.asked.size(), 1U);
  EXPECT_NE(client_.asked[0].find(kQuestion), std::string::npos);
  const Json answer = socket_->texts.back();
  EXPECT_EQ(answer["type"], "llm_response");
  EXPECT_EQ(answer["text"], "I am fine. And you?");
  const auto parts = socket_->of("tts_audio");
  ASSERT_EQ(parts.size(), 3U);  // two sentences, and the end
  EXPECT_EQ(parts[0]["encoding"], "mulaw");
  EXPECT_EQ(parts[2]["is_final"], true);
  ASSERT_EQ(socket_->sounds.size(), 2U);
  EXPECT_EQ(socket_->sounds[0].size(), parts[0]["byte_length"].get<std::size_t>());
  EXPECT_GT(socket_->sounds[0].size(), 4000U);  // half a second at least
  const Json times = answer["timeline"];
  const char* const stages[] = {"recognised_seconds", "started_seconds", "first_token_seconds",
                                "first_sound_seconds", "last_sound_seconds"};
  double before = 0;
  for (const char* stage : stages) {
    ASSERT_TRUE(times[stage].is_number()) << times;
    EXPECT_GE(times[stage].get<double>(), before) << stage;
    before = times[stage].get<double>();
  }
  const std::string metrics = state_.metrics.text("1");
  for (const char* histogram : {"recognition", "synthesis", "first_audio"}) {
    EXPECT_EQ(metrics.find(std::string("tokcast_") + histogram + "_seconds_count 0"), std::string::npos)
        << histogram;
  }
}

TEST_F(SpeechRoundTrip, EveryStageOfASpokenTurnIsAccounted) {
  open();
  events_.binary(voice_of(kQuestion, 1));
  ASSERT_TRUE(until([&] { return !socket_->of("llm_response").empty(); }));
  ASSERT_EQ(kept_.size(), 1U);
  const Served& turn = kept_[0].served;
  EXPECT_EQ(turn.kind, ServedKind::kSpokenTurn);
  EXPECT_EQ(turn.outcome, "done");
  ASSERT_TRUE(kept_[0].engine);
  EXPECT_EQ(kept_[0].engine->outcome, "done");
  const Stages& stages = turn.stages;
  EXPECT_TRUE(stages.recognition && stages.queue && stages.first_token && stages.reply);
  ASSERT_TRUE(stages.synthesis && stages.first_audio && stages.total);
  EXPECT_LE(*stages.synthesis, *stages.first_audio);
  EXPECT_LE(*stages.first_audio, *stages.total);
}

// The answer is heard again: what was sent is sound, and the right one.
TEST_F(SpeechRoundTrip, WhatIsSentCanBeHeard) {
  open();
  tell({{"type", "tts_request"},
        {"text", kQuestion},
        {"response_format", "binary"},
        {"output_encoding", "linear16"}});
  ASSERT_TRUE(until([&] { return !socket_->sounds.empty(); }));
  EXPECT_EQ(socket_->of("tts_audio")[0]["sample_rate_hz"], 16'000);
  tell({{"type", "set_mode"}, {"mode", "stt"}});
  // One message and then nothing: what is not ended by quiet is ended by waiting.
  tell({{"type", "audio"},
        {"data", encode_base64(socket_->sounds[0])},
        {"rate", 16'000},
        {"request_id", "r"}});
  ASSERT_TRUE(until([&] {
    const auto heard = socket_->of("stt_result");
    return !heard.empty() && heard.back()["is_final"] == true;
  }));
  EXPECT_EQ(socket_->of("stt_result").back()["text"], kQuestion);
  EXPECT_EQ(socket_->of("stt_result").back()["request_id"], "r");
  EXPECT_TRUE(client_.asked.empty());
}

TEST_F(SpeechRoundTrip, QuietThatWasSentIsAnsweredWithNothingHeard) {
  open();
  tell({{"type", "set_mode"}, {"mode", "stt"}});
  events_.binary(std::string(32'000, '\0'));
  ASSERT_TRUE(until([&] { return !socket_->of("stt_result").empty(); }));
  EXPECT_EQ(socket_->of("stt_result")[0]["text"], "");
  EXPECT_EQ(socket_->of("stt_result")[0]["is_final"], true);
}

TEST_F(SpeechRoundTrip, AClosedSocketIsSpokenToNoMore) {
  open();
  tell({{"type", "tts_request"}, {"text", kQuestion}});
  events_.binary(voice_of(kQuestion, 1));
  events_.closed();
  until([&] { return recognition_.queued() == 0 && synthesis_.queued() == 0; });
  EXPECT_TRUE(socket_->of("tts_response").empty());
}

TEST_F(SpeechRoundTrip, ARecordingIsTranscribed) {
  const auto exchange = post_form(wav_of(kQuestion), "verbose_json");
  transcribe(state_, exchange);
  EXPECT_EQ(state_.sounds, 1U);
  ASSERT_TRUE(until([&] { return exchange->answered.has_value(); }));
  EXPECT_EQ(exchange->answered->status, 200U) << exchange->answered->body;
  const Json answer = parse_json(exchange->answered->body, "answer").value();
  EXPECT_EQ(answer["text"], kQuestion);
  EXPECT_EQ(answer["segments"].size(), 1U);
  ASSERT_EQ(kept_.size(), 1U);
  EXPECT_EQ(kept_[0].served.kind, ServedKind::kTranscription);
  EXPECT_EQ(kept_[0].served.by, state_.speech->recogniser_name());
  EXPECT_EQ(kept_[0].served.outcome, "done");
  EXPECT_TRUE(kept_[0].served.stages.recognition);
  EXPECT_GT(kept_[0].served.sound, Seconds(0.5));
  ASSERT_TRUE(until([&] { return state_.sounds == 0; }));
}

TEST_F(SpeechRoundTrip, TextBecomesAWavFile) {
  const auto exchange = post("application/json", R"({"input":"Hello there. How are you?","voice":"alloy"})");
  speak_aloud(state_, exchange);
  ASSERT_TRUE(until([&] { return exchange->answered.has_value(); }));
  EXPECT_EQ(exchange->answered->status, 200U) << exchange->answered->body;
  EXPECT_EQ(exchange->answered->content_type, "audio/wav");
  const auto sound = read_wav(exchange->answered->text(), Seconds(60));
  ASSERT_TRUE(sound) << describe(sound.error());
  EXPECT_EQ(sound->rate, 24'000U);
  EXPECT_GT(sound->length(), Seconds(1));
  ASSERT_EQ(kept_.size(), 1U);
  EXPECT_EQ(kept_[0].served.kind, ServedKind::kSpeech);
  EXPECT_EQ(kept_[0].served.by, state_.speech->synthesiser_name());
  EXPECT_TRUE(kept_[0].served.stages.synthesis);
  EXPECT_EQ(kept_[0].served.sound, sound->length());
}

TEST_F(SpeechRoundTrip, SoundByHttpIsBoundedAndItsErrorsAreHonest) {
  const auto answer_to = [&](const std::shared_ptr<ExchangeRecorder>& exchange, bool is_speech) {
    (is_speech ? speak_aloud : transcribe)(state_, exchange);
    EXPECT_TRUE(until([&] { return exchange->answered.has_value(); }));
    return exchange->answered.value_or(WebAnswer{}).status;
  };
  EXPECT_EQ(answer_to(post_form("no sound", "json"), false), 400U);
  EXPECT_EQ(answer_to(post("application/json", "{}"), false), 400U);
  EXPECT_EQ(answer_to(post("application/json", R"({"input":"***"})"), true), 400U);
  EXPECT_EQ(answer_to(post("application/json", R"({"input":"a","response_format":"mp3"})"), true), 400U);
  EXPECT_EQ(answer_to(post("application/json", std::string(100'000, 'x')), true), 413U);
  state_.limits.sounds = 0;
  EXPECT_EQ(answer_to(post("application/json", R"({"input":"a"})"), true), 503U);
  state_.speech = no_speech();
  EXPECT_EQ(answer_to(post_form("", "json"), false), 501U);
  EXPECT_TRUE(kept_.empty()) << "nothing of it was served";
}

TEST_F(SpeechRoundTrip, ALateOneIsCutAndAGoneOneIsForgotten) {
  state_.http_budget = Seconds(0);
  const auto late = post_form(wav_of(kQuestion), "json");
  transcribe(state_, late);
  ASSERT_TRUE(until([&] { return late->answered.has_value(); }));
  EXPECT_EQ(late->answered->status, 504U);
  state_.http_budget = Seconds(100);
  const auto gone = post_form(wav_of(kQuestion), "json");
  transcribe(state_, gone);
  gone->go();
  EXPECT_TRUE(until([&] { return state_.sounds == 0; }));
  EXPECT_FALSE(gone->answered);
  ASSERT_EQ(kept_.size(), 2U);
  EXPECT_EQ(kept_[0].served.outcome, "deadline");
  EXPECT_EQ(kept_[1].served.outcome, "cancelled");
}

}  // namespace
}  // namespace tokcast
