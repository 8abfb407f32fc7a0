#include "speech/utterance_decoder.h"

#include <utility>

namespace tokcast {

std::shared_ptr<DecoderPool> DecoderPool::make(Load load, std::size_t most) {
  return std::shared_ptr<DecoderPool>(new DecoderPool(std::move(load), most));
}

Result<std::shared_ptr<UtteranceDecoder>> DecoderPool::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!resting_.empty()) {
      auto decoder = std::move(resting_.back());
      resting_.pop_back();
      return lend(std::move(decoder));
    }
    if (loaded_ >= most_) return nullptr;
    ++loaded_;
  }
  auto decoder = load_();
  if (decoder) return lend(std::move(*decoder));
  const std::lock_guard lock(mutex_);
  --loaded_;
  return std::unexpected(decoder.error());
}

std::shared_ptr<UtteranceDecoder> DecoderPool::lend(std::unique_ptr<UtteranceDecoder> decoder) {
  return {decoder.release(), [self = shared_from_this()](UtteranceDecoder* back) {
            self->take_back(std::unique_ptr<UtteranceDecoder>(back));
          }};
}

void DecoderPool::take_back(std::unique_ptr<UtteranceDecoder> decoder) {
  const std::lock_guard lock(mutex_);
  resting_.push_back(std::move(decoder));
}

}  // namespace tokcast
