#include "setup/server_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tokcast {
namespace {

constexpr std::string_view kBegin = "# >>> tokcast setup (this part is written by `tokcast setup`)\n";
constexpr std::string_view kEnd = "# <<< tokcast setup\n";

// What passes between the end of a turn and its noticing, and what a busy moment costs.
constexpr double kServerShare = 1.25;
constexpr double kLeastMargin = 1;
constexpr double kClientShare = 1.25;
constexpr double kLeastClientMargin = 2;

std::string whole(Seconds seconds) {
  return fmt::format("{:.0f}", seconds.value);
}

// As TOML writes a basic string.
std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string toml_number(double number) {
  return fmt::format("{:.3f}", number);
}

class TomlPart {
 public:
  void table(std::string_view name) { out_ += fmt::format("[{}]\n", name); }
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) out_ += fmt::format("{} = {}\n", key, toml_text(value));
  }
  void whole(std::string_view key, auto value) { out_ += fmt::format("{} = {}\n", key, value); }
  void seconds(std::string_view key, Seconds value) {
    out_ += fmt::format("{} = {}\n", key, toml_number(value.value));
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_{};
};

}  // namespace

void set_timeouts(ServerSettings& settings, const TurnForecast& turn) {
  settings.turn = turn.turn;
  settings.load_high = turn.cold_load ? std::optional(turn.cold_load->high) : std::nullopt;
  const double high = turn.turn.high.value;
  const double server = std::ceil(std::max(high * kServerShare, high + kLeastMargin));
  settings.server_timeout = Seconds(server);
  settings.client_timeout = Seconds(std::ceil(std::max(server * kClientShare, server + kLeastClientMargin)));
}

std::vector<std::pair<std::string, std::string>> env_values(const ServerSettings& settings) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto file = [&out](const char* key, const std::string& path) {
    if (!path.empty()) out.emplace_back(key, path);
  };
  file("LOCAL_LLM_MODEL_PATH", settings.files.llm);
  file("LOCAL_STT_MODEL_PATH", settings.files.recognition);
  file("LOCAL_TTS_MODEL_PATH", settings.files.synthesis);
  if (settings.files.llm.empty()) return out;
  out.emplace_back("LOCAL_LLM_THREADS", std::to_string(settings.threads));
  out.emplace_back("LOCAL_LLM_CONTEXT", std::to_string(settings.context_tokens));
  out.emplace_back("LOCAL_LLM_MAX_TOKENS", std::to_string(settings.max_tokens));
  out.emplace_back("LOCAL_LLM_GPU_LAYERS", std::to_string(settings.gpu_layers));
  out.emplace_back("LOCAL_LLM_INFER_TIMEOUT_SEC", whole(settings.server_timeout));
  out.emplace_back("LOCAL_WS_RESPONSE_TIMEOUT", whole(settings.client_timeout));
  return out;
}

Result<void> edit_env(EnvFile& file, const ServerSettings& settings) {
  for (const auto& [key, value] : env_values(settings)) {
    if (auto set = file.set(key, value); !set) return set;
  }
  return {};
}

std::string config_part(const ServerSettings& settings) {
  TomlPart out;
  out.table("llm");
  out.text("model_path", settings.files.llm);
  out.text("model", settings.model);
  out.text("use", settings.use);
  out.text("tier", settings.tier);
  if (!settings.files.llm.empty()) {
    out.whole("threads", settings.threads);
    out.whole("context_tokens", settings.context_tokens);
    out.whole("max_tokens", settings.max_tokens);
    out.whole("gpu_layers", settings.gpu_layers);
    out.table("llm.promise");
    out.seconds("budget_seconds", settings.budget);
    out.seconds("turn_low_seconds", settings.turn.low);
    out.seconds("turn_expected_seconds", settings.turn.expected);
    out.seconds("turn_high_seconds", settings.turn.high);
    if (settings.load_high) out.seconds("load_high_seconds", *settings.load_high);
    out.seconds("server_timeout_seconds", settings.server_timeout);
    out.seconds("client_timeout_seconds", settings.client_timeout);
  }
  out.table("speech");
  out.text("language", settings.language);
  out.text("recognition_path", settings.files.recognition);
  out.text("synthesis_path", settings.files.synthesis);
  return out.take();
}

Result<std::string> with_config_part(std::string_view text, const ServerSettings& settings) {
  const std::string part = fmt::format("{}{}{}", kBegin, config_part(settings), kEnd);
  const auto begin = text.find(kBegin);
  const auto end = text.find(kEnd);
  if (begin == std::string_view::npos && end == std::string_view::npos) {
    std::string out(text);
    if (!out.empty() && !out.ends_with('\n')) out += '\n';
    return out + (out.empty() ? "" : "\n") + part;
  }
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return fail(ErrorKind::kBadInput, "one of setup's two marks is missing or they are swapped",
                "config.toml",
                "Remove the part between '# >>> tokcast setup' and '# <<< tokcast setup', marks included.");
  }
  return std::string(text.substr(0, begin)) + part + std::string(text.substr(end + kEnd.size()));
}

}  // namespace tokcast
