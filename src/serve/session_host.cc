#include "serve/session_host.h"

#include <utility>

#include "serve/ear.h"
#include "serve/mouth.h"
#include "serve/session.h"

namespace tokcast {
namespace {

class SessionHost : public SessionPort {
 public:
  SessionHost(ServerState& state, std::shared_ptr<WebSocket> socket, SessionOptions options)
      : state_(state), socket_(std::move(socket)), session_(*this, std::move(options)) {}

  Session& session() { return session_; }

  void send_text(std::string text) override { socket_->send_text(std::move(text)); }
  void send_binary(std::string bytes) override { socket_->send_binary(std::move(bytes)); }
  void close(std::uint16_t code, std::string_view reason) override { socket_->close(code, reason); }

  std::expected<Turns::Id, TurnFailure> start_turn(TurnRequest request, TurnEvents events) override {
    if (state_.draining) {
      return std::unexpected(TurnFailure{.fault = TurnFault::kNotReady, .message = "the server ends"});
    }
    // One turn at a time.
    account_ = state_.account;
    record_.reset();
    events.settled = [this](const TurnRecord& record) { record_ = record; };
    return state_.turns->start(std::move(request), std::move(events));
  }
  void cancel_turn(Turns::Id id) override { state_.turns->cancel(id); }

  bool hear(std::string pcm16, const RecogniserOptions& options, Ear::Heard heard) override {
    if (!ear_) ear_ = std::make_shared<Ear>(state_, true);
    auto observed = [&metrics = state_.metrics, heard = std::move(heard)](Result<Recognised> result,
                                                                          Seconds came_in) {
      const bool is_final = result && result->is_final && !result->text.empty();
      if (is_final) metrics.observe(Histogram::kRecognition, Loop::now() - came_in);
      heard(std::move(result), came_in);
    };
    return ear_->hear(std::move(pcm16), options, false, std::move(observed));
  }
  void stop_hearing() override {
    if (ear_) ear_->stop();
    ear_.reset();
  }
  bool speak(SynthesisRequest request, std::function<void(Result<std::string>)> spoken) override {
    if (!mouth_) mouth_ = std::make_shared<Mouth>(state_, state_.limits.message);
    return mouth_->speak(std::move(request), std::move(spoken));
  }
  void stop_speaking() override {
    if (mouth_) mouth_->stop();
    mouth_.reset();
  }

  Seconds now() const override { return Loop::now(); }
  void turn_answered(const TurnTimeline& times) override {
    const bool was_spoken = times.recognised && times.first_sound;
    if (was_spoken) state_.metrics.observe(Histogram::kFirstAudio, *times.first_sound - times.asked);
    if (state_.log) state_.log("answered", timeline_json(times));
  }

  void turn_over(const TurnTimeline& times, bool was_cut) override {
    const auto record = std::exchange(record_, std::nullopt);
    if (record && account_) account_(served_turn(*record, times, Loop::now(), was_cut));
  }

  std::string recogniser_name() const override { return state_.speech->recogniser_name(); }
  std::string synthesiser_name() const override { return state_.speech->synthesiser_name(); }
  std::vector<SpeechBackend> backends() const override { return state_.speech->backends(); }
  std::string model_path() const override { return state_.model.path; }
  void switch_model(std::string path, std::function<void(Result<void>)> done) override {
    state_.switch_model(path.empty() ? state_.model.path : std::move(path), std::move(done));
  }

  Json status() const override {
    const bool is_loaded = state_.turns->is_ready();
    const std::string recogniser = recogniser_name();
    const std::string synthesiser = synthesiser_name();
    const std::vector<SpeechBackend> all = backends();
    const auto backend = [&all](const std::string& name) {
      Json out{{"backend", name.empty() ? Json(nullptr) : Json(name)}, {"loaded", false}};
      for (const SpeechBackend& one : all) {
        if (one.name == name)
          out.update({{"loaded", one.available}, {"path", one.path}, {"display", one.display}});
      }
      return out;
    };
    const Json llm{{"loaded", is_loaded},
                   {"path", state_.model.path},
                   {"display", state_.model.display},
                   {"config",
                    {{"context", state_.model.context_tokens},
                     {"threads", state_.model.threads},
                     {"gpu_layers", state_.model.gpu_layers}}}};
    Json errors = Json::object();
    if (!state_.engine.reason.empty()) errors["llm"] = state_.engine.reason;
    // Of those in use; where none is, the first one says what to install.
    for (const SpeechBackend& one : all) {
      const bool is_used = recogniser.empty() || one.name == recogniser;
      const bool is_first = !errors.contains("stt");
      if (one.kind == "stt" && is_used && is_first && !one.missing.empty()) errors["stt"] = one.missing;
    }
    return {{"stt_backend", recogniser},
            {"tts_backend", synthesiser},
            {"models", {{"stt", backend(recogniser)}, {"llm", llm}, {"tts", backend(synthesiser)}}},
            {"protocol_version", kLocalAiVersion},
            {"phase", phase_name(state_.engine.phase)},
            {"queued", state_.turns->queued()},
            {"config",
             {{"degraded", !is_loaded},
              {"startup_errors", std::move(errors)},
              {"runtime_fallbacks", Json::object()}}}};
  }

 private:
  ServerState& state_;
  std::shared_ptr<WebSocket> socket_;
  std::shared_ptr<Ear> ear_{};
  std::shared_ptr<Mouth> mouth_{};
  TurnAccount account_{};
  std::optional<TurnRecord> record_{};  // of the last turn, once the engine has done with it
  Session session_;
};

}  // namespace

WebSocketEvents open_session(ServerState& state, std::shared_ptr<WebSocket> socket, const WebRequest& head) {
  SessionOptions options{.turn_budget = state.turn_budget, .limits = state.limits};
  options.client = "ws/" + std::to_string(++state.sessions) + "/" + head.peer;
  if (state.access.token && !bearer_token(head.authorization)) options.token = state.access.token;
  const auto host = std::make_shared<SessionHost>(state, std::move(socket), std::move(options));
  WebSocketEvents out;
  out.text = [host](const std::string& text) { host->session().got_text(text); };
  out.binary = [host](std::string bytes) { host->session().got_binary(std::move(bytes)); };
  out.closed = [host] { host->session().closed(); };
  return out;
}

}  // namespace tokcast
