// The inside of a session, split over session.cc (what messages mean), session_turns.cc (the model's turns
// and what is spoken of them) and session_control.cc (everything about the server).
#ifndef TOKCAST_SERVE_SESSION_IMPL_H_
#define TOKCAST_SERVE_SESSION_IMPL_H_

#include "serve/session.h"

namespace tokcast {

enum class SessionMode { kFull, kStt, kLlm, kTts };

std::string_view mode_name(SessionMode mode);
std::optional<SessionMode> find_mode(std::string_view name);

// What an answer echoes.
struct SessionEcho {
  Json request_id = nullptr;
  Json call_id = nullptr;
  SessionMode mode = SessionMode::kFull;

  // Adds call_id, and request_id where there is one.
  Json on(Json message) const;
};

enum class SessionJobKind { kReply, kTools, kToolResult };

// One turn of the model that was asked for.
struct SessionJob {
  SessionJobKind kind = SessionJobKind::kReply;
  SessionEcho echo{};
  std::string text{};       // what the user said
  Json messages = nullptr;  // instead of the history, if the client brought its own
  Json tools = nullptr;     // OpenAI's form
  Json tool_choice = nullptr;
  std::vector<std::string> allowed_tools{};
  bool stream = false;  // llm_token wanted
  bool aloud = false;
  bool remember = true;
  SoundFormat format{};
  std::optional<Seconds> deadline{};
  TurnTimeline times{};
  bool is_answered = false;  // in one piece
};

struct Session::Impl : std::enable_shared_from_this<Session::Impl> {
  Impl(SessionPort& session_port, SessionOptions session_options)
      : port(session_port), options(std::move(session_options)), is_known(!options.token) {}

  SessionPort& port;
  SessionOptions options;
  bool is_known;  // authenticated
  bool is_closed = false;
  int failures = 0;  // of authentication

  SessionMode mode = SessionMode::kFull;
  Json call_id = nullptr;
  SoundFormat format{};
  RecogniserOptions hearing{};
  std::string last_partial{};
  std::string system_prompt{};
  std::optional<std::uint64_t> reply_limit{};  // tokens
  Json history = Json::array();
  Json tools = Json::array();
  std::vector<std::string> allowed_tools{};

  std::deque<SessionJob> waiting{};
  std::optional<SessionJob> job{};  // runs
  std::optional<Turns::Id> turn{};
  std::uint64_t generation = 0;  // counts cancels and ends: what was begun under another one is void
  std::string reply{};           // of the job, so far
  std::string unspoken{};
  std::uint64_t spoken = 0;    // sentences handed to the synthesiser
  std::uint64_t sounding = 0;  // of these, not yet sent
  bool text_done = false;
  std::uint64_t utterances = 0;

  // session.cc
  void got_text(std::string_view frame);
  void got_binary(std::string bytes);
  void dispatch(const LocalAiMessage& message);
  void authenticate(const LocalAiMessage& message);
  void set_mode(const LocalAiMessage& message);
  void got_audio(const LocalAiMessage& message);
  void hear(std::string pcm16, std::uint32_t rate, const SessionEcho& echo, SoundFormat wanted);
  void heard(Result<Recognised> result, const SessionEcho& echo, SoundFormat wanted, Seconds came_in);
  void got_llm_request(const LocalAiMessage& message);
  void got_tts_request(const LocalAiMessage& message);
  void got_tool_context(const LocalAiMessage& message);
  void got_tool_request(const LocalAiMessage& message);
  void got_tool_result(const LocalAiMessage& message);
  void barge_in(const LocalAiMessage& message);
  SessionEcho echo_of(const LocalAiMessage& message);
  void send(const Json& message);
  void send_error(std::string_view code, std::string_view component, std::string_view text,
                  const SessionEcho& echo);
  void send_sound(const std::string& bytes, Json header, SoundFormat sound);
  // What is to be installed for "stt" or "tts".
  std::string missing(std::string_view kind) const;

  // session_turns.cc
  void enqueue(SessionJob next);
  void start_next();
  TurnRequest request_of(const SessionJob& next) const;
  void got_event(std::string_view data);
  void got_answer(unsigned status, const std::string& body);
  void speak_sentences(bool all);
  void sentence_spoken(Result<std::string> sound, std::uint64_t index);
  void turn_ended(const std::optional<TurnFailure>& failure);
  void answer_tools(const Json& message);
  void finish_job();
  void end_job();
  void remember_turn();
  void cancel_all();

  // session_control.cc
  void status();
  void capabilities();
  void backends();
  void backend_schema(const LocalAiMessage& message);
  void reload(const LocalAiMessage& message);
  void switch_model(const LocalAiMessage& message);
  // By llm_config; the names of what it changed.
  Json change_session(const Json& settings);
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_SESSION_IMPL_H_
