#include "bench/serve_load/load_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "bench/serve_load/load_socket.h"

namespace tokcast {
namespace {

constexpr double kReadyTime = 120;
constexpr std::size_t kLastWords = 2000;

std::string file_text(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

}  // namespace

std::uint16_t free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(descriptor);
  return bound ? ntohs(address.sin_port) : 0;
}

LoadServer::LoadServer(std::unique_ptr<BackgroundChild> child, std::uint16_t port)
    : child_(std::move(child)), port_(port), reader_([this] { read_away(); }) {}

LoadServer::~LoadServer() {
  child_->signal_group(SIGKILL);
  stop_ = true;
  reader_.join();
}

// A child whose output nobody reads would stand still.
void LoadServer::read_away() {
  std::array<char, 16384> piece{};
  while (!stop_) {
    std::array<pollfd, 2> wait{pollfd{child_->output_descriptor(), POLLIN, 0},
                               pollfd{child_->error_descriptor(), POLLIN, 0}};
    if (poll(wait.data(), wait.size(), 100) <= 0) continue;
    for (const pollfd& one : wait) {
      if (one.revents == 0) continue;
      const ssize_t count = read(one.fd, piece.data(), piece.size());
      if (count <= 0) return;
      last_words_.append(piece.data(), static_cast<std::size_t>(count));
      if (last_words_.size() > kLastWords) last_words_.erase(0, last_words_.size() - kLastWords);
    }
  }
}

Result<std::unique_ptr<LoadServer>> LoadServer::start(const ChildOptions& options, std::uint16_t port,
                                                      const std::string& ready_path) {
  auto child = BackgroundChild::start(options);
  if (!child) return std::unexpected(child.error());
  std::unique_ptr<LoadServer> out(new LoadServer(std::move(*child), port));
  const double until = load_now() + kReadyTime;
  while (load_ask(port, get_request(ready_path), 1).status != 200) {
    const bool ended = out->child_->end().has_value();
    if (ended || load_now() > until) {
      out->stop_ = true;
      out->reader_.join();
      out->reader_ = std::thread([] {});
      return fail(ErrorKind::kTimeout, "the server was never ready: " + printable(out->last_words_),
                  options.arguments.front());
    }
    usleep(50'000);
  }
  return out;
}

std::optional<int> LoadServer::engine_pid() const {
  std::error_code error;
  const std::string tasks = fmt::format("/proc/{}/task", pid());
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    int pid = 0;
    std::ifstream(task.path() / "children") >> pid;
    if (pid > 0) return pid;
  }
  return std::nullopt;
}

std::string LoadServer::engine_socket() const {
  const auto engine = engine_pid();
  if (!engine) return {};
  std::string line = file_text(fmt::format("/proc/{}/cmdline", *engine));
  const std::string host("--host\0", 7);
  const auto at = line.find(host);
  return at == std::string::npos ? std::string() : std::string(line.c_str() + at + host.size());
}

std::string LoadServer::metrics() const {
  return load_ask(port_, get_request("/metrics"), 5).text;
}

std::optional<double> LoadServer::metric(const std::string& name) const {
  return metric_in(metrics(), name);
}

std::optional<double> metric_in(const std::string& metrics, const std::string& name) {
  const auto at = metrics.find("\n" + name + " ");
  if (at == std::string::npos) return std::nullopt;
  const auto value = at + name.size() + 2;
  return parse_double(trim(metrics.substr(value, metrics.find('\n', value) - value)));
}

std::optional<double> LoadServer::resident_bytes() const {
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::ifstream in(fmt::format("/proc/{}/statm", pid()));
  if (!(in >> size >> resident)) return std::nullopt;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::optional<std::size_t> LoadServer::open_descriptors() const {
  std::error_code error;
  std::filesystem::directory_iterator all(fmt::format("/proc/{}/fd", pid()), error);
  if (error) return std::nullopt;
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace tokcast
