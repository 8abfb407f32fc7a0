#include "bench/serve_load/saturation.h"

#include <unistd.h>

#include <string>
#include <utility>

namespace tokcast {

namespace {

std::vector<std::string> chat_requests(int clients, ChatWish wish) {
  std::vector<std::string> out;
  for (int i = 0; i < clients; ++i) {
    wish.user = "client-" + std::to_string(i);
    out.push_back(chat_request(wish));
  }
  return out;
}

}  // namespace

Saturation::Saturation(std::uint16_t port, int clients, ChatWish wish)
    : Saturation(port, chat_requests(clients, std::move(wish))) {}

Saturation::Saturation(std::uint16_t port, std::vector<std::string> requests) {
  for (std::string& request : requests) {
    clients_.emplace_back([this, port, request = std::move(request)] { ask_on(port, request); });
  }
}

Saturation::~Saturation() {
  stop_ = true;
  for (std::thread& client : clients_) client.join();
}

void Saturation::ask_on(std::uint16_t port, const std::string& request) {
  while (!stop_) {
    const LoadSocket socket(port);
    std::string text;
    socket.send(request);
    while (!stop_ && !socket.read_until("", text, 0.2) && text.size() < (1U << 24U)) continue;
    if (text.starts_with("HTTP/1.1 200")) {
      ++done_;
    } else if (!stop_) {
      usleep(50'000);  // refused: a client that hammers is another test
    }
  }
}

}  // namespace tokcast
