// Time that went by on the clock that nobody sets.
#ifndef TOKCAST_BASE_ELAPSED_H_
#define TOKCAST_BASE_ELAPSED_H_

#include <chrono>

#include "base/units.h"

namespace tokcast {

inline Seconds since(std::chrono::steady_clock::time_point start) {
  return Seconds(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

}  // namespace tokcast

#endif  // TOKCAST_BASE_ELAPSED_H_
