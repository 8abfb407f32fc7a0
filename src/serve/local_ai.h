// The local-ai WebSocket protocol, version 2, as values: what a text frame asks, what frames answer. Pure.
//
// docs/SERVER.md lists the messages. Types are lower-cased, trimmed, and '-' is '_'; fields that are not
// known are ignored; request_id and call_id are echoed as they came.
#ifndef TOKCAST_SERVE_LOCAL_AI_H_
#define TOKCAST_SERVE_LOCAL_AI_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "serve/limits.h"
#include "serve/turns.h"
#include "speech/speech.h"

namespace tokcast {

constexpr int kLocalAiVersion = 2;

struct LocalAiMessage {
  std::string type{};
  Json fields{};  // the whole object

  // As it came: a string, or whatever the client thought an id was; null if absent.
  Json request_id() const;
  Json call_id() const;
  // Empty if absent. Errors: kBadInput if it is something else than text.
  Result<std::string> text(const char* name) const;
  Result<std::optional<std::uint64_t>> number(const char* name, std::uint64_t least,
                                              std::uint64_t most) const;
  bool flag(const char* name) const;
  std::optional<Seconds> deadline() const;  // deadline_seconds, if it is a positive number
};

// Errors: kBadInput: no JSON object, too deep, no type.
Result<LocalAiMessage> read_local_ai(std::string_view frame, const ServeLimits& limits);

// {"type": "error", code, message, ...} and the "details" that the protocol's own documents once promised.
Json local_ai_error(std::string_view code, std::string_view component, std::string_view message);
Json local_ai_failure(const TurnFailure& failure);

// What is spoken in a message or by default: G.711 µ-law at 8000, or linear16. Anything else falls back to
// the former, and the answer says so.
struct SoundFormat {
  SoundEncoding encoding = SoundEncoding::kMulaw;
  std::uint32_t rate = 8'000;
};
SoundFormat sound_format(const LocalAiMessage& message, SoundFormat otherwise);

// The text in one event of the engine's stream; nullopt: none, or not JSON.
std::optional<std::string> delta_text(std::string_view event);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_LOCAL_AI_H_
