// What turns text into sound.
#ifndef TOKCAST_SPEECH_SYNTHESISER_H_
#define TOKCAST_SPEECH_SYNTHESISER_H_

#include <memory>
#include <string>
#include <string_view>

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
  // kNotFound.
  virtual Result<Sound> speak(const std::string& text, const std::string& voice, double speed) = 0;
};

// flite, with the voices of US English that come with it. The one source that sees it is
// flite_synthesiser.cc.
std::unique_ptr<Synthesiser> make_flite();

// espeak-ng, a program that is run for each piece of text; many languages, the voice of a robot. Its voices
// are named "espeak-ng/LANGUAGE". `program`: a path, or a name in PATH.
std::unique_ptr<Synthesiser> make_espeak(const std::string& program = "espeak-ng");

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_SYNTHESISER_H_
