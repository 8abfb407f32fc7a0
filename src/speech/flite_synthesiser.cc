#include <dlfcn.h>
#include <flite/flite.h>
#include <fmt/format.h>

#include <array>
#include <csetjmp>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "speech/spoken_text.h"
#include "speech/synthesiser.h"

namespace tokcast {
namespace {

// The default first. Each is a library of its own, full of pointers: linked to us, the five would make a
// third of the time that every command takes to start.
constexpr std::array<const char*, 5> kVoices{"slt", "rms", "awb", "kal16", "kal"};

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

// Loaded for good: its data is what the voice is made of.
Result<cst_voice*> load_flite_voice(const char* name) {
  const std::string library = fmt::format("libflite_cmu_us_{}.so.1", name);
  void* loaded = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  using Make = cst_voice*(const char* folder);
  const auto make =
      loaded == nullptr
          ? nullptr
          : reinterpret_cast<Make*>(dlsym(loaded, fmt::format("register_cmu_us_{}", name).c_str()));
  if (make == nullptr) {
    return fail(ErrorKind::kNotFound, "this voice of flite cannot be loaded", library,
                "Install flite's libraries (Debian's libflite1), or take another voice.");
  }
  flite_init();
  return make(nullptr);
}

// Under flite_mutex.
Result<cst_voice*> find_flite_voice(const std::string& name) {
  static std::array<cst_voice*, kVoices.size()> made{};
  for (std::size_t i = 0; i < kVoices.size(); ++i) {
    if (name != kVoices[i]) continue;
    if (made[i] != nullptr) return made[i];
    const auto voice = load_flite_voice(kVoices[i]);
    if (voice) made[i] = *voice;
    return voice;
  }
  return fail(ErrorKind::kNotFound, "flite has no such voice", printable(name));
}

class Flite : public Synthesiser {
 public:
  SpeechBackend backend() const override {
    SpeechBackend out{.kind = "tts", .name = "flite", .available = true, .display = "flite, US English"};
    out.voices.assign(kVoices.begin(), kVoices.end());
    return out;
  }

  Result<Sound> speak(const std::string& text, const std::string& voice, double speed,
                      const std::stop_token&) override {
    const std::string plain = with_short_words(without_markup(plain_ascii(text)));
    if (plain.empty()) return Sound{};
    const std::lock_guard lock(flite_mutex);
    const auto found = find_flite_voice(voice);
    if (!found) return std::unexpected(found.error());
    flite_feat_set_float((*found)->features, "duration_stretch", static_cast<float>(1 / speed));
    cst_wave* wave = speak_or_jump(plain.c_str(), *found);
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
