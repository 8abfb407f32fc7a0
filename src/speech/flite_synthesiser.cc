#include <flite/flite.h>

#include <array>
#include <csetjmp>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "speech/spoken_text.h"
#include "speech/synthesiser.h"

extern "C" {
cst_voice* register_cmu_us_slt(const char* folder);
cst_voice* register_cmu_us_rms(const char* folder);
cst_voice* register_cmu_us_awb(const char* folder);
cst_voice* register_cmu_us_kal(const char* folder);
cst_voice* register_cmu_us_kal16(const char* folder);
}

namespace tokcast {
namespace {

struct FliteVoice {
  const char* name;
  cst_voice* (*make)(const char* folder);
};

// The default first.
constexpr std::array<FliteVoice, 5> kVoices{{{"slt", register_cmu_us_slt},
                                             {"rms", register_cmu_us_rms},
                                             {"awb", register_cmu_us_awb},
                                             {"kal16", register_cmu_us_kal16},
                                             {"kal", register_cmu_us_kal}}};

// flite 2.2 writes signs at a word's ends beyond the end of its memory, if there are more than some 300.
constexpr std::size_t kLongestWord = 60;

std::string with_short_words(std::string_view text) {
  std::string out;
  std::size_t length = 0;
  for (const char c : text) {
    length = c == ' ' ? 0 : length + 1;
    if (length > kLongestWord) {
      out += ' ';
      length = 1;
    }
    out += c;
  }
  return out;
}

// flite counts references to what its voices share without a lock, and on an error jumps to a global place,
// or ends the process where there is none: one text at a time.
std::mutex flite_mutex;

// Only C frames lie between the jump and its target.
cst_wave* speak_or_jump(const char* text, cst_voice* voice) {
  jmp_buf back;
  cst_wave* volatile out = nullptr;
  cst_errjmp = &back;
  if (setjmp(back) == 0) out = flite_text_to_wave(text, voice);
  cst_errjmp = nullptr;
  return out;
}

cst_voice* find_flite_voice(const std::string& name) {
  static std::array<cst_voice*, kVoices.size()> made{};
  for (std::size_t i = 0; i < kVoices.size(); ++i) {
    if (name != kVoices[i].name) continue;
    if (made[i] == nullptr) {
      flite_init();
      made[i] = kVoices[i].make(nullptr);
    }
    return made[i];
  }
  return nullptr;
}

class Flite : public Synthesiser {
 public:
  SpeechBackend backend() const override {
    SpeechBackend out{.kind = "tts", .name = "flite", .available = true, .display = "flite, US English"};
    for (const FliteVoice& voice : kVoices) out.voices.emplace_back(voice.name);
    return out;
  }

  Result<Sound> speak(const std::string& text, const std::string& voice, double speed,
                      const std::stop_token&) override {
    const std::string plain = with_short_words(without_markup(plain_ascii(text)));
    if (plain.empty()) return Sound{};
    const std::lock_guard lock(flite_mutex);
    cst_voice* found = find_flite_voice(voice);
    if (found == nullptr) return fail(ErrorKind::kNotFound, "flite has no such voice", printable(voice));
    flite_feat_set_float(found->features, "duration_stretch", static_cast<float>(1 / speed));
    cst_wave* wave = speak_or_jump(plain.c_str(), found);
    if (wave == nullptr) return fail(ErrorKind::kEngineFailed, "flite cannot speak this");
    Sound out{.rate = static_cast<std::uint32_t>(wave->sample_rate)};
    out.samples.assign(wave->samples, wave->samples + wave->num_samples);
    delete_wave(wave);
    return out;
  }
};

}  // namespace

std::unique_ptr<Synthesiser> make_flite() {
  return std::make_unique<Flite>();
}

}  // namespace tokcast
