// What turns a whole recording of one utterance into words, and the decoder that gathers one for it: for
// recognisers that do not listen while somebody speaks.
#ifndef TOKCAST_SPEECH_TRANSCRIBER_H_
#define TOKCAST_SPEECH_TRANSCRIBER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "speech/speech.h"
#include "speech/utterance_decoder.h"

namespace tokcast {

// Any thread; several at once may wait for each other.
class Transcriber {
 public:
  virtual ~Transcriber() = default;
  // As it stands now. Does not wait.
  virtual SpeechBackend backend() const = 0;
  // The words in at most a minute of samples at kDecoderRate; may be empty. Errors: kNetwork (it does not
  // run, or broke off), kTimeout, kEngineFailed (it refused or answered nonsense), kInterrupted.
  virtual Result<std::string> transcribe(std::span<const std::int16_t> samples) = 0;
};

// Has no words before the end of an utterance.
std::unique_ptr<UtteranceDecoder> make_gathering_decoder(std::shared_ptr<Transcriber> transcriber);

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_TRANSCRIBER_H_
