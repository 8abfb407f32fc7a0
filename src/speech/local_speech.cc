#include "speech/local_speech.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "speech/g711.h"
#include "speech/resampler.h"
#include "speech/sphinx_decoder.h"
#include "speech/spoken_text.h"
#include "speech/utterance_recogniser.h"

namespace tokcast {
namespace {

constexpr double kSlowest = 0.25;
constexpr double kFastest = 4;
constexpr std::size_t kMostGathered = 32;  // utterances, each at most a minute: 2 MB

Result<std::string> encoded(const Sound& sound, const SynthesisRequest& request) {
  auto resampler = Resampler::make(sound.rate, request.rate);
  if (!resampler) return std::unexpected(resampler.error());
  std::vector<std::int16_t> samples = resampler->feed(sound.samples);
  const std::vector<std::int16_t> last = resampler->finish();
  samples.insert(samples.end(), last.begin(), last.end());
  return request.encoding == SoundEncoding::kMulaw ? encode_mulaw(samples) : encode_linear16(samples);
}

// In the order in which they are asked for a voice: the default is the first one's.
std::vector<std::unique_ptr<Synthesiser>> find_synthesisers(const LocalSpeechOptions& options) {
  std::vector<std::unique_ptr<Synthesiser>> out;
  out.push_back(make_flite());
  out.push_back(make_espeak(options.espeak));
  auto piper = make_piper(options.piper, options.piper_voices);
  out.insert(piper->backend().available ? out.begin() : out.end(), std::move(piper));
  return out;
}

class LocalSpeech : public Speech {
 public:
  explicit LocalSpeech(const LocalSpeechOptions& options)
      : model_(find_sphinx_model(options.sphinx_folder.empty() ? default_sphinx_folder()
                                                               : options.sphinx_folder)),
        transcriber_(options.transcriber),
        synthesisers_(find_synthesisers(options)) {
    if (transcriber_) {
      decoders_ = DecoderPool::make(
          [transcriber = transcriber_] { return make_gathering_decoder(transcriber); }, kMostGathered);
    } else if (model_) {
      decoders_ =
          DecoderPool::make([model = *model_] { return load_sphinx_decoder(model); }, options.utterances);
    }
  }

  std::vector<SpeechBackend> backends() const override {
    SpeechBackend sphinx{.kind = "stt", .name = "pocketsphinx", .available = model_.has_value()};
    sphinx.partials = true;
    sphinx.display = "pocketsphinx, US English";
    if (model_) sphinx.path = model_->acoustic;
    if (!model_) sphinx.missing = describe(model_.error());
    SpeechBackend whisper{.kind = "stt", .name = "whisper_cpp"};
    whisper.missing = "no model was given for whisper.cpp; start with --whisper-model FILE";
    std::vector<SpeechBackend> out{std::move(sphinx), transcriber_ ? transcriber_->backend() : whisper};
    for (const auto& synthesiser : synthesisers_) out.push_back(synthesiser->backend());
    return out;
  }
  std::string recogniser_name() const override {
    if (transcriber_) return transcriber_->backend().name;
    return model_ ? "pocketsphinx" : "";
  }
  std::string synthesiser_name() const override { return synthesisers_.front()->backend().name; }

  Result<std::unique_ptr<Recogniser>> start_recogniser(const RecogniserOptions& options) override {
    if (transcriber_) return make_utterance_recogniser(options, decoders_, NarrowSound::kAsItIs);
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
    const auto sound = speaker->first->speak(text, speaker->second, request.speed, request.stop);
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
  std::shared_ptr<Transcriber> transcriber_;  // nullptr: pocketsphinx listens
  std::shared_ptr<DecoderPool> decoders_{};
  std::vector<std::unique_ptr<Synthesiser>> synthesisers_;
};

}  // namespace

std::unique_ptr<Speech> make_local_speech(const LocalSpeechOptions& options) {
  return std::make_unique<LocalSpeech>(options);
}

}  // namespace tokcast
