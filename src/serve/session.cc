#include "serve/session.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/text.h"
#include "serve/access.h"
#include "serve/base64.h"
#include "serve/session_impl.h"

namespace tokcast {
namespace {

constexpr std::array<std::string_view, 4> kModes{"full", "stt", "llm", "tts"};
constexpr int kMostFailures = 3;
constexpr std::uint16_t kPolicyViolation = 1008;
constexpr std::size_t kLongestSpoken = 8UL * 1024;
constexpr std::uint32_t kBinaryRate = 16'000;  // of sound that comes without words

using Handler = void (Session::Impl::*)(const LocalAiMessage&);

std::string explain(const Error& error) {
  return error.place.empty() ? error.message : error.place + ": " + error.message;
}

// Fillers and noise that recognisers report where nobody spoke.
bool is_worth_a_turn(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c >= 0x80 || std::isalnum(c) != 0; });
}

std::vector<std::string> names_in(const Json& fields, const char* name) {
  std::vector<std::string> out;
  const auto found = fields.find(name);
  if (found == fields.end() || !found->is_array()) return out;
  for (const Json& item : *found) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

// A tool as OpenAI names it; clients send it whole, or only its function's part.
Json tools_in(const Json& fields) {
  Json out = Json::array();
  const auto found = fields.find("tools");
  if (found == fields.end() || !found->is_array()) return out;
  for (const Json& tool : *found) {
    if (!tool.is_object()) continue;
    if (tool.contains("function")) {
      out.push_back(tool);
    } else if (tool.contains("name")) {
      out.push_back({{"type", "function"}, {"function", tool}});
    }
  }
  return out;
}

}  // namespace

std::string_view mode_name(SessionMode mode) {
  return kModes.at(static_cast<std::size_t>(mode));
}

std::optional<SessionMode> find_mode(std::string_view name) {
  const auto found = std::ranges::find(kModes, lower(name));
  if (found == kModes.end()) return std::nullopt;
  return static_cast<SessionMode>(found - kModes.begin());
}

Json SessionEcho::on(Json message) const {
  message["call_id"] = call_id;
  if (!request_id.is_null()) message["request_id"] = request_id;
  return message;
}

Session::Session(SessionPort& port, SessionOptions options)
    : impl_(std::make_shared<Impl>(port, std::move(options))) {}
Session::~Session() {
  closed();
}
void Session::got_text(std::string_view frame) {
  impl_->got_text(frame);
}
void Session::got_binary(std::string bytes) {
  impl_->got_binary(std::move(bytes));
}
void Session::closed() {
  if (std::exchange(impl_->is_closed, true)) return;
  impl_->cancel_all();
  impl_->port.stop_hearing();
}

