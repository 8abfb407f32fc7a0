// serve_load: how `tokcast serve` behaves under load, seen from outside. On loopback only; docs/SERVER.md has
// the commands and what they gave.
//
//   health: pings /healthz while connections stand half-open and WebSockets stand idle
//   turns:  more clients than the engine can serve; who got a turn, who a refusal, and how soon
//   cancel: connects, asks and hangs up, over and over
#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

struct Options {
  std::uint16_t port = 8765;
  int half_open = 0;
  int idle = 0;
  int pings = 2000;
  int clients = 40;
  double seconds = 20;
  double deadline = 10;
  std::string prompt = "Hello";
  int tokens = 30;
  int cycles = 1000;
};

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int connect_to(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return descriptor;
  close(descriptor);
  return -1;
}

void send_text(int descriptor, std::string_view text) {
  send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
}

// Until the end of the headers and `length` bytes more, or the connection's end.
std::string read_answer(int descriptor, bool to_the_end) {
  std::string out;
  std::array<char, 16384> piece{};
  for (;;) {
    const auto count = recv(descriptor, piece.data(), piece.size(), 0);
    if (count <= 0) return out;
    out.append(piece.data(), static_cast<std::size_t>(count));
    const auto end = out.find("\r\n\r\n");
    if (!to_the_end && end != std::string::npos && out.size() > end + 4) return out;
  }
}

std::string post(const Options& options, bool stream) {
  const std::string body = fmt::format(
      R"({{"messages":[{{"role":"user","content":"{}"}}],"max_tokens":{},"stream":{},"deadline_seconds":{}}})",
      options.prompt, options.tokens, stream, options.deadline);
  return fmt::format(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: "
      "{}\r\n\r\n{}",
      body.size(), body);
}

void report(std::string_view what, std::vector<double> seconds) {
  if (seconds.empty()) return fmt::print("{}: none\n", what);
  std::ranges::sort(seconds);
  const auto at = [&](double q) {
    return 1000 * seconds[static_cast<std::size_t>(q * static_cast<double>(seconds.size() - 1))];
  };
  fmt::print("{}: n {}, ms: median {:.2f}, p99 {:.2f}, p99.9 {:.2f}, max {:.2f}\n", what, seconds.size(),
             at(0.5), at(0.99), at(0.999), at(1));
}

std::vector<int> open_many(const Options& options, int count, std::string_view text) {
  std::vector<int> out;
  for (int i = 0; i < count; ++i) {
    const int descriptor = connect_to(options.port);
    if (descriptor < 0) break;
    send_text(descriptor, text);
    out.push_back(descriptor);
  }
  return out;
}

void ping_health(const Options& options) {
  const auto half =
      open_many(options, options.half_open, "POST /v1/chat/completions HTTP/1.1\r\nHost: localh");
  const auto idle =
      open_many(options, options.idle,
                "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  fmt::print("{} half-open connections, {} idle WebSockets\n", half.size(), idle.size());
  std::vector<double> times;
  for (int i = 0; i < options.pings; ++i) {
    const double start = now();
    const int descriptor = connect_to(options.port);
    send_text(descriptor, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    if (read_answer(descriptor, false).starts_with("HTTP/1.1 200")) times.push_back(now() - start);
    close(descriptor);
    usleep(1000);
  }
  report("healthz", times);
  for (const auto& all : {half, idle}) {
    for (const int descriptor : all) close(descriptor);
  }
}

struct Turns {
  std::mutex mutex{};
  std::vector<double> done{};
  std::vector<double> refused{};
  int late = 0;
  int other = 0;
};

void ask_again_and_again(const Options& options, double until, Turns& turns) {
  while (now() < until) {
    const double start = now();
    const int descriptor = connect_to(options.port);
    send_text(descriptor, post(options, false));
    const std::string answer = read_answer(descriptor, true);
    close(descriptor);
    const double took = now() - start;
    const std::lock_guard lock(turns.mutex);
    if (answer.starts_with("HTTP/1.1 200")) {
      turns.done.push_back(took);
      turns.late += took > options.deadline ? 1 : 0;
    } else if (answer.starts_with("HTTP/1.1 429")) {
      turns.refused.push_back(took);
    } else {
      ++turns.other;
    }
    if (!answer.starts_with("HTTP/1.1 200")) usleep(100'000);
  }
}

void overload(const Options& options) {
  Turns turns;
  std::vector<std::thread> clients;
  const double until = now() + options.seconds;
  for (int i = 0; i < options.clients; ++i) {
    clients.emplace_back([&] { ask_again_and_again(options, until, turns); });
  }
  for (std::thread& client : clients) client.join();
  report("done", turns.done);
  report("refused", turns.refused);
  fmt::print("{} clients, {} s: {:.2f} turns a second, {} late, {} neither done nor refused\n",
             options.clients, options.seconds, static_cast<double>(turns.done.size()) / options.seconds,
             turns.late, turns.other);
}

void cancel_again_and_again(const Options& options) {
  int failed = 0;
  for (int i = 0; i < options.cycles; ++i) {
    const int descriptor = connect_to(options.port);
    if (descriptor < 0) ++failed;
    if (i % 2 == 0) send_text(descriptor, post(options, true));
    if (i % 4 == 0) usleep(2000);
    close(descriptor);
  }
  fmt::print("{} cycles, {} refused connections\n", options.cycles, failed);
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App parser{"Loads `tokcast serve` on loopback and tells what it did", "serve_load"};
  Options options;
  std::string what;
  parser.add_option("WHAT", what)->required()->check(CLI::IsMember({"health", "turns", "cancel"}));
  parser.add_option("--port", options.port);
  parser.add_option("--half-open", options.half_open);
  parser.add_option("--idle", options.idle);
  parser.add_option("--pings", options.pings);
  parser.add_option("--clients", options.clients);
  parser.add_option("--seconds", options.seconds);
  parser.add_option("--deadline", options.deadline);
  parser.add_option("--prompt", options.prompt);
  parser.add_option("--tokens", options.tokens);
  parser.add_option("--cycles", options.cycles);
  CLI11_PARSE(parser, count, arguments);
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (what == "health") ping_health(options);
  if (what == "turns") overload(options);
  if (what == "cancel") cancel_again_and_again(options);
  return 0;
}
