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

// In the middle of its prompt: the engine looks for cancels between batches of 512 tokens.
std::optional<double> hang_up_in_the_prompt(std::uint16_t port) {
  LoadSocket socket(port);
  socket.send(chat_request({.prompt = std::string(2000, 'x'), .tokens = 2000, .deadline = 600}));
  usleep(100'000);
  const double moment = load_now();
  socket.hang_up();
  return moment;
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

std::optional<double> miss_the_deadline(std::uint16_t port) {
  constexpr double kDeadline = 0.5;
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

}  // namespace

LoadRows cancel_part(const LoadOptions& options) {
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
  const Cancel cancels[] = {{"the client hangs up", "≤ 200 ms", hang_up_a_stream},
                            {"`barge_in`", "≤ 200 ms", barge_in},
                            {"the deadline passes", "≤ 200 ms", miss_the_deadline},
                            {"the client hangs up in the prompt", "within a batch", hang_up_in_the_prompt}};
  std::vector<LoadRow> out;
  for (const auto& [name, goal, way] : cancels) {
    out.push_back({fmt::format("slot free after {}", name), goal, time_cancels(**server, way)});
  }
  return out;
}

}  // namespace tokcast
