// From one rate of samples to another, as they come (speexdsp). Sound that comes in pieces gives the same
// samples as sound that comes whole.
#ifndef TOKCAST_SPEECH_RESAMPLER_H_
#define TOKCAST_SPEECH_RESAMPLER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

struct SpeexResamplerState_;  // NOLINT(bugprone-reserved-identifier,readability-identifier-naming): its own
                              // name

namespace tokcast {

class Resampler {
 public:
  // Errors: kBadInput (a rate beyond kLowestRate to kHighestRate), kIo (no memory).
  static Result<Resampler> make(std::uint32_t from, std::uint32_t to);

  // What is ready; the rest comes later: some milliseconds stay inside.
  std::vector<std::int16_t> feed(std::span<const std::int16_t> samples);
  // What stayed inside. All in all there are as many samples as the rates say. Begins anew.
  std::vector<std::int16_t> finish();

 private:
  struct Destroy {
    void operator()(SpeexResamplerState_* state) const;
  };
  Resampler(std::uint32_t from, std::uint32_t to) : from_(from), to_(to) {}
  void process(std::span<const std::int16_t> samples, std::vector<std::int16_t>& out);

  std::uint32_t from_;
  std::uint32_t to_;
  std::unique_ptr<SpeexResamplerState_, Destroy> state_{};  // nullptr: the rates are the same
  std::uint64_t taken_ = 0;
  std::uint64_t given_ = 0;
};

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_RESAMPLER_H_
