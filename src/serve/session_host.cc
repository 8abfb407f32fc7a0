#include "serve/session_host.h"

#include <atomic>
#include <deque>
#include <utility>

#include "serve/session.h"

namespace tokcast {
namespace {

constexpr std::size_t kWaitingSound = 640'000;  // bytes: 20 s at 16 kHz
constexpr std::size_t kWaitingSpeech = 32;      // pieces of text

// The recogniser of one session. Its tasks run one after the other, on any thread of the pool; the recogniser
// itself is touched by them alone.
class Ear : public std::enable_shared_from_this<Ear> {
 public:
  using Heard = std::function<void(Result<Recognised>)>;

  explicit Ear(ServerState& state) : state_(state) {}

  bool hear(std::string pcm16, const RecogniserOptions& options, bool finish, Heard heard) {
    if (waiting_bytes_ + pcm16.size() > kWaitingSound) return false;
    waiting_bytes_ += pcm16.size();
    waiting_.push_back({std::move(pcm16), options, finish, std::move(heard)});
    work();
    return true;
  }

  // On the loop: what is under way ends in silence.
  void stop() {
    stopped_ = true;
    waiting_.clear();
  }

 private:
  struct Piece {
    std::string pcm16;
    RecogniserOptions options;
    bool finish;
    Heard heard;
  };

  void work() {
    if (is_busy_ || waiting_.empty() || stopped_) return;
    auto piece = std::make_shared<Piece>(std::move(waiting_.front()));
    waiting_.pop_front();
    is_busy_ = true;
    const bool taken = state_.recognition->run([self = shared_from_this(), piece] {
      auto results = self->recognise(*piece);
      self->state_.loop.post([self, piece, results = std::move(results)] { self->done(*piece, results); });
    });
    if (!taken) done(*piece, {fail(ErrorKind::kTimeout, "recognition is overloaded")});
  }

  // On a thread of the pool.
  std::vector<Result<Recognised>> recognise(const Piece& piece) {
    if (!recogniser_) {
      auto started = state_.speech->start_recogniser(piece.options);
      if (!started) return {std::unexpected(started.error())};
      recogniser_ = std::move(*started);
    }
    std::vector<Result<Recognised>> out;
    auto results = recogniser_->feed(samples_of(piece.pcm16));
    if (!results) return {std::unexpected(results.error())};
    for (Recognised& one : *results) out.emplace_back(std::move(one));
    if (piece.finish) out.push_back(recogniser_->finish());
    return out;
  }

  void done(const Piece& piece, const std::vector<Result<Recognised>>& results) {
    is_busy_ = false;
    waiting_bytes_ -= piece.pcm16.size();
    for (const auto& result : results) {
      if (!stopped_) piece.heard(result);
    }
    work();
  }

  ServerState& state_;
  std::unique_ptr<Recogniser> recogniser_{};
  std::deque<Piece> waiting_{};
  std::size_t waiting_bytes_ = 0;
  bool is_busy_ = false;
  bool stopped_ = false;
};

// What one session has to say, piece after piece.
class Mouth : public std::enable_shared_from_this<Mouth> {
 public:
  using Spoken = std::function<void(Result<std::string>)>;

  explicit Mouth(ServerState& state) : state_(state) {}

  bool speak(SynthesisRequest request, Spoken spoken) {
    if (waiting_.size() >= kWaitingSpeech) return false;
    waiting_.push_back({std::move(request), std::move(spoken)});
    work();
    return true;
  }

  void stop() {
    *stopped_ = true;
    waiting_.clear();
  }

 private:
  struct Piece {
    SynthesisRequest request;
    Spoken spoken;
  };

  void work() {
    if (is_busy_ || waiting_.empty()) return;
    auto piece = std::make_shared<Piece>(std::move(waiting_.front()));
    waiting_.pop_front();
    is_busy_ = true;
    const Seconds start = Loop::now();
    const bool taken = state_.synthesis->run([self = shared_from_this(), piece, start] {
      auto sound = self->synthesise(piece->request);
      self->state_.loop.post([self, piece, start, sound = std::move(sound)] {
        self->state_.metrics.observe(Histogram::kSynthesis, Loop::now() - start);
        self->done(*piece, sound);
      });
    });
    if (!taken) {
      state_.loop.post([self = shared_from_this(), piece] {
        self->done(*piece, fail(ErrorKind::kTimeout, "synthesis is overloaded"));
      });
    }
  }

  // On a thread of the pool.
  Result<std::string> synthesise(const SynthesisRequest& request) const {
    std::string out;
    const auto stopped = stopped_;
    const auto made = state_.speech->synthesise(request, [&](std::string_view bytes) {
      out += bytes;
      return !*stopped && out.size() <= state_.limits.message.value;
    });
    if (!made) return std::unexpected(made.error());
    return out;
  }

  void done(const Piece& piece, const Result<std::string>& sound) {
    is_busy_ = false;
    if (!*stopped_) piece.spoken(sound);
    work();
  }

  ServerState& state_;
  std::deque<Piece> waiting_{};
  std::shared_ptr<std::atomic<bool>> stopped_ = std::make_shared<std::atomic<bool>>(false);
  bool is_busy_ = false;
};

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
    return state_.turns->start(std::move(request), std::move(events));
  }
  void cancel_turn(Turns::Id id) override { state_.turns->cancel(id); }

  bool hear(std::string pcm16, const RecogniserOptions& options, bool finish,
            std::function<void(Result<Recognised>)> heard) override {
    if (!ear_) ear_ = std::make_shared<Ear>(state_);
    return ear_->hear(std::move(pcm16), options, finish, std::move(heard));
  }
  void stop_hearing() override {
    if (ear_) ear_->stop();
    ear_.reset();
  }
  bool speak(SynthesisRequest request, std::function<void(Result<std::string>)> spoken) override {
    if (!mouth_) mouth_ = std::make_shared<Mouth>(state_);
    return mouth_->speak(std::move(request), std::move(spoken));
  }
  void stop_speaking() override {
    if (mouth_) mouth_->stop();
    mouth_.reset();
  }

  std::string recogniser_name() const override { return state_.recogniser_name; }
  std::string synthesiser_name() const override { return state_.synthesiser_name; }
  std::vector<SpeechBackend> backends() const override { return state_.speech_backends; }
  std::string model_path() const override { return state_.model.path; }
  void switch_model(std::string path, std::function<void(Result<void>)> done) override {
    state_.switch_model(path.empty() ? state_.model.path : std::move(path), std::move(done));
  }

  Json status() const override {
    const bool is_loaded = state_.turns->is_ready();
    const auto backend = [](const std::string& name) {
      return Json{{"backend", name.empty() ? Json(nullptr) : Json(name)}, {"loaded", !name.empty()}};
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
    return {
        {"stt_backend", state_.recogniser_name},
        {"tts_backend", state_.synthesiser_name},
        {"models",
         {{"stt", backend(state_.recogniser_name)}, {"llm", llm}, {"tts", backend(state_.synthesiser_name)}}},
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
