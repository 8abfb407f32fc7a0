#include <utility>

#include "speech/transcriber.h"

namespace tokcast {
namespace {

class GatheringDecoder : public UtteranceDecoder {
 public:
  explicit GatheringDecoder(std::shared_ptr<Transcriber> transcriber)
      : transcriber_(std::move(transcriber)) {}

  Result<void> begin(const std::vector<float>&) override {
    samples_.clear();
    return {};
  }
  Result<void> feed(std::span<const std::int16_t> samples) override {
    samples_.insert(samples_.end(), samples.begin(), samples.end());
    return {};
  }
  std::string text_so_far() override { return {}; }
  Result<DecodedUtterance> end() override {
    const auto samples = std::exchange(samples_, {});
    auto text = transcriber_->transcribe(samples);
    if (!text) return std::unexpected(text.error());
    return DecodedUtterance{.text = std::move(*text)};
  }
  std::vector<float> line() const override { return {}; }

 private:
  std::shared_ptr<Transcriber> transcriber_;
  std::vector<std::int16_t> samples_{};
};

}  // namespace

std::unique_ptr<UtteranceDecoder> make_gathering_decoder(std::shared_ptr<Transcriber> transcriber) {
  return std::make_unique<GatheringDecoder>(std::move(transcriber));
}

}  // namespace tokcast
