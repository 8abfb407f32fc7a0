#include "serve/audio_request.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "serve/multipart.h"
#include "speech/wav.h"

namespace tokcast {
namespace {

// What OpenAI's clients take raw samples for.
constexpr std::uint32_t kSpeechRate = 24'000;

constexpr std::array<std::string_view, 11> kTheirVoices{"alloy", "ash",  "ballad", "coral",   "echo", "fable",
                                                        "nova",  "onyx", "sage",   "shimmer", "verse"};

const FormField* find_field(const std::vector<FormField>& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &FormField::name);
  return found == fields.end() ? nullptr : &*found;
}

std::string text_in(const std::vector<FormField>& fields, std::string_view name) {
  const FormField* field = find_field(fields, name);
  return field == nullptr ? std::string() : lower(trim(field->content.substr(0, 64)));
}

Result<TranscriptForm> read_form(const std::string& name) {
  if (name.empty() || name == "json") return TranscriptForm::kJson;
  if (name == "text") return TranscriptForm::kText;
  if (name == "verbose_json") return TranscriptForm::kVerboseJson;
  return fail(ErrorKind::kUnsupported,
              fmt::format("'{}' is not written here, but json, text and verbose_json are", printable(name)),
              "response_format");
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::string> text_field(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) return std::string();
  if (!found->is_string()) return fail(ErrorKind::kBadInput, "this must be text", name);
  return found->get<std::string>();
}

Result<void> read_voice(const Json& json, std::span<const std::string> voices, SpeechRequest& out) {
  const auto voice = text_field(json, "voice");
  if (!voice) return std::unexpected(voice.error());
  if (voice->empty() || std::ranges::count(kTheirVoices, *voice) > 0) {
    if (!voices.empty()) out.synthesis.voice = voices.front();
    return {};
  }
  if (std::ranges::count(voices, *voice) == 0) {
    return fail(ErrorKind::kBadInput,
                fmt::format("there is no voice '{}', but: {}", printable(*voice), fmt::join(voices, ", ")),
                "voice");
  }
  out.synthesis.voice = *voice;
  return {};
}

Result<void> read_speech_form(const Json& json, SpeechRequest& out) {
  const auto form = text_field(json, "response_format");
  if (!form) return std::unexpected(form.error());
  out.as_wav = form->empty() || *form == "wav";
  if (out.as_wav || *form == "pcm") return {};
  return fail(ErrorKind::kUnsupported,
              fmt::format("'{}' is not written here, but wav and pcm are", printable(*form)),
              "response_format");
}

Result<void> read_speed(const Json& json, SpeechRequest& out) {
  const auto found = json.find("speed");
  if (found == json.end() || found->is_null()) return {};
  const bool is_good = found->is_number() && found->get<double>() >= 0.25 && found->get<double>() <= 4;
  if (!is_good) return fail(ErrorKind::kBadInput, "this must be a number from 0.25 to 4", "speed");
  out.synthesis.speed = found->get<double>();
  return {};
}

}  // namespace

Result<TranscriptionRequest> read_transcription(std::string_view content_type, std::string_view body,
                                                const ServeLimits& limits) {
  const auto fields = read_multipart(content_type, body);
  if (!fields) return std::unexpected(fields.error());
  const auto form = read_form(text_in(*fields, "response_format"));
  if (!form) return std::unexpected(form.error());
  const std::string language = text_in(*fields, "language");
  if (!language.empty() && language != "en" && !language.starts_with("en-") && language != "english") {
    return fail(ErrorKind::kUnsupported, "only English is recognised here", "language");
  }
  const FormField* file = find_field(*fields, "file");
  if (file == nullptr) return fail(ErrorKind::kBadInput, "this is missing", "file");
  auto sound = read_wav(file->content, limits.recording);
  if (!sound) return std::unexpected(sound.error());
  return TranscriptionRequest{.sound = std::move(*sound), .form = *form};
}

WebAnswer transcription_answer(TranscriptForm form, std::span<const Recognised> utterances, Seconds length) {
  std::string text;
  Json segments = Json::array();
  for (const Recognised& one : utterances) {
    if (one.text.empty()) continue;
    text += (text.empty() ? "" : " ") + one.text;
    Json segment{{"id", segments.size()},
                 {"start", one.begin.value},
                 {"end", std::min(one.end.value, length.value)},
                 {"text", one.text}};
    if (one.confidence) segment["confidence"] = *one.confidence;
    segments.push_back(std::move(segment));
  }
  if (form == TranscriptForm::kText)
    return {.content_type = "text/plain; charset=utf-8", .body = text + "\n"};
  if (form == TranscriptForm::kJson) return {.body = dumped({{"text", text}})};
  return {.body = dumped({{"task", "transcribe"},
                          {"language", "english"},
                          {"duration", length.value},
                          {"text", text},
                          {"segments", std::move(segments)}})};
}

Result<SpeechRequest> read_speech_request(std::string_view body, std::span<const std::string> voices,
                                          const ServeLimits& limits) {
  const auto json =
      parse_json(body, "body", {.size = limits.body, .depth = limits.json_depth, .keys = limits.json_keys});
  if (!json) return std::unexpected(json.error());
  if (!json->is_object()) return fail(ErrorKind::kBadInput, "the body must be a JSON object", "body");
  SpeechRequest out;
  out.synthesis.encoding = SoundEncoding::kLinear16;
  out.synthesis.rate = kSpeechRate;
  auto input = text_field(*json, "input");
  if (!input) return std::unexpected(input.error());
  if (trim(*input).empty()) return fail(ErrorKind::kBadInput, "this is missing", "input");
  if (input->size() > limits.spoken_text) {
    return fail(ErrorKind::kDoesNotFit, fmt::format("this may have {} bytes", limits.spoken_text), "input");
  }
  out.synthesis.text = std::move(*input);
  for (const auto& read :
       {read_voice(*json, voices, out), read_speech_form(*json, out), read_speed(*json, out)}) {
    if (!read) return std::unexpected(read.error());
  }
  return out;
}

}  // namespace tokcast
