#include "choose/use.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace tokcast {
namespace {

std::vector<Use> make_uses() {
  std::vector<Use> out;
  out.push_back({.name = "voice",
                 .title = "a spoken exchange, 10 s in all",
                 .workload = {},
                 .needs = {.at_once = true}});
  out.push_back({.name = "chat",
                 .title = "a turn in a conversation, first words in 10 s, as fast as one reads",
                 .workload = {.prompt_tokens = 128,
                              .reply_tokens = 256,
                              .depth_tokens = 2048,
                              .context_tokens = 8192,
                              .turn_budget = Seconds(60),
                              .first_token_budget = Seconds(10)}});
  out.push_back({.name = "code",
                 .title = "a question about code, 6144 tokens of it, 180 s in all",
                 .workload = {.prompt_tokens = 6144,
                              .cached_tokens = 4096,
                              .reply_tokens = 512,
                              .context_tokens = 16384,
                              .turn_budget = Seconds(180),
                              .first_token_budget = Seconds(30)},
                 .needs = {.code = true, .tools = true}});
  out.push_back(
      {.name = "batch",
       .title = "documents overnight, 30 s each, nobody waits",
       .workload = {
           .prompt_tokens = 2048, .reply_tokens = 256, .context_tokens = 4096, .turn_budget = Seconds(30)}});
  return out;
}

}  // namespace

std::span<const Use> uses() {
  static const std::vector<Use> all = make_uses();
  return all;
}

Result<Use> find_use(std::string_view name) {
  const auto found =
      std::ranges::find_if(uses(), [name](const Use& use) { return equals_ignoring_case(use.name, name); });
  if (found != uses().end()) return *found;
  std::vector<std::string> names;
  for (const Use& use : uses()) names.emplace_back(use.name);
  const auto nearest = nearest_word(name, names);
  return fail(ErrorKind::kUsage, fmt::format("'{}' is not a use: {}", printable(name), use_names()), "--use",
              nearest ? fmt::format("Did you mean {}?", *nearest) : "Give one of these.");
}

std::string use_names() {
  std::string out;
  for (std::size_t i = 0; i < uses().size(); ++i) {
    if (i > 0) out += i + 1 == uses().size() ? " or " : ", ";
    out += uses()[i].name;
  }
  return out;
}

}  // namespace tokcast
