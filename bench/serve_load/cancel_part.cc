#include <fmt/format.h>
#include <unistd.h>

#include <functional>
#include <optional>

#include "bench/serve_load/load_parts.h"
#include "bench/serve_load/load_socket.h"
#include "serve/supervisor.h"

namespace tokcast {
namespace {

constexpr int kTries = 10;
constexpr const char* kSlots = "/slots?fail_on_no_slot=1";
constexpr double kPatience = 30;
constexpr const char* kGoal = "≤ 200 ms";

// Waits for the engine's slot to be busy or free; false: it never was.
bool wait_for_slot(const std::string& engine_socket, unsigned status) {
  const double until = load_now() + kPatience;
  while (load_now() < until) {
    if (probe_unix_http(engine_socket, kSlots, Seconds(kPatience)) == status) return true;
    usleep(1000);
  }
  return false;
}

// Begins a turn and cancels it; returns when it did. nullopt: the forecast refused it at the door.
using Way = std::function<std::optional<double>(std::uint16_t port)>;

std::optional<double> hang_up_a_stream(std::uint16_t port) {
  LoadSocket socket(port);
  std::string got;
  socket.send(chat_request({.tokens = 2000, .stream = true, .deadline = 600}));
  socket.read_until("\"content\":\"", got, kPatience);
  const double moment = load_now();
  socket.hang_up();
  return moment;
}

std::optional<double> hang_up_later(std::uint16_t port, const ChatWish& wish, useconds_t later) {
  LoadSocket socket(port);
  socket.send(chat_request(wish));
  usleep(later);
  const double moment = load_now();
  socket.hang_up();
  return moment;
}

// In the middle of a reply that comes whole or not at all.
std::optional<double> hang_up_a_whole(std::uint16_t port) {
  return hang_up_later(port, {.tokens = 2000, .deadline = 600}, 500'000);
}

// In the middle of its prompt, which must be another every time, for the engine remembers the last one.
// A token is a byte of it at the least of models.
std::optional<double> hang_up_in_the_prompt(std::uint16_t port) {
  static int asked = 0;
  const std::string prompt(4000, static_cast<char>('a' + asked++ % 26));
  return hang_up_later(port, {.prompt = prompt, .tokens = 2000, .deadline = 600},
                       200'000 + asked % 7 * 50'000);
}

std::optional<double> barge_in(std::uint16_t port) {
  const LoadSocket socket(port);
  std::string got;
  socket.send(web_socket_request());
  socket.read_until("\r\n\r\n", got, kPatience);
  socket.send(text_frame(R"({"type":"llm_request","text":"Hello","stream":true,"deadline_seconds":600})"));
  socket.read_until("llm_token", got, kPatience);
  const double moment = load_now();
  socket.send(text_frame(R"({"type":"barge_in"})"));
  socket.read_until("barge_in_ack", got, kPatience);
  return moment;
}

// The server guesses a reply's length from those before: they are short, and this one is not.
std::optional<double> miss_the_deadline(std::uint16_t port) {
  constexpr double kDeadline = 1;
  for (int i = 0; i < 6; ++i) load_ask(port, chat_request({.tokens = 2, .deadline = 600}), kPatience);
  const double start = load_now();
  const auto answer =
      load_ask(port, chat_request({.tokens = 2000, .stream = true, .deadline = kDeadline}), kPatience);
  return answer.text.starts_with("HTTP/1.1 429") ? std::nullopt : std::optional(start + kDeadline);
}

std::string time_cancels(const LoadServer& server, const Way& way) {
  const std::string engine = server.engine_socket();
  LoadSamples freed;
  int never = 0;
  for (int i = 0; i < kTries; ++i) {
    if (!wait_for_slot(engine, 200)) ++never;
    const auto moment = way(server.port());
    if (!moment) return "refused at the door, by forecast";
    if (wait_for_slot(engine, 200)) {
      freed.add(load_now() - *moment);
    } else {
      ++never;
    }
  }
  return fmt::format("median {}, longest {} ({}){}", in_milliseconds(freed.quantile(0.5)),
                     in_milliseconds(freed.most()), freed.count(),
                     never > 0 ? fmt::format("; {} never", never) : "");
}

LoadRow row_of(const char* name, const char* goal, const LoadServer& server, const Way& way) {
  return {fmt::format("slot free after {}", name), goal, time_cancels(server, way)};
}

LoadRows plain_cancels(const LoadOptions& options) {
  // Nothing is known of the model's speed, so that no forecast refuses what is to be cancelled.
  const auto server =
      start_tokcast(options, {"--ctx", "8192"}, {{"XDG_CACHE_HOME", options.scratch + "/cache"}});
  if (!server) return std::unexpected(server.error());
  if (!wait_for_slot((*server)->engine_socket(), 200)) {
    return std::vector<LoadRow>{{"slot free after a cancel", "", "this engine does not tell of its slots"}};
  }
  struct Cancel {
    const char* name;
    const char* goal;
    Way way;
  };
  const Cancel cancels[] = {{"the client hangs up", kGoal, hang_up_a_stream},
                            {"the client hangs up, no stream", kGoal, hang_up_a_whole},
                            {"`barge_in`", kGoal, barge_in},
                            {"the deadline passes", kGoal, miss_the_deadline},
                            {"the client hangs up in a prompt", "two batches", hang_up_in_the_prompt}};
  std::vector<LoadRow> out;
  for (const auto& [name, goal, way] : cancels) out.push_back(row_of(name, goal, **server, way));
  return out;
}

// This machine's forecasts size the batches: it must have been calibrated.
LoadRows sized_cancels(const LoadOptions& options) {
  const auto server = start_tokcast(options, {"--ctx", "8192", "--cancel-within", "0.2"});
  if (!server) return std::unexpected(server.error());
  return std::vector<LoadRow>{row_of("the client hangs up in a prompt, `--cancel-within 0.2`", kGoal,
                                     **server, hang_up_in_the_prompt)};
}

}  // namespace

LoadRows cancel_part(const LoadOptions& options) {
  auto out = plain_cancels(options);
  if (!out || out->size() == 1) return out;
  auto more = sized_cancels(options);
  if (!more) return more;
  out->insert(out->end(), more->begin(), more->end());
  return out;
}

}  // namespace tokcast
