#include "serve/local_ai.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace tokcast {
namespace {

// Ids are echoed, so they shall not be long.
constexpr std::size_t kLongestId = 256;

std::string clean_type(std::string_view type) {
  std::string out;
  for (const char c : lower(trim(type))) {
    if (c == '\0') continue;
    out += c == '-' ? '_' : c;
  }
  return out;
}

Json id_in(const Json& fields, const char* name) {
  const auto found = fields.find(name);
  if (found == fields.end() || found->is_structured()) return nullptr;
  if (found->is_string() && found->get_ref<const std::string&>().size() > kLongestId) return nullptr;
  return *found;
}

std::optional<std::uint32_t> rate_in(const LocalAiMessage& message) {
  for (const char* name : {"output_sample_rate_hz", "sample_rate_hz"}) {
    const auto rate = message.number(name, 8'000, 48'000);
    if (rate && *rate) return static_cast<std::uint32_t>(**rate);
  }
  return std::nullopt;
}

std::string encoding_in(const LocalAiMessage& message) {
  for (const char* name : {"output_encoding", "encoding"}) {
    const auto text = message.text(name);
    if (text && !text->empty()) return lower(*text);
  }
  return {};
}

}  // namespace

Json LocalAiMessage::request_id() const {
  return id_in(fields, "request_id");
}
Json LocalAiMessage::call_id() const {
  return id_in(fields, "call_id");
}

Result<std::string> LocalAiMessage::text(const char* name) const {
  const auto found = fields.find(name);
  if (found == fields.end() || found->is_null()) return std::string();
  if (!found->is_string()) return fail(ErrorKind::kBadInput, "this must be text", name);
  return found->get<std::string>();
}

Result<std::optional<std::uint64_t>> LocalAiMessage::number(const char* name, std::uint64_t least,
                                                            std::uint64_t most) const {
  const auto found = fields.find(name);
  if (found == fields.end() || found->is_null()) return std::nullopt;
  const bool is_good = found->is_number_integer() && found->get<std::int64_t>() >= 0 &&
                       found->get<std::uint64_t>() >= least && found->get<std::uint64_t>() <= most;
  if (!is_good) {
    return fail(ErrorKind::kBadInput,
                "this must be a whole number from " + std::to_string(least) + " to " + std::to_string(most),
                name);
  }
  return found->get<std::uint64_t>();
}

bool LocalAiMessage::flag(const char* name) const {
  const auto found = fields.find(name);
  return found != fields.end() && found->is_boolean() && found->get<bool>();
}

std::optional<Seconds> LocalAiMessage::deadline() const {
  const auto found = fields.find("deadline_seconds");
  const bool is_good =
      found != fields.end() && found->is_number() && found->get<double>() > 0 && found->get<double>() < 1e6;
  return is_good ? std::optional(Seconds(found->get<double>())) : std::nullopt;
}

Result<LocalAiMessage> read_local_ai(std::string_view frame, const ServeLimits& limits) {
  auto json = parse_json(frame, "message",
                         {.size = limits.message, .depth = limits.json_depth, .keys = limits.json_keys});
  if (!json) return std::unexpected(json.error());
  if (!json->is_object()) return fail(ErrorKind::kBadInput, "a message is a JSON object");
  LocalAiMessage out{.fields = std::move(*json)};
  auto type = out.text("type");
  if (!type) return std::unexpected(type.error());
  out.type = clean_type(*type);
  if (out.type.empty()) return fail(ErrorKind::kBadInput, "a message needs a type", "type");
  return out;
}

Json local_ai_error(std::string_view code, std::string_view component, std::string_view message) {
  return {{"type", "error"},
          {"code", code},
          {"message", message},
          {"details", {{"error_type", code}, {"component", component}, {"message", message}}}};
}

Json local_ai_failure(const TurnFailure& failure) {
  Json out = local_ai_error(fault_name(failure.fault), "llm", failure.message);
  if (failure.retry_after) out["retry_after_seconds"] = failure.retry_after->value;
  if (failure.fault == TurnFault::kBusy) out["forecast"] = forecast_json(failure);
  return out;
}

SoundFormat sound_format(const LocalAiMessage& message, SoundFormat otherwise) {
  const std::string encoding = encoding_in(message);
  if (encoding.empty()) return otherwise;
  if (encoding == "linear16" || encoding == "pcm16" || encoding == "pcm16le") {
    return {SoundEncoding::kLinear16, rate_in(message).value_or(16'000)};
  }
  return {};
}

std::optional<std::string> delta_text(std::string_view event) {
  const auto json = parse_json(event, "the engine's event", {.size = Bytes(kMebi.value), .depth = 16});
  if (!json || !json->is_object()) return std::nullopt;
  const auto choices = json->find("choices");
  if (choices == json->end() || !choices->is_array() || choices->empty() || !choices->front().is_object()) {
    return std::nullopt;
  }
  const Json& choice = choices->front();
  const auto delta = choice.find("delta");
  if (delta == choice.end() || !delta->is_object()) return std::nullopt;
  const auto content = delta->find("content");
  if (content == delta->end() || !content->is_string()) return std::nullopt;
  return content->get<std::string>();
}

}  // namespace tokcast
