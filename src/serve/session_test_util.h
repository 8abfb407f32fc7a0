// A session of the local-ai protocol with nothing behind it: what it asks for is written down, and answered
// when a test says so.
#ifndef TOKCAST_SERVE_SESSION_TEST_UTIL_H_
#define TOKCAST_SERVE_SESSION_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "serve/session.h"

namespace tokcast {

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

}  // namespace tokcast

#endif  // TOKCAST_SERVE_SESSION_TEST_UTIL_H_
