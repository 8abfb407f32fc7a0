// The machine profile: facts, limits, GPUs and rates of one machine, as one document, "tokcast.machine/1".
//
// What `tokcast probe` makes, what `--machine FILE` reads. The schema is docs/schemas/machine.schema.json.
#ifndef TOKCAST_MACHINE_PROFILE_H_
#define TOKCAST_MACHINE_PROFILE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "machine/facts.h"
#include "machine/gpu.h"
#include "machine/machine.h"
#include "machine/rates.h"

namespace tokcast {

struct Profile {
  Machine limits{};  // the share of it that we may use (machine.h)
  Facts facts{};
  GpuSurvey gpus{};
  std::optional<Rates> rates{};  // nullopt: not measured
  std::string provenance;        // "probed", "synthetic", "known part", "constructed from …"
  std::int64_t unix_time = 0;    // seconds; 0 for machines that were not probed
  std::string tool_version;
};

Json profile_to_json(const Profile& profile);

// Errors: kBadInput naming the key that is missing, of another kind or out of range.
Result<Profile> profile_from_json(const Json& json);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_PROFILE_H_
