#include "bench/serve_load/load_pinger.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "bench/serve_load/load_socket.h"

namespace tokcast {
namespace {

constexpr double kPatience = 5;
constexpr unsigned kPauseMicroseconds = 5000;

}  // namespace

std::string summary(const PingerResult& result) {
  if (result.unanswered == 0) return summary(result.answered);
  return fmt::format("{}; {} without an answer within {} s", summary(result.answered), result.unanswered,
                     kPatience);
}

LoadPinger::LoadPinger(std::uint16_t port, std::string path)
    : port_(port), path_(std::move(path)), thread_([this] { run(); }) {}

LoadPinger::~LoadPinger() {
  if (thread_.joinable()) stop();
}

PingerResult LoadPinger::stop() {
  stop_ = true;
  thread_.join();
  return std::move(result_);
}

void LoadPinger::run() {
  while (!stop_) {
    const LoadAnswer answer = load_ask(port_, get_request(path_), kPatience);
    if (answer.status == 200) {
      result_.answered.add(answer.seconds);
    } else {
      ++result_.unanswered;
    }
    usleep(kPauseMicroseconds);
  }
}

}  // namespace tokcast
