#include "serve/openai.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/text.h"
#include "serve/whole_reply.h"

namespace tokcast {
namespace {

// Ours, and what would reach into the engine's slots and memory (n_discard: CVE-2026-21869). There is one
// model.
constexpr std::array<const char*, 5> kNotForEngine{"deadline_seconds", "id_slot", "model", "n_discard",
                                                   "n_keep"};

std::string_view type_of(unsigned status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 429:
      return "rate_limit_error";
    default:
      return status < 500 ? "invalid_request_error" : "server_error";
  }
}

std::uint64_t text_bytes(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size();
  std::uint64_t sum = 0;
  if (value.is_array() || value.is_object()) {
    for (const auto& item : value) sum += text_bytes(item);
  }
  return sum;
}

Result<std::optional<std::uint64_t>> read_limit(const Json& json) {
  for (const char* name : {"max_completion_tokens", "max_tokens", "n_predict"}) {
    const auto found = json.find(name);
    if (found == json.end() || found->is_null()) continue;
    if (!found->is_number_integer()) return fail(ErrorKind::kBadInput, "this must be a whole number", name);
    const auto number = found->get<std::int64_t>();
    if (number > 0) return static_cast<std::uint64_t>(number);
  }
  return std::nullopt;
}

Result<std::optional<Seconds>> read_deadline(const Json& json) {
  const auto found = json.find("deadline_seconds");
  if (found == json.end() || found->is_null()) return std::nullopt;
  const bool is_good = found->is_number() && found->get<double>() > 0 && found->get<double>() < 1e6;
  if (!is_good)
    return fail(ErrorKind::kBadInput, "this must be a positive number of seconds", "deadline_seconds");
  return Seconds(found->get<double>());
}

Result<std::uint64_t> read_prompt_bytes(ApiKind kind, const Json& json) {
  const char* name =
      kind == ApiKind::kChat ? "messages" : (kind == ApiKind::kCompletion ? "prompt" : "input");
  const auto found = json.find(name);
  if (found == json.end()) return fail(ErrorKind::kBadInput, "this is missing", name);
  const bool is_good = found->is_array() ? !found->empty() : (kind != ApiKind::kChat && found->is_string());
  if (!is_good) return fail(ErrorKind::kBadInput, "this must be a list that is not empty", name);
  std::uint64_t sum = text_bytes(*found);
  if (const auto tools = json.find("tools"); tools != json.end()) sum += text_bytes(*tools);
  return sum;
}

unsigned status_of(TurnFault fault) {
  switch (fault) {
    case TurnFault::kBusy:
      return 429;
    case TurnFault::kNotReady:
      return 503;
    case TurnFault::kDeadline:
      return 504;
    default:
      return 502;
  }
}

Json error_json(unsigned status, std::string_view code, std::string_view message) {
  return {{"error", {{"message", message}, {"type", type_of(status)}, {"param", nullptr}, {"code", code}}}};
}

Json failure_json(const TurnFailure& failure) {
  Json out = error_json(status_of(failure.fault), fault_name(failure.fault), failure.message);
  if (failure.fault != TurnFault::kBusy) return out;
  Json& error = out["error"];
  if (failure.refusal) error["reason"] = refusal_name(*failure.refusal);
  error["forecast"] = forecast_json(failure);
  return out;
}

// Bytes that are no UTF-8 are replaced, never thrown about.
std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<ApiRequest> read_api_request(ApiKind kind, std::string_view body, const ServeLimits& limits) {
  auto json =
      parse_json(body, "body", {.size = limits.body, .depth = limits.json_depth, .keys = limits.json_keys});
  if (!json) return std::unexpected(json.error());
  if (!json->is_object()) return fail(ErrorKind::kBadInput, "the body must be a JSON object", "body");
  ApiRequest out;
  const auto bytes = read_prompt_bytes(kind, *json);
  if (!bytes) return std::unexpected(bytes.error());
  out.prompt_bytes = *bytes;
  auto limit = read_limit(*json);
  if (!limit) return std::unexpected(limit.error());
  out.reply_limit = kind == ApiKind::kEmbeddings ? std::optional<std::uint64_t>(1) : *limit;
  auto deadline = read_deadline(*json);
  if (!deadline) return std::unexpected(deadline.error());
  out.deadline = *deadline;
  if (const auto stream = json->find("stream"); stream != json->end() && !stream->is_null()) {
    if (!stream->is_boolean()) return fail(ErrorKind::kBadInput, "this must be true or false", "stream");
    out.stream = stream->get<bool>();
  }
  if (const auto user = json->find("user"); user != json->end() && user->is_string()) {
    out.user = user->get<std::string>().substr(0, 64);
  }
  for (const char* name : kNotForEngine) json->erase(name);
  out.wants_progress = out.stream && json->value("return_progress", Json()) == true;
  if (kind != ApiKind::kEmbeddings && !out.stream) ask_for_stream(*json);
  out.body = dumped(*json);
  return out;
}

WebAnswer error_answer(unsigned status, std::string_view code, std::string_view message) {
  WebAnswer out{.status = status, .body = dumped(error_json(status, code, message))};
  if (status == 401) out.headers.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

WebAnswer failure_answer(const TurnFailure& failure) {
  WebAnswer out{.status = status_of(failure.fault), .body = dumped(failure_json(failure))};
  if (failure.retry_after) {
    out.headers.emplace_back("Retry-After",
                             fmt::format("{}", static_cast<long>(std::ceil(failure.retry_after->value))));
  }
  return out;
}

std::string failure_event(const TurnFailure& failure) {
  return fmt::format("data: {}\n\n", dumped(failure_json(failure)));
}

}  // namespace tokcast
