#include "speech/utterance_recogniser.h"

#include <algorithm>
#include <utility>

#include "speech/end_pointer.h"
#include "speech/resampler.h"

namespace tokcast {
namespace {

constexpr std::uint32_t kDefaultSilenceMs = 600;
constexpr std::size_t kBefore = 15 * kBlockSamples;  // 0.3 s: consonants are quieter than what reveals them
constexpr std::size_t kLongestUtterance = 60UL * kDecoderRate;

// pocketsphinx's model knows voices up to 6.8 kHz and makes nothing of those that end at half of it, as on a
// telephone. Each sample twice folds what is there into the empty half: of ten sentences of 56 words at 8000
// a second, hardly one word was understood without it, and 34 with it.
constexpr std::uint32_t kNarrow = 12'000;

std::vector<std::int16_t> twice(std::span<const std::int16_t> samples) {
  std::vector<std::int16_t> out;
  out.reserve(2 * samples.size());
  for (const std::int16_t sample : samples) out.insert(out.end(), 2, sample);
  return out;
}

Seconds seconds_of(std::uint64_t samples) {
  return Seconds(static_cast<double>(samples) / kDecoderRate);
}

class UtteranceRecogniser : public Recogniser {
 public:
  UtteranceRecogniser(const RecogniserOptions& options, bool folds, Resampler resampler,
                      std::shared_ptr<DecoderPool> decoders)
      : folds_(folds),
        resampler_(std::move(resampler)),
        end_pointer_({.silence_ms = options.silence_ms.value_or(kDefaultSilenceMs),
                      .threshold = options.energy_threshold}),
        decoders_(std::move(decoders)) {}

  Result<std::vector<Recognised>> feed(std::span<const std::int16_t> samples) override {
    std::vector<Recognised> out;
    const auto more = folds_ ? resampler_.feed(twice(samples)) : resampler_.feed(samples);
    unsplit_.insert(unsplit_.end(), more.begin(), more.end());
    std::size_t at = 0;
    for (; unsplit_.size() - at >= kBlockSamples; at += kBlockSamples) {
      if (!take_block(std::span(unsplit_).subspan(at, kBlockSamples))) continue;
      auto final = end_utterance();
      if (!final) return give_up(std::move(final.error()));
      out.push_back(std::move(*final));
    }
    unsplit_.erase(unsplit_.begin(), unsplit_.begin() + static_cast<std::ptrdiff_t>(at));
    if (!is_speaking_) return out;
    const auto decoded = decode();
    if (!decoded) return give_up(decoded.error());
    if (decoder_)
      out.push_back({.text = decoder_->text_so_far(), .begin = begin_, .end = seconds_of(position_)});
    return out;
  }

  Result<Recognised> finish() override {
    const auto last = resampler_.finish();
    unsplit_.insert(unsplit_.end(), last.begin(), last.end());
    for (std::size_t at = 0; at < unsplit_.size(); at += kBlockSamples) {
      take_block(std::span(unsplit_).subspan(at, std::min(kBlockSamples, unsplit_.size() - at)));
    }
    unsplit_.clear();
    if (!is_speaking_) {
      return Recognised{.is_final = true, .begin = seconds_of(position_), .end = seconds_of(position_)};
    }
    auto final = end_utterance();
    if (!final) return give_up(std::move(final.error()));
    return final;
  }

 private:
  // True: an utterance ended with it.
  bool take_block(std::span<const std::int16_t> block) {
    position_ += block.size();
    undecoded_.insert(undecoded_.end(), block.begin(), block.end());
    const Speaking speaking = end_pointer_.feed(block);
    if (speaking == Speaking::kNo) {
      if (undecoded_.size() > kBefore) {
        undecoded_.erase(undecoded_.begin(), undecoded_.end() - static_cast<std::ptrdiff_t>(kBefore));
      }
      return false;
    }
    if (speaking == Speaking::kBegins) {
      is_speaking_ = true;
      begin_ = seconds_of(position_ - std::min<std::uint64_t>(position_, kLeadBlocks * kBlockSamples));
    }
    utterance_samples_ += block.size();
    return speaking == Speaking::kEnds || utterance_samples_ >= kLongestUtterance;
  }

  // As far as there is a decoder.
  Result<void> decode() {
    if (!decoder_) {
      auto borrowed = decoders_->borrow();
      if (!borrowed) return std::unexpected(borrowed.error());
      if (!*borrowed) return {};
      decoder_ = std::move(*borrowed);
      if (auto begun = decoder_->begin(line_); !begun) return begun;
    }
    auto fed = decoder_->feed(undecoded_);
    undecoded_.clear();
    return fed;
  }

  Result<Recognised> end_utterance() {
    if (auto decoded = decode(); !decoded) return std::unexpected(decoded.error());
    if (!decoder_) return fail(ErrorKind::kTimeout, "more people speak at once than can be listened to");
    auto text = decoder_->end();
    if (!text) return std::unexpected(text.error());
    line_ = decoder_->line();
    Recognised out{.text = std::move(text->text), .is_final = true, .confidence = text->confidence};
    out.begin = begin_;
    out.end = seconds_of(position_);
    forget();
    return out;
  }

  std::unexpected<Error> give_up(Error error) {
    forget();
    unsplit_.clear();
    return std::unexpected(std::move(error));
  }

  void forget() {
    is_speaking_ = false;
    utterance_samples_ = 0;
    undecoded_.clear();
    decoder_.reset();
    end_pointer_.reset();
  }

  bool folds_;
  Resampler resampler_;
  EndPointer end_pointer_;
  std::shared_ptr<DecoderPool> decoders_;
  std::shared_ptr<UtteranceDecoder> decoder_{};  // while somebody speaks
  std::vector<float> line_{};
  std::vector<std::int16_t> unsplit_{};    // less than a block, between calls
  std::vector<std::int16_t> undecoded_{};  // of the utterance; else the last kBefore samples
  std::uint64_t position_ = 0;             // in the stream, samples at kDecoderRate
  std::size_t utterance_samples_ = 0;
  Seconds begin_{};
  bool is_speaking_ = false;
};

}  // namespace

Result<std::unique_ptr<Recogniser>> make_utterance_recogniser(const RecogniserOptions& options,
                                                              std::shared_ptr<DecoderPool> decoders,
                                                              NarrowSound narrow) {
  const bool folds = narrow == NarrowSound::kFolded && options.rate >= kLowestRate && options.rate < kNarrow;
  auto resampler = Resampler::make(folds ? 2 * options.rate : options.rate, kDecoderRate);
  if (!resampler) return std::unexpected(resampler.error());
  return std::make_unique<UtteranceRecogniser>(options, folds, std::move(*resampler), std::move(decoders));
}

}  // namespace tokcast