void Session::Impl::send(const Json& message) {
  if (is_closed) return;
  port.send_text(message.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void Session::Impl::send_error(std::string_view code, std::string_view component, std::string_view text,
                               const SessionEcho& echo) {
  send(echo.on(local_ai_error(code, component, text)));
}

SessionEcho Session::Impl::echo_of(const LocalAiMessage& message) {
  if (const Json id = message.call_id(); !id.is_null()) call_id = id;
  SessionEcho out{.request_id = message.request_id(), .call_id = call_id, .mode = mode};
  const auto wanted = message.text("mode");
  if (wanted && find_mode(*wanted)) out.mode = *find_mode(*wanted);
  return out;
}

void Session::Impl::got_text(std::string_view frame) {
  if (is_closed) return;
  const auto message = read_local_ai(frame, options.limits);
  if (!message) return send_error("bad_message", "protocol", explain(message.error()), {});
  if (!is_known && message->type != "auth") {
    send({{"type", "auth_response"}, {"status", "error"}, {"message", "authentication_required"}});
    if (++failures >= kMostFailures) port.close(kPolicyViolation, "authentication required");
    return;
  }
  dispatch(*message);
}

void Session::Impl::got_binary(std::string bytes) {
  if (is_closed) return;
  if (!is_known) return port.close(kPolicyViolation, "authentication required");
  hear(std::move(bytes), kBinaryRate, {.call_id = call_id, .mode = mode}, format);
}

void Session::Impl::dispatch(const LocalAiMessage& message) {
  static const std::map<std::string_view, Handler> handlers{
      {"auth", &Impl::authenticate},
      {"set_mode", &Impl::set_mode},
      {"audio", &Impl::got_audio},
      {"llm_request", &Impl::got_llm_request},
      {"tts_request", &Impl::got_tts_request},
      {"barge_in", &Impl::barge_in},
      {"tool_context", &Impl::got_tool_context},
      {"llm_tool_request", &Impl::got_tool_request},
      {"tool_result", &Impl::got_tool_result},
      {"reload_models", &Impl::reload},
      {"reload_llm", &Impl::reload},
      {"switch_model", &Impl::switch_model},
      {"backend_schema", &Impl::backend_schema},
  };
  if (message.type == "status") return status();
  if (message.type == "capabilities") return capabilities();
  if (message.type == "backends") return backends();
  const auto found = handlers.find(message.type);
  if (found == handlers.end()) {
    return send_error("unknown_type", "protocol",
                      "there is no message of type '" + printable(message.type) + "'", echo_of(message));
  }
  (this->*found->second)(message);
}

void Session::Impl::authenticate(const LocalAiMessage& message) {
  const SessionEcho echo = echo_of(message);
  std::string given = message.text("auth_token").value_or("");
  if (given.empty()) given = message.text("token").value_or("");
  if (is_known || same_secret(given, *options.token)) {
    is_known = true;
    return send(echo.on({{"type", "auth_response"}, {"status", "ok"}}));
  }
  send(echo.on({{"type", "auth_response"}, {"status", "error"}, {"message", "invalid_auth_token"}}));
  if (++failures >= kMostFailures) port.close(kPolicyViolation, "authentication failed");
}

void Session::Impl::set_mode(const LocalAiMessage& message) {
  const auto energy = message.number("segment_energy_threshold", 0, 32'767);
  const auto silence = message.number("segment_silence_ms", 100, 5'000);
  const auto wanted = message.text("mode");
  for (const auto* error : {!energy ? &energy.error() : nullptr, !silence ? &silence.error() : nullptr,
                            !wanted ? &wanted.error() : nullptr}) {
    if (error != nullptr) return send_error("bad_message", "protocol", explain(*error), echo_of(message));
  }
  // As ever: a mode that is not known leaves the old one, and the answer says which one is in force.
  if (const auto known = find_mode(*wanted)) mode = *known;
  format = sound_format(message, format);
  if (*energy) hearing.energy_threshold = static_cast<std::uint32_t>(**energy);
  if (*silence) hearing.silence_ms = static_cast<std::uint32_t>(**silence);
  const auto number = [](const std::optional<std::uint32_t>& n) { return n ? Json(*n) : Json(nullptr); };
  send(echo_of(message).on({{"type", "mode_ready"},
                            {"mode", mode_name(mode)},
                            {"segment_energy_threshold", number(hearing.energy_threshold)},
                            {"segment_silence_ms", number(hearing.silence_ms)},
                            {"output_encoding", encoding_name(format.encoding)},
                            {"output_sample_rate_hz", format.rate}}));
}

void Session::Impl::got_audio(const LocalAiMessage& message) {
  const SessionEcho echo = echo_of(message);
  const auto data = message.text("data");
  const auto rate = message.number("rate", 8'000, 48'000);
  auto bytes = data ? decode_base64(*data) : std::nullopt;
  if (!rate) return send_error("bad_message", "stt", explain(rate.error()), echo);
  if (!bytes) return send_error("bad_message", "stt", "data: this must be base64", echo);
  hear(std::move(*bytes), static_cast<std::uint32_t>(rate->value_or(kBinaryRate)), echo,
       sound_format(message, format));
}

std::string Session::Impl::missing(std::string_view kind) const {
  for (const SpeechBackend& backend : port.backends()) {
    if (backend.kind == kind && !backend.missing.empty()) return backend.missing;
  }
  return kind == "stt" ? "nothing here can listen" : "nothing here can speak";
}

void Session::Impl::hear(std::string pcm16, std::uint32_t rate, const SessionEcho& echo, SoundFormat wanted) {
  if (echo.mode == SessionMode::kTts) return;  // nothing listens
  if (port.recogniser_name().empty()) {
    return send(echo.on({{"type", "stt_result"},
                         {"text", ""},
                         {"mode", mode_name(echo.mode)},
                         {"is_final", true},
                         {"is_partial", false},
                         {"stt_backend", nullptr},
                         {"error", "stt_unavailable"},
                         {"message", missing("stt")}}));
  }
  RecogniserOptions how = hearing;
  how.rate = rate;
  const bool taken =
      port.hear(std::move(pcm16), how,
                [weak = weak_from_this(), echo, wanted](Result<Recognised> result, Seconds came_in) {
                  const auto self = weak.lock();
                  if (self && !self->is_closed) self->heard(std::move(result), echo, wanted, came_in);
                });
  if (!taken) send_error("overloaded", "stt", "sound comes faster than it can be recognised", echo);
}

void Session::Impl::heard(Result<Recognised> result, const SessionEcho& echo, SoundFormat wanted,
                          Seconds came_in) {
  Json message{
      {"type", "stt_result"}, {"mode", mode_name(echo.mode)}, {"stt_backend", port.recogniser_name()}};
  if (!result) {
    message.update(
        {{"text", ""}, {"is_final", true}, {"is_partial", false}, {"error", result.error().message}});
    if (result.error().kind == ErrorKind::kNetwork) {
      message.update({{"error", "stt_unavailable"}, {"message", result.error().message}});
    }
    return send(echo.on(std::move(message)));
  }
  if (!result->is_final && result->text == last_partial) return;
  last_partial = result->is_final ? std::string() : result->text;
  const bool matters = is_worth_a_turn(result->text);
  if (!matters && !(result->is_final && echo.mode == SessionMode::kStt)) return;
  message.update({{"text", result->text}, {"is_final", result->is_final}, {"is_partial", !result->is_final}});
  if (result->confidence) message["confidence"] = *result->confidence;
  send(echo.on(std::move(message)));
  if (!result->is_final || echo.mode == SessionMode::kStt || !matters) return;
  SessionJob next{
      .echo = echo, .text = result->text, .aloud = echo.mode == SessionMode::kFull, .format = wanted};
  next.times = {.asked = came_in, .recognised = port.now()};
  enqueue(std::move(next));
}

void Session::Impl::got_llm_request(const LocalAiMessage& message) {
  const SessionEcho echo = echo_of(message);
  const auto text = message.text("text");
  if (!text || trim(*text).empty()) return send_error("bad_message", "llm", "text: this is missing", echo);
  SessionJob next{
      .echo = echo, .text = *text, .stream = message.flag("stream"), .format = sound_format(message, format)};
  next.deadline = message.deadline();
  next.times.asked = port.now();
  if (!message.text("mode").value_or("").empty()) next.aloud = echo.mode == SessionMode::kFull;
  if (const auto context = message.fields.find("context");
      context != message.fields.end() && context->is_array()) {
    next.messages = Json::array();
    for (const Json& item : *context) {
      const bool is_message = item.is_object() && item.value("role", Json()).is_string() &&
                              item.value("content", Json()).is_string();
      if (is_message) next.messages.push_back({{"role", item["role"]}, {"content", item["content"]}});
    }
  }
  enqueue(std::move(next));
}

void Session::Impl::got_tts_request(const LocalAiMessage& message) {
  const SessionEcho echo = echo_of(message);
  const auto text = message.text("text");
  if (!text || trim(*text).empty() || text->size() > kLongestSpoken) {
    return send_error("bad_message", "tts", "text: this must be there, and no longer than 8 kB", echo);
  }
  if (port.synthesiser_name().empty()) return send_error("tts_unavailable", "tts", missing("tts"), echo);
  const SoundFormat wanted = sound_format(message, format);
  const bool as_binary = lower(message.text("response_format").value_or("")) == "binary";
  auto done = [weak = weak_from_this(), echo, wanted, text = *text,
               as_binary](const Result<std::string>& sound) {
    const auto self = weak.lock();
    if (!self || self->is_closed) return;
    if (!sound) return self->send_error("tts_failed", "tts", sound.error().message, echo);
    if (as_binary) return self->send_sound(*sound, echo.on({{"mode", "tts"}, {"is_final", true}}), wanted);
    self->send(echo.on({{"type", "tts_response"},
                        {"text", text},
                        {"audio_data", encode_base64(*sound)},
                        {"encoding", encoding_name(wanted.encoding)},
                        {"sample_rate_hz", wanted.rate},
                        {"byte_length", sound->size()}}));
  };
  const bool taken =
      port.speak({.text = *text, .encoding = wanted.encoding, .rate = wanted.rate}, std::move(done));
  if (!taken) send_error("overloaded", "tts", "too much waits to be spoken", echo);
}

void Session::Impl::send_sound(const std::string& bytes, Json header, SoundFormat sound) {
  header.update({{"type", "tts_audio"},
                 {"encoding", encoding_name(sound.encoding)},
                 {"sample_rate_hz", sound.rate},
                 {"byte_length", bytes.size()}});
  send(header);
  if (!bytes.empty() && !is_closed) port.send_binary(bytes);
}

void Session::Impl::got_tool_context(const LocalAiMessage& message) {
  echo_of(message);
  tools = tools_in(message.fields);
  allowed_tools = names_in(message.fields, "allowed_tools");
}

void Session::Impl::got_tool_request(const LocalAiMessage& message) {
  SessionJob next{.kind = SessionJobKind::kTools, .echo = echo_of(message), .remember = false};
  next.text = message.text("text").value_or("");
  if (trim(next.text).empty()) next.text = message.text("latest_user_text").value_or("");
  if (trim(next.text).empty()) return send_error("bad_message", "llm", "text: this is missing", next.echo);
  next.deadline = message.deadline();
  next.times.asked = port.now();
  next.tools = tools_in(message.fields);
  if (next.tools.empty()) next.tools = tools;
  next.allowed_tools = names_in(message.fields, "allowed_tools");
  if (next.allowed_tools.empty()) next.allowed_tools = allowed_tools;
  const std::string choice = lower(message.text("tool_choice").value_or("auto"));
  next.tool_choice = choice == "required" || choice == "none" ? choice : "auto";
  enqueue(std::move(next));
}

void Session::Impl::got_tool_result(const LocalAiMessage& message) {
  SessionJob next{
      .kind = SessionJobKind::kToolResult, .echo = echo_of(message), .format = sound_format(message, format)};
  const auto name = message.text("tool_name");
  if (!name || name->empty())
    return send_error("bad_message", "llm", "tool_name: this is missing", next.echo);
  std::string id = message.text("function_call_id").value_or("");
  if (id.empty()) id = "call_" + std::to_string(++utterances);
  const auto result = message.fields.find("result");
  const std::string content = result == message.fields.end() ? "null"
                              : result->is_string()
                                  ? result->get<std::string>()
                                  : result->dump(-1, ' ', false, Json::error_handler_t::replace);
  next.messages = history;
  next.messages.push_back(
      {{"role", "assistant"},
       {"content", nullptr},
       {"tool_calls",
        Json::array(
            {{{"id", id}, {"type", "function"}, {"function", {{"name", *name}, {"arguments", "{}"}}}}})}});
  next.messages.push_back({{"role", "tool"},
                           {"tool_call_id", id},
                           {"content", (message.flag("is_error") ? "error: " : "") + content}});
  next.aloud = next.echo.mode == SessionMode::kFull;
  next.times.asked = port.now();
  enqueue(std::move(next));
}

void Session::Impl::barge_in(const LocalAiMessage& message) {
  const SessionEcho echo = echo_of(message);
  cancel_all();
  // Who barges in is speaking, and goes on to be heard; at the end of a call nobody is.
  if (message.text("reason").value_or("") == "stop_session") {
    port.stop_hearing();
    last_partial.clear();
  }
  if (message.flag("rollback_assistant") && !history.empty() && history.back()["role"] == "assistant") {
    history.erase(history.size() - 1);
  }
  Json answer{{"type", "barge_in_ack"}, {"status", "ok"}, {"call_id", echo.call_id}};
  answer["request_id"] = echo.request_id;
  send(answer);
}

}  // namespace tokcast
