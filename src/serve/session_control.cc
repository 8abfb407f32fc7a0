// What a session's client may ask about the server, and change of it.
#include <utility>

#include "base/text.h"
#include "serve/session_impl.h"

namespace tokcast {
namespace {

// The names that capabilities_response has always had.
constexpr const char* kRecognisers[] = {"vosk",           "sherpa",      "kroko_embedded",
                                        "faster_whisper", "whisper_cpp", "tone"};
constexpr const char* kSynthesisers[] = {"piper", "kokoro", "melotts", "silero", "matcha"};

Json speech_schema(const SpeechBackend& backend) {
  if (backend.voices.empty()) return Json::object();
  return {{"type", "object"}, {"properties", {{"voice", {{"type", "string"}, {"enum", backend.voices}}}}}};
}

Json backend_json(const SpeechBackend& backend) {
  Json out{{"name", backend.name}, {"available", backend.available}, {"schema", speech_schema(backend)}};
  if (!backend.missing.empty()) out["message"] = backend.missing;
  if (backend.kind == "stt") out["partials"] = backend.partials;
  return out;
}

Json llm_schema() {
  return {{"type", "object"}, {"properties", {{"model_path", {{"type", "string"}}}}}};
}

std::string path_in(const LocalAiMessage& message) {
  for (const char* name : {"llm_model_path", "model_path"}) {
    const auto path = message.text(name);
    if (path && !path->empty()) return *path;
  }
  return {};
}

}  // namespace

void Session::Impl::status() {
  Json out{{"type", "status_response"}, {"status", "ok"}};
  out.update(port.status());
  send(out);
}

void Session::Impl::capabilities() {
  Json names = Json::object();
  for (const char* name : kRecognisers) names[name] = false;
  for (const char* name : kSynthesisers) names[name] = false;
  bool has_partials = false;
  for (const SpeechBackend& backend : port.backends()) {
    names[backend.name] = backend.available;
    if (backend.name == port.recogniser_name()) has_partials = backend.partials;
  }
  names["llama"] = true;
  send({{"type", "capabilities_response"},
        {"capabilities", std::move(names)},
        {"stt_partials", has_partials}});
}

void Session::Impl::backends() {
  Json stt = Json::array();
  Json tts = Json::array();
  for (const SpeechBackend& backend : port.backends()) {
    (backend.kind == "stt" ? stt : tts).push_back(backend_json(backend));
  }
  const Json llama{{"name", "llama"}, {"available", true}, {"schema", llm_schema()}};
  send({{"type", "backends_response"}, {"stt", stt}, {"tts", tts}, {"llm", Json::array({llama})}});
}

void Session::Impl::backend_schema(const LocalAiMessage& message) {
  const std::string kind = lower(message.text("backend_type").value_or(""));
  const std::string name = lower(message.text("backend_name").value_or(""));
  Json out{{"type", "backend_schema_response"}, {"backend_type", kind}, {"backend_name", name}};
  if (kind == "llm" && name == "llama") {
    out.update({{"schema", llm_schema()}, {"available", true}});
    return send(out);
  }
  for (const SpeechBackend& backend : port.backends()) {
    if (backend.kind != kind || backend.name != name) continue;
    out.update({{"schema", speech_schema(backend)}, {"available", backend.available}});
    return send(out);
  }
  out["error"] = "there is no such backend";
  send(out);
}

void Session::Impl::reload(const LocalAiMessage& message) {
  const SessionEcho echo = echo_of(message);
  port.switch_model(path_in(message), [weak = weak_from_this(), echo](const Result<void>& done) {
    const auto self = weak.lock();
    if (!self || self->is_closed) return;
    self->send(echo.on({{"type", "reload_response"},
                        {"status", done ? "success" : "error"},
                        {"message", done ? "the model is loaded" : describe(done.error())}}));
  });
}

Json Session::Impl::change_session(const Json& settings) {
  Json changed = Json::array();
  const Json prompt = settings.value("system_prompt", Json());
  if (prompt.is_string() && prompt.get_ref<const std::string&>() != system_prompt) {
    system_prompt = prompt.get<std::string>();
    changed.push_back("llm_config.system_prompt");
  }
  const Json most = settings.value("max_tokens", Json());
  const bool is_limit = most.is_number_unsigned() && most.get<std::uint64_t>() > 0;
  if (is_limit && most.get<std::uint64_t>() != reply_limit) {
    reply_limit = most.get<std::uint64_t>();
    changed.push_back("llm_config.max_tokens");
  }
  return changed;
}

void Session::Impl::switch_model(const LocalAiMessage& message) {
  const SessionEcho echo = echo_of(message);
  const bool for_session = lower(message.text("scope").value_or("")) == "session";
  auto answer = [weak = weak_from_this(), echo, for_session](std::string_view status, std::string_view text,
                                                             const Json& changed) {
    const auto self = weak.lock();
    if (!self || self->is_closed) return;
    Json out =
        echo.on({{"type", "switch_response"}, {"status", status}, {"message", text}, {"changed", changed}});
    if (for_session) out["scope"] = "session";
    self->send(out);
  };
  const auto config = message.fields.find("llm_config");
  const Json settings = config != message.fields.end() && config->is_object() ? *config : Json::object();
  if (for_session) {
    const Json changed = change_session(settings);
    if (!changed.empty()) return answer("success", "", changed);
    return answer("no_change", "a session may change llm_config.system_prompt and llm_config.max_tokens",
                  changed);
  }
  for (const char* name : {"stt_backend", "tts_backend"}) {
    const std::string wanted = lower(message.text(name).value_or(""));
    const std::string used =
        std::string_view(name) == "stt_backend" ? port.recogniser_name() : port.synthesiser_name();
    if (!wanted.empty() && wanted != used)
      return answer("error", std::string(name) + " cannot be changed", Json::array());
  }
  const Json path = settings.value("model_path", Json(message.text("llm_model_path").value_or("")));
  const std::string wanted = path.is_string() ? path.get<std::string>() : std::string();
  if (wanted.empty() || wanted == port.model_path()) return answer("no_change", "", Json::array());
  if (message.flag("dry_run"))
    return answer("success", "nothing was changed: dry_run", Json::array({"llm_config.model_path"}));
  port.switch_model(wanted, [answer](const Result<void>& done) {
    if (done) return answer("success", "", Json::array({"llm_config.model_path"}));
    answer("error", describe(done.error()), Json::array());
  });
}

}  // namespace tokcast
