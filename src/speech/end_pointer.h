// Where speech begins and ends, by its loudness against what was quiet before.
//
// The loudness of a block is its root mean square without its mean. What is quiet follows downwards at once
// and upwards slowly, so that a voice does not become quiet by going on, but a fan does. Costs nothing worth
// naming; what it takes for speech and is none, the recogniser hears no words in.
#ifndef TOKCAST_SPEECH_END_POINTER_H_
#define TOKCAST_SPEECH_END_POINTER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tokcast {

constexpr std::size_t kBlockSamples = 320;  // 20 ms at 16 kHz
constexpr std::uint32_t kBlockMs = 20;

struct EndPointing {
  std::uint32_t silence_ms = 600;            // so much quiet ends an utterance
  std::optional<std::uint32_t> threshold{};  // louder than this is speech; nullopt: by what was quiet before
};

enum class Speaking {
  kNo,
  kBegins,  // with this block, or up to kLeadBlocks before it
  kYes,
  kEnds,  // this block is the last
};

// Blocks that must be loud before it counts: clicks are shorter.
constexpr std::size_t kLeadBlocks = 3;

class EndPointer {
 public:
  explicit EndPointer(const EndPointing& options);
  // One block of kBlockSamples (the last of a stream may be shorter).
  Speaking feed(std::span<const std::int16_t> block);
  // From the next block on nobody is speaking.
  void reset();

 private:
  bool is_loud(std::span<const std::int16_t> block);

  EndPointing options_;
  double floor_;
  std::size_t loud_blocks_ = 0;   // in a row
  std::size_t quiet_blocks_ = 0;  // likewise, while somebody speaks
  bool is_speaking_ = false;
};

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_END_POINTER_H_
