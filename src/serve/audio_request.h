// OpenAI's requests about sound, checked and ready for speech; and what answers them. Pure.
#ifndef TOKCAST_SERVE_AUDIO_REQUEST_H_
#define TOKCAST_SERVE_AUDIO_REQUEST_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "serve/http.h"
#include "serve/limits.h"
#include "speech/sound.h"
#include "speech/speech.h"

namespace tokcast {

enum class TranscriptForm { kJson, kText, kVerboseJson };

struct TranscriptionRequest {
  Sound sound{};
  TranscriptForm form = TranscriptForm::kJson;
};

// From multipart/form-data: `file` (WAV), `response_format`, `language`; `model`, `prompt` and `temperature`
// change nothing. Errors: kBadInput (which field is wrong), kUnsupported (another format or language),
// kDoesNotFit (a longer recording than the limits allow).
Result<TranscriptionRequest> read_transcription(std::string_view content_type, std::string_view body,
                                                const ServeLimits& limits);

// What was heard, utterance by utterance.
WebAnswer transcription_answer(TranscriptForm form, std::span<const Recognised> utterances, Seconds length);

struct SpeechRequest {
  SynthesisRequest synthesis{};
  bool as_wav = true;  // else the bare samples
};

// From JSON: `input`, `voice` (one of `voices`, or a name of OpenAI's, which stands for the default),
// `response_format` (wav, pcm), `speed`. Errors: kBadInput, kUnsupported, kDoesNotFit.
Result<SpeechRequest> read_speech_request(std::string_view body, std::span<const std::string> voices,
                                          const ServeLimits& limits);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_AUDIO_REQUEST_H_
