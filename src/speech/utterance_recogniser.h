// A stream of sound cut into utterances (end_pointer.h), each of them decoded by a decoder of the pool while
// it is being spoken.
//
// If all decoders are busy when somebody begins to speak, the sound is kept until one is free, at the latest
// at the end of the utterance; then it is kTimeout.
#ifndef TOKCAST_SPEECH_UTTERANCE_RECOGNISER_H_
#define TOKCAST_SPEECH_UTTERANCE_RECOGNISER_H_

#include <memory>

#include "speech/speech.h"
#include "speech/utterance_decoder.h"

namespace tokcast {

// What becomes of sound without the upper half of a voice, as on a telephone: kFolded puts what is there into
// the empty half, for decoders that know wide-band voices only.
enum class NarrowSound { kFolded, kAsItIs };

// Errors: kBadInput (a rate beyond kLowestRate to kHighestRate).
Result<std::unique_ptr<Recogniser>> make_utterance_recogniser(const RecogniserOptions& options,
                                                              std::shared_ptr<DecoderPool> decoders,
                                                              NarrowSound narrow = NarrowSound::kFolded);

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_UTTERANCE_RECOGNISER_H_
