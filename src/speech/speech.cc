#include "speech/speech.h"

namespace tokcast {
namespace {

Error none(std::string_view what) {
  return {ErrorKind::kUnsupported, "no " + std::string(what) + " runs here", {}, "Use mode llm and HTTP."};
}

class NoSpeech : public Speech {
 public:
  std::vector<SpeechBackend> backends() const override { return {}; }
  std::string recogniser_name() const override { return {}; }
  std::string synthesiser_name() const override { return {}; }
  Result<std::unique_ptr<Recogniser>> start_recogniser(const RecogniserOptions& /*options*/) override {
    return std::unexpected(none("speech recognition"));
  }
  Result<std::string> synthesise(const SynthesisRequest& /*request*/) override {
    return std::unexpected(none("speech synthesis"));
  }
};

}  // namespace

std::string_view encoding_name(SoundEncoding encoding) {
  return encoding == SoundEncoding::kMulaw ? "mulaw" : "linear16";
}

std::unique_ptr<Speech> no_speech() {
  return std::make_unique<NoSpeech>();
}

}  // namespace tokcast
