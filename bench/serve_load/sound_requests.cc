#include "bench/serve_load/sound_requests.h"

#include <fmt/format.h>

#include <string_view>

namespace tokcast {
namespace {

constexpr std::size_t kTextBytes = 4000;

std::string post(std::string_view path, std::string_view type, std::string_view body) {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      path, type, body.size(), body);
}

}  // namespace

std::string speech_request() {
  std::string text;
  while (text.size() < kTextBytes) text += "The quick brown fox jumps over the lazy dog. ";
  text.resize(kTextBytes);
  return post("/v1/audio/speech", "application/json",
              fmt::format(R"({{"input":"{}","response_format":"wav"}})", text));
}

std::string transcription_request(const std::string& wav) {
  constexpr std::string_view kBoundary = "a-boundary-of-forms";
  return post("/v1/audio/transcriptions", fmt::format("multipart/form-data; boundary={}", kBoundary),
              fmt::format("--{0}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n"
                          "Content-Type: audio/wav\r\n\r\n{1}\r\n--{0}--\r\n",
                          kBoundary, wav));
}

}  // namespace tokcast
