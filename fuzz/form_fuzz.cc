// Requests about sound by HTTP: the first line is the content type, the rest the body; and the body as JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "serve/audio_request.h"
#include "serve/multipart.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tokcast;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto line = bytes.find('\n');
  if (line == std::string_view::npos) return 0;
  const std::string_view body = bytes.substr(line + 1);
  const auto fields = read_multipart(bytes.substr(0, line), body);
  if (fields) {
    for (const FormField& field : *fields) {
      const bool is_within = field.content.data() >= body.data() &&
                             field.content.data() + field.content.size() <= body.data() + body.size();
      if (!is_within || field.name.empty()) abort();
    }
  }
  ServeLimits limits;
  limits.recording = Seconds(10);
  static_cast<void>(read_transcription(bytes.substr(0, line), body, limits));
  const std::string voices[] = {"slt", "kal"};
  const auto speech = read_speech_request(body, voices, limits);
  if (speech && (speech->synthesis.text.empty() || speech->synthesis.text.size() > limits.spoken_text))
    abort();
  return 0;
}
