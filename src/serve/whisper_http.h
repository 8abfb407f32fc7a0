// What is said to whisper.cpp's server, and what it answers. Pure.
//
// A recording goes as a form (multipart/form-data) with a WAV file in `file`; with `response_format` json the
// answer is {"text": "..."}, or {"error": "..."}, often with status 200. It puts a line for each segment, and
// in brackets what it hears beside words: "[BLANK_AUDIO]", "(door closes)".
#ifndef TOKCAST_SERVE_WHISPER_HTTP_H_
#define TOKCAST_SERVE_WHISPER_HTTP_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "serve/engine_client.h"

namespace tokcast {

// `boundary` must not be in the samples: let it be random.
EngineRequest whisper_request(const std::string& path, std::span<const std::int16_t> samples,
                              std::string_view boundary);

// The words, without line ends and remarks; may be empty. Errors: kEngineFailed (it refused, in its own
// words, or this is no answer).
Result<std::string> read_whisper_answer(unsigned status, std::string_view body);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_WHISPER_HTTP_H_
