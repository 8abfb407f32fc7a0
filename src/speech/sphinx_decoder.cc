#include "speech/sphinx_decoder.h"

#include <pocketsphinx.h>
#include <sphinxbase/err.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "speech/speech.h"

namespace tokcast {
namespace {

Error failed(std::string_view what) {
  return {ErrorKind::kEngineFailed, "pocketsphinx cannot " + std::string(what)};
}

class SphinxDecoder : public UtteranceDecoder {
 public:
  explicit SphinxDecoder(ps_decoder_t* decoder) : decoder_(decoder), first_line_(line()) {}

  Result<void> begin(const std::vector<float>& line) override {
    if (std::exchange(has_begun_, false)) ps_end_utt(decoder_.get());
    cmn_live_set(means(), line.size() == first_line_.size() ? line.data() : first_line_.data());
    if (ps_start_stream(decoder_.get()) < 0 || ps_start_utt(decoder_.get()) < 0) {
      return std::unexpected(failed("begin an utterance"));
    }
    has_begun_ = true;
    return {};
  }

  Result<void> feed(std::span<const std::int16_t> samples) override {
    if (samples.empty()) return {};
    if (ps_process_raw(decoder_.get(), samples.data(), samples.size(), 0, 0) < 0) {
      return std::unexpected(failed("decode this sound"));
    }
    return {};
  }

  std::string text_so_far() override {
    const char* text = ps_get_hyp(decoder_.get(), nullptr);
    return text == nullptr ? std::string() : text;
  }

  Result<DecodedUtterance> end() override {
    has_begun_ = false;
    if (ps_end_utt(decoder_.get()) < 0) return std::unexpected(failed("end an utterance"));
    DecodedUtterance out{.text = text_so_far()};
    if (!out.text.empty()) {
      const double odds = logmath_exp(ps_get_logmath(decoder_.get()), ps_get_prob(decoder_.get()));
      out.confidence = std::clamp(odds, 0.0, 1.0);
    }
    return out;
  }

  std::vector<float> line() const override {
    std::vector<float> out(static_cast<std::size_t>(means()->veclen));
    cmn_live_get(means(), out.data());
    return out;
  }

 private:
  struct Free {
    void operator()(ps_decoder_t* decoder) const { ps_free(decoder); }
  };

  // Of the cepstra: what the microphone and the room add to every voice.
  cmn_t* means() const { return ps_get_feat(decoder_.get())->cmn_struct; }

  std::unique_ptr<ps_decoder_t, Free> decoder_;
  std::vector<float> first_line_;
  bool has_begun_ = false;
};

}  // namespace

std::string default_sphinx_folder() {
  return TOKCAST_SPHINX_MODELS "/en-us";
}

Result<SphinxModel> find_sphinx_model(const std::string& folder) {
  SphinxModel out{.acoustic = folder + "/en-us",
                  .language = folder + "/en-us.lm.bin",
                  .dictionary = folder + "/cmudict-en-us.dict"};
  for (const std::string& path : {out.acoustic + "/mdef", out.language, out.dictionary}) {
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error)) continue;
    return fail(ErrorKind::kNotFound, "there is no model of speech", path,
                "Install the package pocketsphinx-en-us.");
  }
  return out;
}

Result<std::unique_ptr<UtteranceDecoder>> load_sphinx_decoder(const SphinxModel& model) {
  err_set_logfp(nullptr);  // it talks much
  // Its own search for silence is off: an utterance comes here without what surrounds it.
  cmd_ln_t* options =
      cmd_ln_init(nullptr, ps_args(), 1, "-hmm", model.acoustic.c_str(), "-lm", model.language.c_str(),
                  "-dict", model.dictionary.c_str(), "-remove_silence", "no", nullptr);
  ps_decoder_t* decoder = options == nullptr ? nullptr : ps_init(options);
  cmd_ln_free_r(options);
  if (decoder == nullptr) {
    return fail(ErrorKind::kEngineFailed, "pocketsphinx cannot load its model", model.acoustic,
                "Reinstall the package pocketsphinx-en-us.");
  }
  return std::make_unique<SphinxDecoder>(decoder);
}

}  // namespace tokcast
