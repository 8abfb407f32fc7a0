// Rehearsals as JSON, "tokcast.rehearsal/1": what is cached, and what `rehearse --json` shows of its samples.
#ifndef TOKCAST_REHEARSE_REHEARSAL_JSON_H_
#define TOKCAST_REHEARSE_REHEARSAL_JSON_H_

#include "base/json.h"
#include "base/result.h"
#include "rehearse/rehearsal.h"

namespace tokcast {

Json rehearsal_to_json(const Rehearsal& rehearsal);

// Errors: kBadInput naming the key that is missing, of another kind or out of range.
Result<Rehearsal> rehearsal_from_json(const Json& json);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_REHEARSAL_JSON_H_
