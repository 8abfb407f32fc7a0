// whisper.cpp's server for tests: listens on 127.0.0.1 at --port, below --request-path, one request at a
// time, and answers a recording as FAKE_WHISPER says: the name of a file that is read for each one.
//
//   nothing    " Hello from whisper.\n [BLANK_AUDIO]\n", if the form has a WAV file of some length
//   "die"      is killed before it answers
//   "refuse"   an error in its own words
//   "garbage"  no JSON
//   "endless"  a body that never ends
//   "hang"     never answers
//   "remark"   only what is no words
//
// FAKE_WHISPER_FAIL: a message to end with at once. FAKE_WHISPER_OLD: without /health, as its first versions.
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

namespace {

std::string option(int count, char** arguments, std::string_view name) {
  for (int i = 1; i + 1 < count; ++i) {
    if (arguments[i] == name) return arguments[i + 1];
  }
  return {};
}

bool send_all(int peer, std::string_view text) {
  while (!text.empty()) {
    const auto sent = send(peer, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void answer(int peer, int status, const std::string& body) {
  send_all(peer, "HTTP/1.1 " + std::to_string(status) +
                     " X\r\nContent-Type: application/json\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body);
}

std::string wish() {
  const char* path = getenv("FAKE_WHISPER");
  std::string out;
  if (path != nullptr) std::ifstream(path) >> out;
  return out;
}

void recognise(int peer, const std::string& request) {
  const std::string what = wish();
  if (what == "die") raise(SIGKILL);
  if (what == "refuse") return answer(peer, 200, R"({"error":"failed to read WAV file"})");
  if (what == "garbage") return answer(peer, 200, "<html>\xff");
  if (what == "remark") return answer(peer, 200, R"({"text":" (a door closes)\n"})");
  if (what == "hang") {
    pollfd wait{peer, POLLRDHUP, 0};
    poll(&wait, 1, -1);
    return;
  }
  if (what == "endless") {
    send_all(peer, "HTTP/1.1 200 OK\r\n\r\n{\"text\":\"");
    while (send_all(peer, std::string(65536, 'x'))) continue;
    return;
  }
  const bool has_sound = request.find("name=\"file\"") != std::string::npos &&
                         request.find("RIFF") != std::string::npos && request.size() > 10'000;
  answer(peer, 200,
         has_sound ? R"({"text":" Hello from whisper.\n [BLANK_AUDIO]\n"})" : R"({"error":"no sound"})");
}

std::string read_request(int peer) {
  std::string in;
  std::array<char, 65536> piece{};
  for (;;) {
    const auto end = in.find("\r\n\r\n");
    if (end != std::string::npos) {
      const auto at = in.find("Content-Length: ");
      const std::size_t length =
          at == std::string::npos || at > end ? 0 : std::strtoul(in.c_str() + at + 16, nullptr, 10);
      if (in.size() >= end + 4 + length) return in;
    }
    const auto count = recv(peer, piece.data(), piece.size(), 0);
    if (count <= 0) return in;
    in.append(piece.data(), static_cast<std::size_t>(count));
  }
}

void serve(int peer, const std::string& base) {
  const std::string request = read_request(peer);
  const bool is_old = getenv("FAKE_WHISPER_OLD") != nullptr;
  if (request.starts_with("GET " + base + "/health ") && !is_old) {
    answer(peer, 200, R"({"status":"ok"})");
  } else if (request.starts_with("POST " + base + "/inference ")) {
    recognise(peer, request);
  } else {
    answer(peer, 404, "");
  }
  close(peer);
}

}  // namespace

int main(int count, char** arguments) {
  if (const char* message = getenv("FAKE_WHISPER_FAIL")) {
    std::fprintf(stderr, "%s\n", message);
    return 1;
  }
  const std::string base = option(count, arguments, "--request-path");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(option(count, arguments, "--port").c_str())));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const bool listens = base.size() > 1 && option(count, arguments, "--host") == "127.0.0.1" &&
                       bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                       listen(listener, 64) == 0;
  if (!listens) {
    std::perror("fake whisper-server");
    return 1;
  }
  for (;;) {
    const int peer = accept(listener, nullptr, nullptr);
    if (peer >= 0) std::thread(serve, peer, base).detach();
  }
}
