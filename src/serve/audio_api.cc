#include "serve/audio_api.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/text.h"
#include "serve/api.h"
#include "serve/audio_request.h"
#include "serve/ear.h"
#include "serve/mouth.h"
#include "serve/openai.h"
#include "speech/g711.h"
#include "speech/wav.h"

namespace tokcast {
namespace {

unsigned status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kBadInput:
    case ErrorKind::kUnsupported:
      return 400;
    case ErrorKind::kDoesNotFit:
      return 413;
    case ErrorKind::kTimeout:
    case ErrorKind::kNetwork:
      return 503;
    default:
      return 500;
  }
}

std::string_view code_of(ErrorKind kind) {
  if (kind == ErrorKind::kNetwork) return "unavailable";  // a recogniser that does not run now
  const unsigned status = status_of(kind);
  return status == 503 ? "busy" : (status == 500 ? "speech_failed" : "bad_request");
}

WebAnswer error_of(const Error& error) {
  std::string text = error.place.empty() ? error.message : error.place + ": " + error.message;
  if (!error.fix.empty()) text += ". " + error.fix;
  const unsigned status = status_of(error.kind);
  WebAnswer out = error_answer(status, code_of(error.kind), printable(text));
  if (status == 503) out.headers.emplace_back("Retry-After", "1");
  return out;
}

std::string missing(const ServerState& state, std::string_view kind) {
  for (const SpeechBackend& backend : state.speech->backends()) {
    if (backend.kind == kind && !backend.missing.empty()) return backend.missing;
  }
  return kind == "stt" ? "nothing here can listen" : "nothing here can speak";
}

// For the accounts; "": nothing was tried.
std::string_view outcome_of(unsigned status) {
  if (status == 200) return "done";
  if (status == 504) return fault_name(TurnFault::kDeadline);
  return status == 500 ? "failed" : "";
}

// One request about sound: answered once, by what it asked for, its deadline, or not at all if its client
// goes. Lives as long as its callbacks.
class SoundExchange : public std::enable_shared_from_this<SoundExchange> {
 public:
  // `by`: who is to do it.
  SoundExchange(ServerState& state, std::shared_ptr<Exchange> exchange, ServedKind kind, std::string by)
      : state_(state), exchange_(std::move(exchange)), account_(state.account) {
    served_.kind = kind;
    served_.by = std::move(by);
    ++state_.sounds;
  }
  SoundExchange(const SoundExchange&) = delete;
  SoundExchange& operator=(const SoundExchange&) = delete;
  virtual ~SoundExchange() { --state_.sounds; }

  template <typename Kind>
  static void start(ServerState& state, const std::shared_ptr<Exchange>& exchange, std::string_view kind,
                    const std::string& by) {
    if (by.empty()) return reply(state, exchange, error_answer(501, "unavailable", missing(state, kind)));
    if (state.sounds >= state.limits.sounds) {
      return reply(state, exchange, error_of({ErrorKind::kTimeout, "too much sound is asked for at once"}));
    }
    const auto self = std::make_shared<Kind>(state, exchange, by);
    const Seconds deadline = exchange->request().deadline.value_or(state.http_budget);
    self->deadline_ = state.loop.after(deadline, [weak = self->weak_from_this()] {
      if (const auto there = weak.lock()) there->late();
    });
    exchange->on_gone([weak = self->weak_from_this()] {
      if (const auto there = weak.lock()) there->gone();
    });
    if (!self->is_over()) self->begin();
  }

 protected:
  virtual void stop_work() = 0;

  bool is_over() const { return exchange_ == nullptr; }
  void answer(WebAnswer answer) {
    if (const auto exchange = std::exchange(exchange_, nullptr)) {
      if (const auto outcome = outcome_of(answer.status); !outcome.empty()) keep(outcome);
      reply(state_, exchange, std::move(answer));
    }
    end();
  }
  Served& served() { return served_; }
  ServerState& state() { return state_; }
  const WebRequest& request() const { return exchange_->request(); }
  std::string take_body() { return exchange_->take_body(); }

 private:
  void late() { answer(error_answer(504, "deadline", "the deadline passed")); }
  void gone() {
    if (!is_over()) keep(fault_name(TurnFault::kCancelled));
    end();
  }
  void keep(std::string_view outcome) {
    served_.outcome = outcome;
    served_.stages.total = Loop::now() - began_;
    if (served_.is_done()) {
      (served_.kind == ServedKind::kTranscription ? served_.stages.recognition : served_.stages.synthesis) =
          served_.stages.total;
    }
    if (account_) account_({.served = served_});
  }
  void end() {
    exchange_.reset();
    deadline_.reset();
    stop_work();
  }

  ServerState& state_;
  std::shared_ptr<Exchange> exchange_;  // nullptr: answered, or gone
  TurnAccount account_;
  Served served_{};
  Seconds began_ = Loop::now();
  std::unique_ptr<LoopTimer> deadline_{};
};

class Transcription : public SoundExchange {
 public:
  Transcription(ServerState& state, std::shared_ptr<Exchange> exchange, std::string by)
      : SoundExchange(state, std::move(exchange), ServedKind::kTranscription, std::move(by)) {}

