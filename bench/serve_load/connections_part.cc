#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "bench/serve_load/load_parts.h"
#include "bench/serve_load/load_pinger.h"
#include "bench/serve_load/load_socket.h"
#include "bench/serve_load/siege.h"

namespace tokcast {
namespace {

constexpr double kPingSeconds = 10;
constexpr double kSettleSeconds = 60;

std::string in_megabytes(std::optional<double> bytes) {
  return bytes ? fmt::format("{:.0f} MB", *bytes / 1e6) : "unknown";
}

std::string number(std::optional<std::size_t> value) {
  return value ? std::to_string(*value) : "unknown";
}

std::vector<LoadSocket> open_web_sockets(std::uint16_t port, int count) {
  std::vector<LoadSocket> out;
  for (int i = 0; i < count; ++i) {
    LoadSocket socket(port);
    std::string got;
    socket.send(web_socket_request());
    if (socket.read_until("\r\n\r\n", got, 5) && got.starts_with("HTTP/1.1 101"))
      out.push_back(std::move(socket));
  }
  return out;
}

// Until all that we opened is gone there too.
void settle(const LoadServer& server, std::optional<std::size_t> descriptors) {
  const double until = load_now() + kSettleSeconds;
  while (server.open_descriptors() > descriptors && load_now() < until) usleep(100'000);
}

// One of the ways to come and go.
void come_and_go(std::uint16_t port, int way) {
  LoadSocket socket(port);
  if (way == 1) socket.send("POST /v1/chat/completions HTTP/1.1\r\nHost: loc");
  if (way == 2) socket.send(chat_request({.stream = true, .deadline = 600}));
  if (way == 3) socket.send(web_socket_request());
  if (way == 4) {
    std::string got;
    socket.send(web_socket_request());
    socket.read_until("\r\n\r\n", got, 5);
    socket.send(text_frame(R"({"type":"llm_request","text":"Hello","stream":true,"deadline_seconds":600})"));
  }
}

}  // namespace

LoadRows sockets_part(const LoadOptions& options) {
  const auto server = start_tokcast(options);
  if (!server) return std::unexpected(server.error());
  const auto before = (*server)->resident_bytes();
  const auto idle = open_web_sockets((*server)->port(), options.sockets);
  std::optional<double> with{};
  PingerResult pings;
  {
    const Siege siege(
        (*server)->port(), options.half_open,
        {SiegeKind::kHalfHeader, SiegeKind::kSlowHeader, SiegeKind::kSlowBody, SiegeKind::kUnreadAnswer});
    LoadPinger pinger((*server)->port());
    usleep(static_cast<useconds_t>(kPingSeconds * 1e6));
    pings = pinger.stop();
    with = (*server)->resident_bytes();
  }
  return std::vector<LoadRow>{
      {fmt::format("`/healthz` with {} idle WebSockets and {} besiegers", idle.size(), options.half_open),
       "p99 < 20 ms", summary(pings)},
      {"memory before and with them", "bounded", in_megabytes(before) + ", " + in_megabytes(with)}};
}

LoadRows cycles_part(const LoadOptions& options) {
  const auto server = start_tokcast(options);
  if (!server) return std::unexpected(server.error());
  // The first turn opens the ledger, which stays open.
  load_ask((*server)->port(), chat_request({.tokens = 1, .deadline = 600}), 60);
  usleep(2'000'000);
  const auto descriptors = (*server)->open_descriptors();
  const auto memory = (*server)->resident_bytes();
  const double start = load_now();
  for (int i = 0; i < options.cycles; ++i) come_and_go((*server)->port(), i % 5);
  const double took = load_now() - start;
  settle(**server, descriptors);
  const auto running = (*server)->metric("tokcast_running_turns");
  return std::vector<LoadRow>{
      {fmt::format("descriptors before and after {} connects and cancels ({:.0f} s)", options.cycles, took),
       "the same", number(descriptors) + ", " + number((*server)->open_descriptors())},
      {"memory before and after, turns that still run", "bounded, 0",
       fmt::format("{}, {}, {}", in_megabytes(memory), in_megabytes((*server)->resident_bytes()),
                   running ? fmt::format("{:.0f}", *running) : "unknown")}};
}

}  // namespace tokcast
