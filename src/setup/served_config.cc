#include "setup/served_config.h"

#define TOML_EXCEPTIONS 0
#include <fmt/format.h>
#include <toml++/toml.h>

#include <utility>

#include "base/text.h"

namespace tokcast {
namespace {

Error bad_value(const std::string& path, std::string_view key, std::string_view wanted) {
  return {ErrorKind::kBadInput, fmt::format("{} is not {}", key, wanted), path,
          "Correct it, or run `tokcast setup` again."};
}

// A whole number from 1 to `most`; nullopt if the key is not there.
Result<std::optional<std::int64_t>> whole_at(const toml::table& in, const char* key, std::int64_t most,
                                             const std::string& path) {
  const auto node = in.at_path(key);
  if (!node) return std::nullopt;
  const auto value = node.value_exact<std::int64_t>();
  if (value && *value >= 1 && *value <= most) return value;
  return std::unexpected(bad_value(path, key, fmt::format("a whole number from 1 to {}", most)));
}

Result<std::optional<Seconds>> seconds_at(const toml::table& in, const char* key, const std::string& path) {
  const auto node = in.at_path(key);
  if (!node) return std::nullopt;
  const auto value = node.value<double>();
  if (value && *value > 0 && *value <= 1e6) return Seconds(*value);
  return std::unexpected(bad_value(path, key, "a positive number of seconds"));
}

// Empty if the key is not there.
Result<std::string> text_at(const toml::table& in, const char* key, const std::string& path) {
  const auto node = in.at_path(key);
  if (!node) return std::string();
  if (const auto value = node.value_exact<std::string>()) return *value;
  return std::unexpected(bad_value(path, key, "a text"));
}

Result<std::vector<std::string>> texts_at(const toml::table& in, const char* key, const std::string& path) {
  const auto node = in.at_path(key);
  std::vector<std::string> out;
  if (!node) return out;
  const toml::array* array = node.as_array();
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    if (const auto value = array->get(i)->value_exact<std::string>()) out.push_back(*value);
  }
  if (array != nullptr && out.size() == array->size()) return out;
  return std::unexpected(bad_value(path, key, "a list of texts"));
}

Result<ServedSpeech> speech_in(const toml::table& in, const std::string& path) {
  ServedSpeech out;
  for (const auto& [key, into] : {std::pair("speech.whisper.model", &out.whisper_model),
                                  std::pair("speech.whisper.program", &out.whisper_program),
                                  std::pair("speech.whisper.language", &out.whisper_language),
                                  std::pair("speech.piper.program", &out.piper_program)}) {
    auto text = text_at(in, key, path);
    if (!text) return std::unexpected(text.error());
    *into = std::move(*text);
  }
  auto voices = texts_at(in, "speech.piper.voices", path);
  if (!voices) return std::unexpected(voices.error());
  out.piper_voices = std::move(*voices);
  // Of setup's own keys: it fetches voices for piper, and models that nothing here can listen with.
  const auto voice = in.at_path("speech.synthesis_path").value<std::string>();
  if (voice && voice->ends_with(".onnx")) out.set_up_voice = *voice;
  return out;
}

}  // namespace

Result<ServedConfig> served_config(std::string_view text, const std::string& path) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return fail(ErrorKind::kBadInput,
                fmt::format("line {}: {}", parsed.error().source().begin.line,
                            printable(std::string(parsed.error().description()))),
                path, "Correct it, or run `tokcast setup` again.");
  }
  const toml::table& in = parsed.table();
  const auto model = in.at_path("llm.model_path").value<std::string>();
  if (!model || model->empty()) {
    return fail(ErrorKind::kNotFound, "no model was set up to be served here", path,
                "Name a GGUF file, or run `tokcast setup`.");
  }
  const auto threads = whole_at(in, "llm.threads", 4096, path);
  if (!threads) return std::unexpected(threads.error());
  const auto context = whole_at(in, "llm.context_tokens", 1 << 24, path);
  if (!context) return std::unexpected(context.error());
  const auto budget = seconds_at(in, "llm.promise.budget_seconds", path);
  if (!budget) return std::unexpected(budget.error());
  auto speech = speech_in(in, path);
  if (!speech) return std::unexpected(speech.error());
  ServedConfig out{.model_path = *model, .turn_budget = *budget, .speech = std::move(*speech)};
  if (*threads) out.threads = static_cast<std::uint32_t>(**threads);
  if (*context) out.context_tokens = static_cast<std::uint64_t>(**context);
  return out;
}

}  // namespace tokcast
