#include "serve/served_turn.h"

namespace tokcast {
namespace {

ServedTurn with_tokens(const TurnRecord& record) {
  ServedTurn out{.engine = record};
  out.served.outcome = record.outcome;
  if (!record.size) return out;
  out.served.prompt_tokens = record.size->prompt_tokens;
  out.served.reply_tokens = record.size->reply_tokens;
  return out;
}

}  // namespace

ServedTurn served_turn(const TurnRecord& record) {
  ServedTurn out = with_tokens(record);
  Stages& stages = out.served.stages;
  stages.total = record.total;
  if (!record.was_started) return out;
  stages.queue = record.waited;
  if (!record.first_token) return out;
  stages.first_token = *record.first_token - record.waited;
  stages.reply = record.total - *record.first_token;
  return out;
}

ServedTurn served_turn(const TurnRecord& record, const TurnTimeline& timeline, Seconds end, bool was_cut) {
  ServedTurn out = with_tokens(record);
  if (was_cut) out.served.outcome = fault_name(TurnFault::kCancelled);
  if (timeline.recognised) out.served.kind = ServedKind::kSpokenTurn;
  out.served.stages = stages_of(timeline, end);
  return out;
}

}  // namespace tokcast
