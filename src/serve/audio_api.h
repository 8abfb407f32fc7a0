// OpenAI's HTTP requests about sound: /v1/audio/transcriptions and /v1/audio/speech.
#ifndef TOKCAST_SERVE_AUDIO_API_H_
#define TOKCAST_SERVE_AUDIO_API_H_

#include <memory>

#include "serve/http.h"
#include "serve/server_state.h"

namespace tokcast {

// On the loop's thread; the answer comes later. The state must outlive the exchange.
void transcribe(ServerState& state, const std::shared_ptr<Exchange>& exchange);
void speak_aloud(ServerState& state, const std::shared_ptr<Exchange>& exchange);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_AUDIO_API_H_
