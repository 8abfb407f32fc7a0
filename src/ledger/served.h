// What the server did for somebody, stage by stage: a turn, typed or spoken, or sound by itself. Kept whether
// anything was promised of the model or not; a promise is about the engine's part alone.
#ifndef TOKCAST_LEDGER_SERVED_H_
#define TOKCAST_LEDGER_SERVED_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "ledger/promise.h"

namespace tokcast {

enum class ServedKind { kTurn, kSpokenTurn, kTranscription, kSpeech };

// "turn", "spoken-turn", "transcription", "speech".
std::string_view served_kind_name(ServedKind kind);

// How long each stage took; nullopt: it did not come to that, or there is no such stage.
struct Stages {
  std::optional<Seconds> recognition{};  // from the end of speech to its words; of a recording: all of it
  std::optional<Seconds> queue{};        // from there, or from the request, until the model took it up
  std::optional<Seconds> first_token{};  // from there to the first token; only of streams
  std::optional<Seconds> reply{};        // from the first token to the last
  std::optional<Seconds> synthesis{};    // of the first sentence; of a text to be spoken: all of it
  std::optional<Seconds>
      first_audio{};               // from the end of speech, or the request, to the answer's first sound
  std::optional<Seconds> total{};  // ... to the end of all
};

struct Served {
  std::int64_t id = 0;         // given by the ledger; 0: not in it
  std::int64_t unix_time = 0;  // when it ended, seconds; 0: now
  ServedKind kind = ServedKind::kTurn;
  std::string by{};       // the model, the recogniser or the synthesiser
  std::string outcome{};  // "done", or what ended it
  Site site{};
  Stages stages{};
  std::optional<std::uint64_t> prompt_tokens{};
  std::optional<std::uint64_t> reply_tokens{};
  std::optional<Seconds> sound{};           // how long a recording, or what was spoken of a text, is
  std::optional<std::int64_t> actual_id{};  // the engine's part, held against a promise

  bool is_done() const { return outcome == "done"; }
};

// The median of each stage over all that are done, of one kind and by one model, recogniser or synthesiser.
struct StageMedians {
  ServedKind kind = ServedKind::kTurn;
  std::string by{};
  std::size_t done = 0;
  std::size_t others = 0;  // that failed, or were cancelled
  Stages stages{};
  std::optional<double> prompt_tokens{};
  std::optional<double> reply_tokens{};
  std::optional<Seconds> sound{};
};

// In the order in which kinds and names first appear. Pure.
std::vector<StageMedians> stage_medians(std::span<const Served> all);

}  // namespace tokcast

#endif  // TOKCAST_LEDGER_SERVED_H_
