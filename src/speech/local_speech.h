// The speech of this machine: pocketsphinx and flite; espeak-ng, piper and whisper.cpp where they are there.
#ifndef TOKCAST_SPEECH_LOCAL_SPEECH_H_
#define TOKCAST_SPEECH_LOCAL_SPEECH_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "speech/speech.h"
#include "speech/synthesiser.h"
#include "speech/transcriber.h"

namespace tokcast {

struct LocalSpeechOptions {
  std::string sphinx_folder{};                 // empty: where the package puts its model
  std::size_t utterances = 2;                  // recognised at once; each takes some 100 MB
  std::string espeak = "espeak-ng";            // a path, or a name in PATH
  std::string piper = "piper";                 // likewise
  std::vector<PiperVoice> piper_voices{};      // if piper is there too, the first one is the default voice
  std::shared_ptr<Transcriber> transcriber{};  // listens instead of pocketsphinx; nullptr: none
};

// Looks for what is there; loads nothing yet.
std::unique_ptr<Speech> make_local_speech(const LocalSpeechOptions& options = {});

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_LOCAL_SPEECH_H_
