// What turns text into sound.
#ifndef TOKCAST_SPEECH_SYNTHESISER_H_
#define TOKCAST_SPEECH_SYNTHESISER_H_

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "speech/sound.h"
#include "speech/speech.h"

namespace tokcast {

class Synthesiser {
 public:
  virtual ~Synthesiser() = default;
  virtual SpeechBackend backend() const = 0;
  // Any thread; several at once may wait for each other. `voice` is one of backend().voices, `speed` 0.25
  // to 4. The sound is empty if there is nothing in the text that it can say. Errors: kEngineFailed,
  // kNotFound, kInterrupted (a stop was asked for and came in time).
  virtual Result<Sound> speak(const std::string& text, const std::string& voice, double speed,
                              const std::stop_token& stop) = 0;
};

// flite, with the voices of US English that come with it. The one source that sees it is
// flite_synthesiser.cc.
std::unique_ptr<Synthesiser> make_flite();

// espeak-ng, a program that is run for each piece of text; many languages, the voice of a robot. Its voices
// are named "espeak-ng/LANGUAGE". `program`: a path, or a name in PATH.
std::unique_ptr<Synthesiser> make_espeak(const std::string& program = "espeak-ng");

// Where piper keeps a voice: FILE.onnx, with its description in FILE.onnx.json beside it.
struct PiperVoice {
  std::string name{};  // "piper/en_US-lessac-medium"
  std::string path{};
  std::uint32_t rate = 0;   // of its sound, samples a second: kLowestRate to kHighestRate
  double length_scale = 1;  // longer sounds than this are slower
};

// Reads the description. Errors: kNotFound (which of the two is missing, and what to do), kBadInput, kIo.
Result<PiperVoice> read_piper_voice(const std::string& path);

// Whether a program is this piper, by what it says of itself: others have the name too. Runs it, so it may
// take some seconds.
bool is_piper(const std::string& program);

// piper, a program that is run for each piece of text: it reads lines of text from stdin and writes PCM16 to
// stdout. It has the voices that it is given; the first one is its default. `program`: a path, or a name in
// PATH.
std::unique_ptr<Synthesiser> make_piper(const std::string& program, std::vector<PiperVoice> voices);

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_SYNTHESISER_H_
