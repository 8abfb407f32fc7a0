// What a session asks of the model, and what it says and speaks of the answers.
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "serve/session_impl.h"
#include "serve/whole_reply.h"
#include "speech/spoken_text.h"

namespace tokcast {
namespace {

// Of what was said before: voice models are small, and so is their patience.
constexpr std::size_t kRememberedMessages = 16;
constexpr std::size_t kRememberedBytes = 32UL * 1024;
constexpr std::size_t kLongestReply = 256UL * 1024;

std::uint64_t text_bytes(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size();
  std::uint64_t sum = 0;
  if (value.is_structured()) {
    for (const auto& item : value) sum += text_bytes(item);
  }
  return sum;
}

std::string error_in(const std::string& body) {
  const auto json = parse_json(body, "the engine's answer");
  if (!json || !json->is_object()) return "the engine refused";
  const Json error = json->value("error", Json());
  if (error.is_object() && error.value("message", Json()).is_string())
    return printable(error["message"].get<std::string>());
  return "the engine refused";
}

// The arguments that the model wrote, which ought to be JSON.
std::optional<Json> parameters_of(const Json& function) {
  const Json arguments = function.value("arguments", Json());
  if (arguments.is_object()) return arguments;
  if (!arguments.is_string()) return std::nullopt;
  auto parsed = parse_json(arguments.get_ref<const std::string&>(), "arguments");
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return std::move(*parsed);
}

}  // namespace

void Session::Impl::enqueue(SessionJob next) {
  if (waiting.size() >= options.limits.turns_per_session) {
    return send_error("busy", "llm", "this session already waits for as many answers as it may", next.echo);
  }
  waiting.push_back(std::move(next));
  start_next();
}

TurnRequest Session::Impl::request_of(const SessionJob& next) const {
  Json messages = Json::array();
  if (!system_prompt.empty()) messages.push_back({{"role", "system"}, {"content", system_prompt}});
  for (const Json& item : next.messages.is_array() ? next.messages : history) messages.push_back(item);
  const bool is_said_already =
      !messages.empty() && messages.back()["role"] == "user" && messages.back()["content"] == next.text;
  if (!next.text.empty() && !is_said_already) messages.push_back({{"role", "user"}, {"content", next.text}});
  TurnRequest out{.protocol = "local-ai", .client = options.client, .path = "/v1/chat/completions"};
  out.deadline = next.deadline.value_or(options.turn_budget);
  out.stream = next.kind != SessionJobKind::kTools;
  out.prompt_bytes = text_bytes(messages);
  out.reply_limit = reply_limit;
  Json body{{"messages", std::move(messages)}};
  ask_for_stream(body);
  if (reply_limit) body["max_tokens"] = *reply_limit;
  if (next.tools.is_array() && !next.tools.empty()) {
    body["tools"] = next.tools;
    body["tool_choice"] = next.tool_choice;
  }
  out.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return out;
}

void Session::Impl::start_next() {
  while (!job && !waiting.empty() && !is_closed) {
    job = std::move(waiting.front());
    waiting.pop_front();
    reply.clear();
    unspoken.clear();
    spoken = sounding = 0;
    text_done = false;
    // Answers of a turn that was cancelled, or of one before, find another generation and are void.
    const auto mine = [weak = weak_from_this(), number = ++generation]() -> std::shared_ptr<Impl> {
      auto self = weak.lock();
      return self && !self->is_closed && self->generation == number ? self : nullptr;
    };
    TurnEvents events;
    events.started = [mine] {
      if (const auto self = mine()) self->job->times.started = self->port.now();
    };
    events.event = [mine](std::string_view data) {
      if (const auto self = mine()) self->got_event(data);
    };
    events.answer = [mine](unsigned status, const std::string& body) {
      if (const auto self = mine()) self->got_answer(status, body);
    };
    events.end = [mine](const std::optional<TurnFailure>& failure) {
      if (const auto self = mine()) self->turn_ended(failure);
    };
    const auto started = port.start_turn(request_of(*job), std::move(events));
    if (started) {
      turn = *started;
      return;
    }
    send(job->echo.on(local_ai_failure(started.error())));
    job.reset();
  }
}

void Session::Impl::got_event(std::string_view data) {
  const auto text = delta_text(data);
  if (!text || text->empty() || !job || reply.size() > kLongestReply) return;
  reply += *text;
  job->times.last_token = port.now();
  if (!job->times.first_token) job->times.first_token = job->times.last_token;
  if (job->stream) send(job->echo.on({{"type", "llm_token"}, {"token", *text}}));
  if (!job->aloud || port.synthesiser_name().empty()) return;
  unspoken += *text;
  speak_sentences(false);
}

void Session::Impl::speak_sentences(bool all) {
  std::vector<std::string> sentences = take_sentences(unspoken);
  if (all && !trim(unspoken).empty()) sentences.emplace_back(trim(std::exchange(unspoken, {})));
  for (std::string& sentence : sentences) {
    auto done = [weak = weak_from_this(), number = generation, index = spoken](Result<std::string> sound) {
      const auto self = weak.lock();
      if (self && !self->is_closed && self->generation == number)
        self->sentence_spoken(std::move(sound), index);
    };
    const bool taken =
        port.speak({.text = std::move(sentence), .encoding = job->format.encoding, .rate = job->format.rate},
                   std::move(done));
    if (!taken) {
      send_error("overloaded", "tts", "too much waits to be spoken", job->echo);
      continue;
    }
    if (spoken++ == 0) job->times.first_sentence = port.now();
    ++sounding;
  }
}

void Session::Impl::sentence_spoken(Result<std::string> sound, std::uint64_t index) {
  --sounding;
  const bool is_last = text_done && sounding == 0;
  // A smiley has no sound, and that is no failure.
  if (!sound && sound.error().kind != ErrorKind::kBadInput) {
    send_error("tts_failed", "tts", sound.error().message, job->echo);
  } else if (sound) {
    job->times.last_sound = port.now();
    if (!job->times.first_sound) job->times.first_sound = job->times.last_sound;
    Json header = job->echo.on({{"mode", job->kind == SessionJobKind::kToolResult ? "tool_result" : "full"}});
    header["utterance_id"] = "utterance-" + std::to_string(generation);
    header["chunk_index"] = index;
    header["is_final"] = false;
    send_sound(*sound, std::move(header), job->format);
  }
  if (is_last) finish_job();
}

void Session::Impl::got_answer(unsigned status, const std::string& body) {
  if (!job) return;
  job->is_answered = true;
  const auto json = status == 200 ? parse_json(body, "the engine's answer") : Result<Json>(Json());
  const bool is_good = json && json->is_object() && json->value("choices", Json()).is_array() &&
                       !(*json)["choices"].empty() && (*json)["choices"][0].is_object();
  const Json message = is_good ? (*json)["choices"][0].value("message", Json()) : Json();
  if (!message.is_object()) {
    return send_error("engine_refused", "llm", error_in(body), job->echo);
  }
  answer_tools(message);
}

void Session::Impl::answer_tools(const Json& message) {
  Json calls = Json::array();
  int failed = 0;
  for (const Json& call : message.value("tool_calls", Json::array())) {
    const Json function = call.is_object() ? call.value("function", Json()) : Json();
    const bool is_named = function.is_object() && function.value("name", Json()).is_string();
    const std::string name = is_named ? function["name"].get<std::string>() : std::string();
    const bool is_allowed = job->allowed_tools.empty() || std::ranges::count(job->allowed_tools, name) > 0;
    const auto parameters = is_named && is_allowed ? parameters_of(function) : std::nullopt;
    if (parameters) {
      calls.push_back({{"name", name}, {"parameters", *parameters}});
    } else {
      ++failed;
    }
  }
  const Json content = message.value("content", Json());
  const bool has_calls = !calls.empty();
  send(job->echo.on({{"type", "llm_tool_response"},
                     {"text", content.is_string() ? content : Json("")},
                     {"tool_calls", std::move(calls)},
                     {"finish_reason", has_calls ? "tool_calls" : (failed > 0 ? "error" : "stop")},
                     {"tool_path", has_calls ? "structured" : "none"},
                     {"tool_parse_failures", failed},
                     {"repair_attempts", 0},
                     {"structured_attempts", 1},
                     {"protocol_version", kLocalAiVersion}}));
}

void Session::Impl::turn_ended(const std::optional<TurnFailure>& failure) {
  turn.reset();
  if (!job) return;
  if (job->is_answered) return end_job();
  if (failure) {
    Json error = job->echo.on(local_ai_failure(*failure));
    error["partial_text"] = reply;
    send(error);
    port.stop_speaking();
    return end_job();
  }
  text_done = true;
  if (job->aloud && !port.synthesiser_name().empty()) speak_sentences(true);
  if (sounding == 0) finish_job();
}

void Session::Impl::finish_job() {
  // The end as a part without bytes, because it may not be known when the last sound goes out.
  if (spoken > 0) {
    Json header = job->echo.on({{"mode", job->kind == SessionJobKind::kToolResult ? "tool_result" : "full"}});
    header["utterance_id"] = "utterance-" + std::to_string(generation);
    header["chunk_index"] = spoken;
    header["is_final"] = true;
    send_sound({}, std::move(header), job->format);
  }
  Json answer = job->echo.on({{"type", "llm_response"}, {"text", std::string(trim(reply))}});
  answer["mode"] = job->kind == SessionJobKind::kToolResult ? "tool_result" : mode_name(job->echo.mode);
  if (job->kind == SessionJobKind::kToolResult) {
    answer["tool_result_final"] = true;
    answer["tool_gateway_done"] = true;
  }
  answer["timeline"] = timeline_json(job->times);
  send(answer);
  port.turn_answered(job->times);
  remember_turn();
  end_job();
}

void Session::Impl::end_job() {
  const TurnTimeline times = std::exchange(job, std::nullopt)->times;
  port.turn_over(times, false);
  ++generation;
  start_next();
}

void Session::Impl::remember_turn() {
  if (!job->remember || reply.empty()) return;
  if (!job->text.empty()) history.push_back({{"role", "user"}, {"content", job->text}});
  history.push_back({{"role", "assistant"}, {"content", reply}});
  while (!history.empty() &&
         (history.size() > kRememberedMessages || text_bytes(history) > kRememberedBytes)) {
    history.erase(0);
  }
}

void Session::Impl::cancel_all() {
  waiting.clear();
  const auto cut = std::exchange(job, std::nullopt);
  ++generation;
  if (const auto id = std::exchange(turn, std::nullopt)) port.cancel_turn(*id);
  port.stop_speaking();
  if (cut) port.turn_over(cut->times, true);
}

}  // namespace tokcast