  void begin() {
    // Handed on, not shared: the last owner must not be the pool's thread.
    const bool taken =
        state().parsers->run([self = self_of(), &loop = state().loop, type = request().content_type,
                              body = take_body(), limits = state().limits]() mutable {
          auto read = std::make_shared<Result<Recording>>(read_recording(type, body, limits));
          loop.post([self = std::move(self), read] { self->listen(std::move(*read)); });
        });
    if (!taken) answer(error_of({ErrorKind::kTimeout, "too many large requests at once"}));
  }

 private:
  std::shared_ptr<Transcription> self_of() {
    return std::static_pointer_cast<Transcription>(shared_from_this());
  }

  struct Recording {
    TranscriptForm form;
    Seconds length;
    std::string pcm16;
    std::uint32_t rate;
  };
  // Minutes of sound: on a thread of the pool.
  static Result<Recording> read_recording(const std::string& type, const std::string& body,
                                          const ServeLimits& limits) {
    const auto wanted = read_transcription(type, body, limits);
    if (!wanted) return std::unexpected(wanted.error());
    const Sound& sound = wanted->sound;
    return Recording{wanted->form, sound.length(), encode_linear16(sound.samples), sound.rate};
  }

  void listen(Result<Recording> wanted) {
    if (is_over()) return;
    if (!wanted) return answer(error_of(wanted.error()));
    form_ = wanted->form;
    length_ = wanted->length;
    served().sound = length_;
    ear_ = std::make_shared<Ear>(state(), false);
    ear_->hear(
        std::move(wanted->pcm16), {.rate = wanted->rate}, true,
        [self = self_of()](Result<Recognised> heard, Seconds) { self->heard(std::move(heard)); },
        [self = self_of()] { self->all_heard(); });
  }

  void heard(Result<Recognised> heard) {
    if (is_over()) return;
    if (!heard) return answer(error_of(heard.error()));
    if (heard->is_final) utterances_.push_back(std::move(*heard));
  }

  void all_heard() {
    if (!is_over()) answer(transcription_answer(form_, utterances_, length_));
  }

  void stop_work() override {
    if (const auto ear = std::exchange(ear_, nullptr)) ear->stop();
  }

  TranscriptForm form_ = TranscriptForm::kJson;
  Seconds length_{};
  std::vector<Recognised> utterances_{};
  std::shared_ptr<Ear> ear_{};
};

class SpokenText : public SoundExchange {
 public:
  SpokenText(ServerState& state, std::shared_ptr<Exchange> exchange, std::string by)
      : SoundExchange(state, std::move(exchange), ServedKind::kSpeech, std::move(by)) {}

  void begin() {
    const std::string body = take_body();
    std::vector<std::string> voices;
    for (const SpeechBackend& backend : state().speech->backends()) {
      if (backend.available) voices.insert(voices.end(), backend.voices.begin(), backend.voices.end());
    }
    // A text that may be spoken is small; a body beyond that is refused before it is read.
    if (body.size() > 8 * state().limits.spoken_text) {
      return answer(error_of({ErrorKind::kDoesNotFit, "this is too long", "body"}));
    }
    const auto wanted = read_speech_request(body, voices, state().limits);
    if (!wanted) return answer(error_of(wanted.error()));
    const std::string& voice = wanted->synthesis.voice;
    if (const auto slash = voice.find('/'); slash != std::string::npos) served().by = voice.substr(0, slash);
    mouth_ = std::make_shared<Mouth>(state(), state().limits.answer);
    mouth_->speak(wanted->synthesis, [self = self_of(), wanted = *wanted](Result<std::string> sound) {
      self->spoken(wanted, std::move(sound));
    });
  }

 private:
  std::shared_ptr<SpokenText> self_of() { return std::static_pointer_cast<SpokenText>(shared_from_this()); }

  void spoken(const SpeechRequest& wanted, Result<std::string> sound) {
    if (is_over()) return;
    if (!sound) return answer(error_of(sound.error()));
    served().sound = Seconds(static_cast<double>(sound->size()) / 2 / wanted.synthesis.rate);
    // Minutes of sound are neither copied nor given their head on the loop's thread.
    const bool taken = state().parsers->run([self = self_of(), &loop = state().loop, wanted,
                                             pcm16 = std::move(*sound)]() mutable {
      auto body = std::make_shared<const std::string>(
          wanted.as_wav ? write_wav_bytes(pcm16, wanted.synthesis.rate) : std::move(pcm16));
      loop.post([self = std::move(self), wanted, body = std::move(body)] { self->written(wanted, body); });
    });
    if (!taken) answer(error_of({ErrorKind::kTimeout, "too much sound is asked for at once"}));
  }

  void written(const SpeechRequest& wanted, std::shared_ptr<const std::string> body) {
    if (is_over()) return;
    WebAnswer out{.content_type = wanted.as_wav ? "audio/wav" : "audio/pcm"};
    out.headers.emplace_back("X-Tokcast-Voice", wanted.synthesis.voice);
    out.shared_body = std::move(body);
    answer(std::move(out));
  }

  void stop_work() override {
    if (const auto mouth = std::exchange(mouth_, nullptr)) mouth->stop();
  }

  std::shared_ptr<Mouth> mouth_{};
};

}  // namespace

void transcribe(ServerState& state, const std::shared_ptr<Exchange>& exchange) {
  SoundExchange::start<Transcription>(state, exchange, "stt", state.speech->recogniser_name());
}

void speak_aloud(ServerState& state, const std::shared_ptr<Exchange>& exchange) {
  SoundExchange::start<SpokenText>(state, exchange, "tts", state.speech->synthesiser_name());
}

}  // namespace tokcast
