// The stages of one turn of a conversation, from the end of speech to the last sound of the answer.
#ifndef TOKCAST_SERVE_TIMELINE_H_
#define TOKCAST_SERVE_TIMELINE_H_

#include <optional>

#include "base/json.h"
#include "base/units.h"
#include "ledger/served.h"

namespace tokcast {

// Moments of Loop::now(); nullopt: it did not come to that.
struct TurnTimeline {
  // When the sound that ended the speech had come in (the quiet that was waited for comes before); of a text:
  // when that had.
  Seconds asked{};
  std::optional<Seconds> recognised{};  // its words
  std::optional<Seconds> started{};     // the model; the queue comes before
  std::optional<Seconds> first_token{};
  std::optional<Seconds> last_token{};
  std::optional<Seconds> first_sentence{};  // went to the synthesiser
  std::optional<Seconds> first_sound{};     // of a whole sentence
  std::optional<Seconds> last_sound{};
};

// {"recognised_seconds": ..., "last_sound_seconds": ...}, all since `asked`; null where it did not come to
// that.
Json timeline_json(const TurnTimeline& timeline);

// How long each stage took, if all was over at `end`.
Stages stages_of(const TurnTimeline& timeline, Seconds end);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_TIMELINE_H_
