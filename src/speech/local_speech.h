// The speech of this machine: pocketsphinx, flite, and espeak-ng where it is installed.
#ifndef TOKCAST_SPEECH_LOCAL_SPEECH_H_
#define TOKCAST_SPEECH_LOCAL_SPEECH_H_

#include <cstddef>
#include <memory>
#include <string>

#include "speech/speech.h"

namespace tokcast {

struct LocalSpeechOptions {
  std::string sphinx_folder{};       // empty: where the package puts its model
  std::size_t utterances = 2;        // recognised at once; each takes some 100 MB
  std::string espeak = "espeak-ng";  // a path, or a name in PATH
};

// Looks for what is there; loads nothing yet.
std::unique_ptr<Speech> make_local_speech(const LocalSpeechOptions& options = {});

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_LOCAL_SPEECH_H_
