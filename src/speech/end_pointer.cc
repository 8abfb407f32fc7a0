#include "speech/end_pointer.h"

#include <algorithm>
#include <cmath>

namespace tokcast {
namespace {

constexpr double kFirstFloor = 40;
constexpr double kAboveFloor = 3;     // 9.5 dB
constexpr double kNeverSpeech = 120;  // -49 dB of full scale: nobody calls from so far away
constexpr double kRise = 1.01;        // a block: twice as loud in 1.4 s

double loudness(std::span<const std::int16_t> block) {
  double sum = 0;
  double squares = 0;
  for (const std::int16_t sample : block) {
    sum += sample;
    squares += static_cast<double>(sample) * sample;
  }
  const auto count = static_cast<double>(block.size());
  return count > 0 ? std::sqrt(std::max(0.0, squares / count - (sum / count) * (sum / count))) : 0;
}

}  // namespace

EndPointer::EndPointer(const EndPointing& options) : options_(options), floor_(kFirstFloor) {}

void EndPointer::reset() {
  is_speaking_ = false;
  loud_blocks_ = quiet_blocks_ = 0;
}

bool EndPointer::is_loud(std::span<const std::int16_t> block) {
  const double now = loudness(block);
  const double limit = options_.threshold ? static_cast<double>(*options_.threshold)
                                          : std::max(kNeverSpeech, kAboveFloor * floor_);
  floor_ = std::max(1.0, std::min(now, floor_ * kRise));
  return now > limit;
}

Speaking EndPointer::feed(std::span<const std::int16_t> block) {
  const bool loud = is_loud(block);
  if (!is_speaking_) {
    loud_blocks_ = loud ? loud_blocks_ + 1 : 0;
    if (loud_blocks_ < kLeadBlocks) return Speaking::kNo;
    reset();
    is_speaking_ = true;
    return Speaking::kBegins;
  }
  quiet_blocks_ = loud ? 0 : quiet_blocks_ + 1;
  if (quiet_blocks_ * kBlockMs < options_.silence_ms) return Speaking::kYes;
  reset();
  return Speaking::kEnds;
}

}  // namespace tokcast
