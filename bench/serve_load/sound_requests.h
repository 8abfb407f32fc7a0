// Requests that keep recognition and synthesis busy.
#ifndef TOKCAST_BENCH_SERVE_LOAD_SOUND_REQUESTS_H_
#define TOKCAST_BENCH_SERVE_LOAD_SOUND_REQUESTS_H_

#include <string>

namespace tokcast {

// POST /v1/audio/speech: some 4000 bytes of text, four minutes of sound.
std::string speech_request();

// POST /v1/audio/transcriptions: `wav` as a form's file.
std::string transcription_request(const std::string& wav);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_SERVE_LOAD_SOUND_REQUESTS_H_
