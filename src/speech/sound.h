// Sound in memory: one channel of 16-bit samples.
#ifndef TOKCAST_SPEECH_SOUND_H_
#define TOKCAST_SPEECH_SOUND_H_

#include <cstdint>
#include <vector>

#include "base/units.h"

namespace tokcast {

struct Sound {
  std::uint32_t rate = 16'000;  // samples a second; never 0
  std::vector<std::int16_t> samples{};

  Seconds length() const { return Seconds(static_cast<double>(samples.size()) / rate); }
};

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_SOUND_H_
