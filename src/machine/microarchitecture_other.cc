#include "machine/microarchitecture.h"

namespace tokcast {

// cpu_features builds its x86 tables on x86 only.
std::optional<std::string> library_microarchitecture(const X86Model& /*model*/) {
  return std::nullopt;
}

}  // namespace tokcast
