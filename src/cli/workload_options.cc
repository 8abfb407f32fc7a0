#include "cli/workload_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr const char* kGroup = "The turn";

// More threads than any machine has; keeps a typo from starting a million.
constexpr std::uint64_t kMostThreads = 4096;

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const auto check = [least, most](const std::string& text) -> std::string {
    const auto number = parse_uint(text);
    if (number && *number >= least && *number <= most) return "";
    return fmt::format("'{}' is not a whole number from {} to {}", printable(text), least, most);
  };
  return CLI::Validator(check, "");
}

template <typename T>
CLI::Option* add_number(CLI::App& parser, const std::string& name, T& value, const std::string& text,
                        std::uint64_t least, std::uint64_t most) {
  return parser.add_option(name, value, text)
      ->check(whole_number(least, most))
      ->type_name("N")
      ->group(kGroup);
}

std::optional<GgmlType> find_cache_type(std::string_view name) {
  const auto type = find_type(name);
  const bool known = type && std::ranges::find(cache_types(), type->type) != cache_types().end();
  return known ? std::optional(type->type) : std::nullopt;
}

std::string cache_type_names() {
  std::vector<std::string> names;
  for (const GgmlType type : cache_types()) names.push_back(lower(geometry(type).name));
  return fmt::format("{}", fmt::join(names, ", "));
}

CLI::Option* add_budget(CLI::App& parser, const std::string& name, auto& value, const std::string& text) {
  return parser.add_option(name, value, text)->check(positive_seconds())->type_name("SECONDS")->group(kGroup);
}

void add_use(CLI::App& parser, std::string& name) {
  const auto check = [](const std::string& text) -> std::string {
    const auto use = find_use(text);
    return use ? "" : fmt::format("{}. {}", use.error().message, use.error().fix);
  };
  parser.add_option("--use", name, fmt::format("A use: {} (voice)", use_names()))
      ->check(CLI::Validator(check, ""))
      ->type_name("NAME")
      ->group(kGroup);
}

}  // namespace

CLI::Validator positive_seconds() {
  const auto check = [](const std::string& text) -> std::string {
    const auto seconds = parse_double(text);
    if (seconds && *seconds > 0 && *seconds <= 1e9) return "";
    return fmt::format("'{}' is not a positive number of seconds", printable(text));
  };
  return CLI::Validator(check, "");
}

CLI::Validator seconds_or_none() {
  const auto check = [](const std::string& text) -> std::string {
    const auto seconds = parse_double(text);
    if (seconds && *seconds >= 0 && *seconds <= 1e9) return "";
    return fmt::format("'{}' is not a number of seconds", printable(text));
  };
  return CLI::Validator(check, "");
}

void WorkloadOptions::add_to(CLI::App& parser) {
  constexpr std::uint64_t kMost = 1ULL << 32U;
  add_use(parser, use_name);
  add_number(parser, "--prompt", prompt, "Tokens of the prompt (voice: 128)", 0, kMost);
  add_number(parser, "--cached", cached, "... of these, in the context already (0)", 0, kMost);
  add_number(parser, "--reply", reply, "Tokens of the reply (voice: 30)", 0, kMost);
  add_number(parser, "--depth", depth, "Tokens in the context before the turn (0)", 0, kMost);
  add_number(parser, "--ctx", context, "Of each session (voice: 2048; or the turn)", 1, kMost);
  add_number(parser, "--sessions", sessions, "Sessions at once, a turn in each (1)", 1, kMostSessions);
  add_number(parser, "--threads", threads, "Threads (the best count found)", 1, kMostThreads);
  parser.add_option("--gpu-layers", gpu_layers, "Layers on GPUs; auto: as many as fit (auto)")
      ->type_name("N|auto")
      ->group(kGroup);
  parser.add_option("--kv-type", kv_type, "Of the cache: f16, q8_0 ... or keys,values (f16)")
      ->type_name("TYPE")
      ->group(kGroup);
  parser.add_option("--flash-attn", flash_attention, "on, off or auto (auto)")
      ->check(CLI::IsMember({"on", "off", "auto"}))
      ->type_name("")
      ->group(kGroup);
  parser.add_flag("--voice", voice, "Heard and spoken: when the first words are heard")->group(kGroup);
  add_budget(parser, "--budget", turn_budget, "Time allowed for the turn (voice: 10)");
  add_budget(parser, "--first-token-budget", first_token_budget, "... until the first token");
}

