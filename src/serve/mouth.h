// What somebody wants to hear, text after text. On the loop's thread; the synthesis itself happens in the
// synthesis pool, one piece of text after the other, so that those who speak take turns there.
#ifndef TOKCAST_SERVE_MOUTH_H_
#define TOKCAST_SERVE_MOUTH_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "serve/server_state.h"
#include "speech/speech.h"

namespace tokcast {

class Mouth : public std::enable_shared_from_this<Mouth> {
 public:
  // All the sound of one text. Errors: those of Speech::synthesise, kTimeout (the pool is full), kDoesNotFit.
  using Spoken = std::function<void(Result<std::string>)>;

  // The state must outlive it. `most`: bytes of sound of one text.
  Mouth(ServerState& state, Bytes most) : state_(state), most_(most) {}

  // Text of any length. `spoken` comes later, in the order of the calls. False: too much waits already.
  bool speak(SynthesisRequest request, Spoken spoken);
  // Nothing is reported any more, and what is being spoken is broken off where it can be.
  void stop();

 private:
  // Stays on the loop's thread, as callbacks must.
  struct Text {
    SynthesisRequest request{};
    Spoken spoken{};
    std::vector<std::string> pieces{};
    std::size_t next = 0;
    std::string sound{};
    Seconds began{};
  };

  void work();
  // The sound of a text so far, with that of its newest sentence if it was made.
  struct Piece {
    std::string sound{};
    Result<void> made{};
  };
  Piece synthesise(const SynthesisRequest& request, std::string before) const;
  void piece_done(Piece piece);
  void end(Result<std::string> sound);

  ServerState& state_;
  Bytes most_;
  std::deque<Text> waiting_{};  // of the first one, a piece is being worked on
  bool is_busy_ = false;
  bool is_stopped_ = false;
  std::stop_source stop_{};
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_MOUTH_H_
