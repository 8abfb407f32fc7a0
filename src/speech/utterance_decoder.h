// What turns the samples of one utterance into words, and who has one.
#ifndef TOKCAST_SPEECH_UTTERANCE_DECODER_H_
#define TOKCAST_SPEECH_UTTERANCE_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace tokcast {

constexpr std::uint32_t kDecoderRate = 16'000;  // samples a second

struct DecodedUtterance {
  std::string text{};
  std::optional<double> confidence{};  // 0 to 1
};

// One utterance after the other, each of one voice on one line; used by one thread at a time.
class UtteranceDecoder {
 public:
  virtual ~UtteranceDecoder() = default;
  // Whatever was begun before is forgotten. `line` is what line() said after the last utterance of the same
  // speaker; empty: there was none.
  virtual Result<void> begin(const std::vector<float>& line) = 0;
  virtual Result<void> feed(std::span<const std::int16_t> samples) = 0;
  virtual std::string text_so_far() = 0;
  virtual Result<DecodedUtterance> end() = 0;
  // What was learned of the microphone and the room.
  virtual std::vector<float> line() const = 0;
};

// A few decoders for many speakers: each takes some 100 MB, so a speaker has one only while speaking. Any
// thread.
class DecoderPool : public std::enable_shared_from_this<DecoderPool> {
 public:
  using Load = std::function<Result<std::unique_ptr<UtteranceDecoder>>()>;

  // `load` is called for the first `most` that are wanted at once, by whoever wants one.
  static std::shared_ptr<DecoderPool> make(Load load, std::size_t most);
  // Comes back to the pool when its last owner goes. nullptr: all are in use. Errors: those of `load`.
  Result<std::shared_ptr<UtteranceDecoder>> borrow();

 private:
  DecoderPool(Load load, std::size_t most) : load_(std::move(load)), most_(most) {}
  std::shared_ptr<UtteranceDecoder> lend(std::unique_ptr<UtteranceDecoder> decoder);
  void take_back(std::unique_ptr<UtteranceDecoder> decoder);

  Load load_;
  std::size_t most_;
  std::mutex mutex_{};
  std::size_t loaded_ = 0;                                    // under mutex_
  std::vector<std::unique_ptr<UtteranceDecoder>> resting_{};  // under mutex_
};

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_UTTERANCE_DECODER_H_