Result<void> WorkloadOptions::set_cache(Workload& out) const {
  const std::size_t comma = kv_type.find(',');
  const auto keys = find_cache_type(kv_type.substr(0, comma));
  const auto values = comma == std::string::npos ? keys : find_cache_type(kv_type.substr(comma + 1));
  if (!keys || !values) {
    return fail(ErrorKind::kUsage, fmt::format("the engine has no cache of type '{}'", printable(kv_type)),
                "--kv-type", fmt::format("Give one of {}, or two as keys,values.", cache_type_names()));
  }
  out.key_type = *keys;
  out.value_type = *values;
  return {};
}

Result<Workload> WorkloadOptions::workload() const {
  const auto named = find_use(use_name);
  if (!named) return std::unexpected(named.error());
  Workload out = named->workload;
  if (prompt) {
    // The share of the prompt that is in the context already stays as it is in the use.
    if (out.prompt_tokens > 0) out.cached_tokens = *prompt * out.cached_tokens / out.prompt_tokens;
    out.prompt_tokens = *prompt;
  }
  out.cached_tokens = cached.value_or(out.cached_tokens);
  out.reply_tokens = reply.value_or(out.reply_tokens);
  out.depth_tokens = depth.value_or(out.depth_tokens);
  out.sessions = sessions.value_or(out.sessions);
  out.voice = voice || out.voice;
  const std::uint64_t turn = out.depth_tokens + out.prompt_tokens + out.reply_tokens;
  out.context_tokens = context.value_or(std::max(out.context_tokens, turn));
  if (turn_budget) out.turn_budget = Seconds(*turn_budget);
  if (first_token_budget) out.first_token_budget = Seconds(*first_token_budget);
  if (gpu_layers != "auto") {
    const auto layers = parse_uint(gpu_layers);
    if (!layers || *layers > kMostThreads) {
      return fail(ErrorKind::kUsage,
                  fmt::format("'{}' is neither a number of layers nor auto", printable(gpu_layers)),
                  "--gpu-layers", "Give a number or auto.");
    }
    out.gpu_layers = static_cast<std::uint32_t>(*layers);
  }
  if (auto set = set_cache(out); !set) return std::unexpected(set.error());
  if (flash_attention == "on") out.flash_attention = FlashAttention::kOn;
  if (flash_attention == "off") out.flash_attention = FlashAttention::kOff;
  if (auto sound = check_workload(out); !sound) return std::unexpected(sound.error());
  return out;
}

Result<Use> WorkloadOptions::use() const {
  auto out = find_use(use_name);
  if (!out) return out;
  const auto turn = workload();
  if (!turn) return std::unexpected(turn.error());
  out->workload = *turn;
  return out;
}

std::string turn_in_words(const Workload& workload) {
  std::string out;
  if (workload.reply_tokens == 0) {
    out = fmt::format("reading a {}-token prompt", workload.prompt_tokens);
  } else {
    out = fmt::format("a {}-token reply", workload.reply_tokens);
    if (workload.prompt_tokens > 0) out += fmt::format(" to a {}-token prompt", workload.prompt_tokens);
  }
  if (workload.cached_tokens > 0) out += fmt::format(" ({} cached)", workload.cached_tokens);
  if (workload.depth_tokens > 0) out += fmt::format(" after {} tokens of context", workload.depth_tokens);
  if (workload.sessions > 1) out += fmt::format(" in each of {} sessions at once", workload.sessions);
  return out;
}

}  // namespace tokcast
