// How what was set up is to be run: derived from the forecast that was accepted, written to `.env` for the
// server of the story this tool grew from, and to tokcast's own configuration.
#ifndef TOKCAST_SETUP_SERVER_SETTINGS_H_
#define TOKCAST_SETUP_SERVER_SETTINGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "forecast/forecast.h"
#include "setup/env_file.h"

namespace tokcast {

// Files as they were downloaded; empty: none.
struct SetUpFiles {
  std::string llm{};
  std::string recognition{};
  std::string synthesis{};
};

struct ServerSettings {
  std::string use{};    // "voice"
  std::string tier{};   // empty: chosen from the catalogue
  std::string model{};  // as find_model knows it
  SetUpFiles files{};
  std::string language{};
  std::uint32_t threads = 1;
  std::uint64_t context_tokens = 0;
  std::uint64_t max_tokens = 0;  // of a reply: the promise is about this many
  std::int64_t gpu_layers = 0;   // -1: all
  Seconds budget{};
  Interval<Seconds> turn{};            // as promised
  std::optional<Seconds> load_high{};  // from the disk, the slow end; nullopt: not known
  Seconds server_timeout{};            // longer than the slow end of a turn
  Seconds client_timeout{};            // longer than the server's
};

// The chain of timeouts, each longer than what it waits for: client > server > high end of the forecast.
// Whole seconds. Needs forecast.turn.
void set_timeouts(ServerSettings& settings, const TurnForecast& turn);

// The keys of `.env`, in order. A file that was not downloaded has none: a key of a server that would look
// for it is better absent than wrong.
std::vector<std::pair<std::string, std::string>> env_values(const ServerSettings& settings);

// Sets them all. Errors: those of EnvFile::set.
Result<void> edit_env(EnvFile& file, const ServerSettings& settings);

// config.toml with the part that setup owns, between two marks, written anew or appended; the rest stays as
// it is. Errors: kBadInput (one mark without the other).
Result<std::string> with_config_part(std::string_view text, const ServerSettings& settings);

// The part alone: TOML.
std::string config_part(const ServerSettings& settings);

}  // namespace tokcast

#endif  // TOKCAST_SETUP_SERVER_SETTINGS_H_
