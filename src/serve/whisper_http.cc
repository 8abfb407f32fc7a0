#include "serve/whisper_http.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/json.h"
#include "base/text.h"
#include "speech/utterance_decoder.h"
#include "speech/wav.h"

namespace tokcast {
namespace {

constexpr std::size_t kToldOfAnError = 200;  // bytes

// The bracket that ends what this one opens.
std::optional<char> closing(char open) {
  if (open == '[') return ']';
  if (open == '(') return ')';
  return std::nullopt;
}

std::string without_remarks(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto close = closing(text[at]);
    const auto end = close ? text.find(*close, at) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += text[at];
    } else {
      out += ' ';
      at = end;
    }
  }
  return out;
}

std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    const bool is_blank = static_cast<unsigned char>(byte) <= ' ' || byte == 0x7f;
    if (!is_blank) out += byte;
    if (is_blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  return std::string(trim(out));
}

std::string field(std::string_view boundary, std::string_view name, std::string_view content) {
  return fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n", boundary, name,
                     content);
}

}  // namespace

EngineRequest whisper_request(const std::string& path, std::span<const std::int16_t> samples,
                              std::string_view boundary) {
  EngineRequest out{.path = path};
  out.content_type = fmt::format("multipart/form-data; boundary={}", boundary);
  out.body = field(boundary, "response_format", "json") + field(boundary, "temperature", "0.0");
  out.body += fmt::format(
      "--{}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"utterance.wav\"\r\n"
      "Content-Type: audio/wav\r\n\r\n",
      boundary);
  out.body += write_wav(samples, kDecoderRate);
  out.body += fmt::format("\r\n--{}--\r\n", boundary);
  return out;
}

Result<std::string> read_whisper_answer(unsigned status, std::string_view body) {
  const auto json = parse_json(body, "whisper-server's answer", {.depth = 8, .keys = 64});
  const bool is_object = json && json->is_object();
  const Json error = is_object ? json->value("error", Json()) : Json();
  if (error.is_string()) {
    return fail(ErrorKind::kEngineFailed,
                "whisper-server refuses: " + printable(error.get<std::string>().substr(0, kToldOfAnError)));
  }
  if (status != 200) return fail(ErrorKind::kEngineFailed, fmt::format("whisper-server answers {}", status));
  const Json text = is_object ? json->value("text", Json()) : Json();
  if (!text.is_string()) return fail(ErrorKind::kEngineFailed, "whisper-server's answer makes no sense");
  return on_one_line(without_remarks(text.get_ref<const std::string&>()));
}

}  // namespace tokcast
