#include "speech/local_speech.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "speech/g711.h"
#include "speech/resampler.h"
#include "speech/sphinx_decoder.h"
#include "speech/spoken_text.h"
#include "speech/synthesiser.h"
#include "speech/utterance_recogniser.h"

namespace tokcast {
namespace {

constexpr double kSlowest = 0.25;
constexpr double kFastest = 4;

Result<std::string> encoded(const Sound& sound, const SynthesisRequest& request) {
  auto resampler = Resampler::make(sound.rate, request.rate);
  if (!resampler) return std::unexpected(resampler.error());
  std::vector<std::int16_t> samples = resampler->feed(sound.samples);
  const std::vector<std::int16_t> last = resampler->finish();
  samples.insert(samples.end(), last.begin(), last.end());
  return request.encoding == SoundEncoding::kMulaw ? encode_mulaw(samples) : encode_linear16(samples);
}

class LocalSpeech : public Speech {
 public:
  explicit LocalSpeech(const LocalSpeechOptions& options)
      : model_(find_sphinx_model(options.sphinx_folder.empty() ? default_sphinx_folder()
                                                               : options.sphinx_folder)),
        synthesisers_{make_flite(), make_espeak(options.espeak)} {
    if (!model_) return;
    decoders_ =
        DecoderPool::make([model = *model_] { return load_sphinx_decoder(model); }, options.utterances);
  }

  std::vector<SpeechBackend> backends() const override {
    SpeechBackend sphinx{.kind = "stt", .name = "pocketsphinx", .available = model_.has_value()};
    sphinx.display = "pocketsphinx, US English";
    if (model_) sphinx.path = model_->acoustic;
    if (!model_) sphinx.missing = describe(model_.error());
    std::vector<SpeechBackend> out{std::move(sphinx)};
    for (const auto& synthesiser : synthesisers_) out.push_back(synthesiser->backend());
    return out;
  }
  std::string recogniser_name() const override { return model_ ? "pocketsphinx" : ""; }
  std::string synthesiser_name() const override { return "flite"; }

  Result<std::unique_ptr<Recogniser>> start_recogniser(const RecogniserOptions& options) override {
    if (!model_) return fail(ErrorKind::kUnsupported, describe(model_.error()));
    return make_utterance_recogniser(options, decoders_);
  }

  Result<std::string> synthesise(const SynthesisRequest& request) override {
    if (request.text.size() > kLongestPiece)
      return fail(ErrorKind::kBadInput, "this text is too long", "text");
    if (!(request.speed >= kSlowest && request.speed <= kFastest)) {
      return fail(ErrorKind::kBadInput, "this must be 0.25 to 4", "speed");
    }
    const std::string text = without_markup(request.text);
    const auto speaker = find_speaker(request.voice);
    if (!speaker) return std::unexpected(speaker.error());
    const auto sound = speaker->first->speak(text, speaker->second, request.speed);
    if (!sound) return std::unexpected(sound.error());
    if (sound->samples.empty())
      return fail(ErrorKind::kBadInput, "nothing in this text can be spoken", "text");
    return encoded(*sound, request);
  }

 private:
  Result<std::pair<Synthesiser*, std::string>> find_speaker(const std::string& voice) const {
    for (const auto& synthesiser : synthesisers_) {
      const SpeechBackend backend = synthesiser->backend();
      if (voice.empty()) return std::pair(synthesiser.get(), backend.voices.front());
      if (!std::ranges::count(backend.voices, voice)) continue;
      if (!backend.available) return fail(ErrorKind::kUnsupported, backend.missing, printable(voice));
      return std::pair(synthesiser.get(), voice);
    }
    return fail(ErrorKind::kNotFound, "there is no such voice", printable(voice));
  }

  Result<SphinxModel> model_;
  std::shared_ptr<DecoderPool> decoders_{};
  std::array<std::unique_ptr<Synthesiser>, 2> synthesisers_;
};

}  // namespace

std::unique_ptr<Speech> make_local_speech(const LocalSpeechOptions& options) {
  return std::make_unique<LocalSpeech>(options);
}

}  // namespace tokcast
