// What comes in by the listener's socket: HTTP, upgrades, frames; and what the API makes of a body.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "serve/http_server.h"
#include "serve/openai.h"

namespace {

using namespace tokcast;

ServeLimits fuzz_limits() {
  ServeLimits out;
  out.header_time = out.body_time = out.idle_time = out.write_time = out.ping_time = Seconds(1);
  return out;
}

struct Fuzzed {
  Loop loop{};
  std::unique_ptr<HttpServer> server{};
  std::unique_ptr<LoopTimer> timer{};

  Fuzzed() {
    HttpHandlers handlers;
    handlers.admit = [](const WebRequest&, bool) { return std::nullopt; };
    handlers.request = [](const std::shared_ptr<Exchange>& exchange) {
      const auto read = read_api_request(ApiKind::kChat, exchange->take_body(), {});
      exchange->answer(read ? WebAnswer{.body = read->body} : error_answer(400, "bad", read.error().message));
    };
    handlers.refuse = [](unsigned status, std::string_view why) {
      return error_answer(status, "refused", why);
    };
    handlers.web_socket = [](std::shared_ptr<WebSocket> socket, const WebRequest&) {
      return WebSocketEvents{.text = [socket](std::string text) { socket->send_text(std::move(text)); }};
    };
    server = HttpServer::listen(loop, "127.0.0.1", 0, fuzz_limits(), std::move(handlers)).value();
  }
  // Until the server has seen all of it and closed.
  void settle() {
    if (server->connections() == 0 && ++quiet > 2) return loop.stop();
    timer = loop.after(Seconds(0.0002), [this] { settle(); });
  }
  int quiet = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Fuzzed fuzzed;
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(fuzzed.server->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) abort();
  send(client, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(client, SHUT_WR);
  fuzzed.quiet = 0;
  fuzzed.settle();
  fuzzed.loop.run();
  close(client);
  return 0;
}
