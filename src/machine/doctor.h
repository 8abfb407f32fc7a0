// What holds a machine back, and what to do about it. Pure: a profile in, findings out.
#ifndef TOKCAST_MACHINE_DOCTOR_H_
#define TOKCAST_MACHINE_DOCTOR_H_

#include <optional>
#include <string>
#include <vector>

#include "machine/profile.h"

namespace tokcast {

// What the engine said of itself (engine/devices.h), as plain values: machine does not know engines.
struct EngineView {
  std::vector<std::string> devices{};        // descriptions of the cards that it can use
  std::optional<std::string> cpu_variant{};  // ggml's processor back end that it chose
};

struct Finding {
  bool grave = false;  // costs a great deal, or makes something unusable; else a hint
  std::string what;    // one sentence, with the figures
  std::string fix;     // what to do; empty: nothing can be done, only known
};

// Grave ones first. `engine` is nullopt where none was found.
std::vector<Finding> examine(const Profile& profile, const std::optional<EngineView>& engine);

// The theoretical peak of the memory, all sockets together: from the modules if their rate is known, else
// from the known part of that name. nullopt: neither.
std::optional<BytesPerSecond> theoretical_bandwidth(const Profile& profile);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_DOCTOR_H_
