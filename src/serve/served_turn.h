// What the server did, on its way to the ledger: measured on the loop, written beside it.
#ifndef TOKCAST_SERVE_SERVED_TURN_H_
#define TOKCAST_SERVE_SERVED_TURN_H_

#include <functional>
#include <optional>

#include "base/units.h"
#include "ledger/served.h"
#include "serve/timeline.h"
#include "serve/turns.h"

namespace tokcast {

struct ServedTurn {
  // Where and when, and of a turn by which model, is filled in by whoever keeps it.
  Served served{};
  std::optional<TurnRecord> engine{};  // the model's part; nullopt: it had none
};

// Called on the loop: quick. Of the model that served when the turn began, so it is taken then.
using TurnAccount = std::function<void(const ServedTurn&)>;

// Of one that went by HTTP.
ServedTurn served_turn(const TurnRecord& record);
// Of a conversation. `was_cut`: by a barge-in, or because its client went.
ServedTurn served_turn(const TurnRecord& record, const TurnTimeline& timeline, Seconds end, bool was_cut);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_SERVED_TURN_H_
