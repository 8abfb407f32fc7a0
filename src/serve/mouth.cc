#include "serve/mouth.h"

#include <utility>

#include "base/text.h"
#include "speech/spoken_text.h"

namespace tokcast {
namespace {

constexpr std::size_t kMostWaiting = 32;  // texts

}  // namespace

bool Mouth::speak(SynthesisRequest request, Spoken spoken) {
  if (waiting_.size() >= kMostWaiting) return false;
  Text text{.spoken = std::move(spoken), .pieces = pieces_to_speak(request.text), .began = Loop::now()};
  if (text.pieces.empty()) text.pieces.emplace_back();
  text.request = std::move(request);
  waiting_.push_back(std::move(text));
  work();
  return true;
}

void Mouth::stop() {
  is_stopped_ = true;
  stop_.request_stop();
  waiting_.clear();
}

void Mouth::work() {
  if (is_busy_ || is_stopped_ || waiting_.empty()) return;
  is_busy_ = true;
  Text& text = waiting_.front();
  SynthesisRequest request = text.request;
  request.text = text.pieces[text.next];
  request.stop = stop_.get_token();
  const bool taken = state_.synthesis->run(
      [self = shared_from_this(), request = std::move(request), before = std::move(text.sound)]() mutable {
        auto piece = std::make_shared<Piece>(self->synthesise(request, std::move(before)));
        Loop& loop = self->state_.loop;
        loop.post([self = std::move(self), piece] { self->piece_done(std::move(*piece)); });
      });
  if (taken) return;
  state_.loop.post([self = shared_from_this()] {
    self->piece_done({.made = fail(ErrorKind::kTimeout, "synthesis is overloaded")});
  });
}

// On a thread of the pool: minutes of sound are not copied on the loop's.
Mouth::Piece Mouth::synthesise(const SynthesisRequest& request, std::string before) const {
  const auto sound = state_.speech->synthesise(request);
  if (!sound) return {.sound = std::move(before), .made = std::unexpected(sound.error())};
  before += *sound;
  return {.sound = std::move(before)};
}

void Mouth::piece_done(Piece piece) {
  is_busy_ = false;
  if (is_stopped_) return;
  // A sentence of nothing but signs is no reason to be silent about the others.
  const bool is_silent = !piece.made && piece.made.error().kind == ErrorKind::kBadInput;
  if (!piece.made && !is_silent) return end(std::unexpected(piece.made.error()));
  Text& text = waiting_.front();
  text.sound = std::move(piece.sound);
  if (text.sound.size() > most_.value) {
    return end(fail(ErrorKind::kDoesNotFit, "the sound would be longer than " + format_bytes(most_), {},
                    "Ask for less text at once."));
  }
  if (++text.next < text.pieces.size()) return work();
  if (text.sound.empty()) return end(std::unexpected(piece.made.error()));
  end(std::move(text.sound));
}

void Mouth::end(Result<std::string> sound) {
  const Text text = std::move(waiting_.front());
  waiting_.pop_front();
  if (sound) state_.metrics.observe(Histogram::kSynthesis, Loop::now() - text.began);
  text.spoken(std::move(sound));
  work();
}

}  // namespace tokcast
