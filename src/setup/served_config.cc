#include "setup/served_config.h"

#define TOML_EXCEPTIONS 0
#include <fmt/format.h>
#include <toml++/toml.h>

#include <filesystem>
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

// Correcting it is up to the user: setup does not write this part.
Error bad_remote(const std::string& path, std::string message) {
  return {ErrorKind::kBadInput, std::move(message), path, "docs/SERVER.md has an example."};
}

Result<void> check_remote_keys(const toml::table& in, const std::string& path) {
  for (const auto& [key, value] : in) {
    const std::string_view name = key.str();
    if (name == "key") {
      return std::unexpected(
          bad_remote(path, "remote.key: a key does not belong in here; key_file names a file that has it"));
    }
    if (name != "url" && name != "model" && name != "key_file") {
      return std::unexpected(bad_remote(
          path, fmt::format("remote.{} is not known: there are url, model and key_file", printable(name))));
    }
    if (!value.is_string() || value.ref<std::string>().empty())
      return std::unexpected(bad_remote(path, fmt::format("remote.{} is not a text", name)));
  }
  return {};
}

// nullopt: there is none.
Result<std::optional<RemoteConfig>> remote_at(const toml::table& in, const std::string& path) {
  const auto node = in.at_path("remote");
  if (!node) return std::nullopt;
  const toml::table* table = node.as_table();
  if (table == nullptr) return std::unexpected(bad_remote(path, "remote is not a table"));
  if (auto known = check_remote_keys(*table, path); !known) return std::unexpected(known.error());
  const auto url = (*table)["url"].value<std::string>();
  const auto model = (*table)["model"].value<std::string>();
  if (!url || !model) {
    return std::unexpected(bad_remote(path, fmt::format("remote.{} is missing", url ? "model" : "url")));
  }
  RemoteConfig out{.url = *url, .model = *model, .key_file = (*table)["key_file"].value<std::string>()};
  if (out.key_file) out.key_file = (std::filesystem::path(path).parent_path() / *out.key_file).string();
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
  const auto remote = remote_at(in, path);
  if (!remote) return std::unexpected(remote.error());
  const std::string model = in.at_path("llm.model_path").value<std::string>().value_or("");
  if (model.empty() && !*remote) {
    return fail(ErrorKind::kNotFound, "no model was set up to be served here, and no server elsewhere", path,
                "Name a GGUF file, run `tokcast setup`, or name a server in its part [remote].");
  }
  const auto threads = whole_at(in, "llm.threads", 4096, path);
  if (!threads) return std::unexpected(threads.error());
  const auto context = whole_at(in, "llm.context_tokens", 1 << 24, path);
  if (!context) return std::unexpected(context.error());
  const auto budget = seconds_at(in, "llm.promise.budget_seconds", path);
  if (!budget) return std::unexpected(budget.error());
  auto speech = speech_in(in, path);
  if (!speech) return std::unexpected(speech.error());
  ServedConfig out{
      .model_path = model, .turn_budget = *budget, .speech = std::move(*speech), .remote = *remote};
  if (*threads) out.threads = static_cast<std::uint32_t>(**threads);
  if (*context) out.context_tokens = static_cast<std::uint64_t>(**context);
  return out;
}

}  // namespace tokcast
