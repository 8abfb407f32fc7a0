#include "serve/whole_reply.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace tokcast {
namespace {

constexpr std::size_t kMostChoices = 64;
constexpr std::size_t kMostCalls = 128;
constexpr std::size_t kMostKeys = 64;  // of one object, which finds them one by one

std::unexpected<Error> not_a_reply() {
  return fail(ErrorKind::kBadInput, "the engine's stream cannot be put together", "its answer");
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// nullopt: it is no object, or its place none of the first `most`.
std::optional<std::size_t> place_of(const Json& entry, std::size_t most) {
  if (!entry.is_object()) return std::nullopt;
  const auto found = entry.find("index");
  if (found == entry.end()) return 0;
  if (!found->is_number_unsigned() || found->get<std::size_t>() >= most) return std::nullopt;
  return found->get<std::size_t>();
}

// Strings are joined, lists appended, numbers and what is nested replaced or joined in turn: as OpenAI's
// deltas are meant. Entries of "tool_calls" carry the place they belong to.
Result<void> join(Json& into, const Json& delta);

Result<void> join_calls(Json& calls, const Json& deltas) {
  if (!calls.is_array()) calls = Json::array();
  for (const Json& delta : deltas) {
    const auto place = place_of(delta, kMostCalls);
    if (!place) return not_a_reply();
    while (calls.size() <= *place) calls.push_back(Json::object());
    if (auto joined = join(calls[*place], delta); !joined) return joined;
    calls[*place].erase("index");
  }
  return {};
}

Result<void> join_entry(Json& into, const std::string& key, const Json& value) {
  if (into.size() >= kMostKeys) return not_a_reply();
  Json& own = into[key];
  if (key == "tool_calls" && value.is_array()) return join_calls(own, value);
  constexpr std::array kSaidWhole{"role", "id", "type", "finish_reason"};  // at times more than once
  const bool names = std::ranges::find(kSaidWhole, key) != kSaidWhole.end();
  if (own.is_string() && value.is_string() && !names) {
    own.get_ref<std::string&>() += value.get_ref<const std::string&>();
  } else if (own.is_array() && value.is_array()) {
    own.insert(own.end(), value.begin(), value.end());
  } else if (value.is_object()) {
    if (!own.is_object()) own = Json::object();
    return join(own, value);
  } else if (!value.is_null()) {
    own = value;
  }
  return {};
}

Result<void> join(Json& into, const Json& delta) {
  for (const auto& [key, value] : delta.items()) {
    if (auto joined = join_entry(into, key, value); !joined) return joined;
  }
  return {};
}

}  // namespace

void ask_for_stream(Json& body) {
  body["stream"] = true;
  Json& options = body["stream_options"];
  if (!options.is_object()) options = Json::object();
  options["include_usage"] = true;
}

std::string with_progress_asked(std::string body) {
  if (body.starts_with('{'))
    body.insert(1, body == "{}" ? R"("return_progress":true)" : R"("return_progress":true,)");
  return body;
}

bool is_progress(std::string_view data) {
  // Inside a string the quotes would be escaped.
  return data.find(R"("prompt_progress":)") != std::string_view::npos;
}

Result<void> WholeReply::add_choice(const Json& choice) {
  const auto place = place_of(choice, kMostChoices);
  if (!place) return not_a_reply();
  Json& choices = whole_["choices"];
  while (choices.size() <= *place) choices.push_back({{"index", choices.size()}});
  Json& own = choices[*place];
  for (const auto& [key, value] : choice.items()) {
    if (key == "index") continue;
    if (auto joined = join_entry(own, key == "delta" ? "message" : key, value); !joined) return joined;
  }
  return {};
}

Result<void> WholeReply::add(std::string_view data) {
  if (data == "[DONE]") return {};
  auto event = parse_json(data, "the engine's answer");
  if (!event) return std::unexpected(event.error());
  if (!event->is_object()) return not_a_reply();
  if (const auto error = event->find("error"); error != event->end()) {
    const bool says = error->is_object() && error->value("message", Json()).is_string();
    return fail(ErrorKind::kBadInput,
                says ? (*error)["message"].get<std::string>() : "the engine gave its reply up", "its answer");
  }
  for (auto& [key, value] : event->items()) {
    if (key == "prompt_progress") continue;
    if (key != "choices") {
      if (whole_.size() >= kMostKeys) return not_a_reply();
      if (!value.is_null() || !whole_.contains(key)) whole_[key] = std::move(value);
      continue;
    }
    if (!whole_.contains(key)) whole_[key] = Json::array();
    for (const Json& choice : value) {
      if (auto added = add_choice(choice); !added) return added;
    }
  }
  return {};
}

std::string WholeReply::text() const {
  Json out = whole_;
  if (out.value("object", Json()) == "chat.completion.chunk") out["object"] = "chat.completion";
  const auto choices = out.find("choices");
  if (choices == out.end()) return dumped(out);
  for (Json& choice : *choices) {
    const auto message = choice.find("message");
    if (message == choice.end() || !message->is_object() || message->contains("tool_calls")) continue;
    if ((*message)["content"].is_null()) (*message)["content"] = "";  // it said nothing
  }
  return dumped(out);
}

}  // namespace tokcast
