// What `tokcast serve` serves where nothing is named: the parts [llm] and [speech] of config.toml, which
// `tokcast setup` writes, and what the user wrote in [remote], [speech.whisper] and [speech.piper].
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

// A server elsewhere to which turns are handed.
struct RemoteConfig {
  std::string url{};
  std::string model{};  // as it is called there
  std::optional<std::string> key_file{};
};

// nullopt: not told there.
struct ServedConfig {
  std::string model_path;  // a GGUF file; empty: none is here, and there is a `remote`
  std::optional<std::uint32_t> threads{};
  std::optional<std::uint64_t> context_tokens{};
  std::optional<Seconds> turn_budget{};  // as promised
  ServedSpeech speech{};
  std::optional<RemoteConfig> remote{};
};

// `text` is a whole config.toml, `path` names it in errors and is where a relative `key_file` starts. Keys of
// others are left alone. Errors: kBadInput (no TOML; a value of the wrong kind or out of range; in [remote] a
// key that is not known, as a mistyped one would send turns without what it says; says which), kNotFound
// (neither a model nor a server elsewhere).
Result<ServedConfig> served_config(std::string_view text, const std::string& path);

}  // namespace tokcast

#endif  // TOKCAST_SETUP_SERVED_CONFIG_H_
