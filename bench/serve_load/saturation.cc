#include "bench/serve_load/saturation.h"

#include <unistd.h>

#include <string>
#include <utility>

namespace tokcast {

Saturation::Saturation(std::uint16_t port, int clients, ChatWish wish) {
  for (int i = 0; i < clients; ++i) {
    wish.user = "client-" + std::to_string(i);
    clients_.emplace_back([this, port, wish] { ask_on(port, wish); });
  }
}

Saturation::~Saturation() {
  stop_ = true;
  for (std::thread& client : clients_) client.join();
}

void Saturation::ask_on(std::uint16_t port, const ChatWish& wish) {
  while (!stop_) {
    const LoadSocket socket(port);
    std::string text;
    socket.send(chat_request(wish));
    while (!stop_ && !socket.read_until("", text, 0.2) && text.size() < (1U << 24U)) continue;
    if (text.starts_with("HTTP/1.1 200")) {
      ++done_;
    } else if (!stop_) {
      usleep(50'000);  // refused: a client that hammers is another test
    }
  }
}

}  // namespace tokcast
