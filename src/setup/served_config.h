// What `tokcast setup` left for `tokcast serve`: the parts [llm] and [speech] of config.toml, read back; and
// what the user wrote in [speech.whisper] and [speech.piper].
#ifndef TOKCAST_SETUP_SERVED_CONFIG_H_
#define TOKCAST_SETUP_SERVED_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

// Who listens and who speaks; empty: not told there.
struct ServedSpeech {
  std::string whisper_model{};     // ggml file of whisper.cpp
  std::string whisper_program{};   // a path, or a name in PATH
  std::string whisper_language{};  // as whisper.cpp names it, or "auto"
  std::string piper_program{};
  std::vector<std::string> piper_voices{};  // FILE.onnx each
  std::string set_up_voice{};               // likewise, by setup and not by the user
};

// nullopt: not told there.
struct ServedConfig {
  std::string model_path;  // a GGUF file
  std::optional<std::uint32_t> threads{};
  std::optional<std::uint64_t> context_tokens{};
  std::optional<Seconds> turn_budget{};  // as promised
  ServedSpeech speech{};
};

// `text` is a whole config.toml, `path` names it in errors. Keys of others are left alone. Errors: kBadInput
// (no TOML, a value of the wrong kind or out of range; says which), kNotFound (no model in it: set up for a
// server elsewhere, or not set up).
Result<ServedConfig> served_config(std::string_view text, const std::string& path);

}  // namespace tokcast

#endif  // TOKCAST_SETUP_SERVED_CONFIG_H_
