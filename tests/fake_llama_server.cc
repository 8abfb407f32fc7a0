// A llama-server for tests: listens on a Unix socket (or on 127.0.0.1 at --port), has slots, streams words at
// a known pace, and does what a prompt tells it.
//
//   "say N M"    N words, one every M milliseconds (the default: 3 words at once)
//   "die N"      is killed after N words
//   "break N"    closes the stream after N words
//   "hang"       never answers
//   "refuse"     answers 400
//   "flood"      one endless event
//
// FAKE_LOAD_MS: how long loading takes. FAKE_FAIL: a message to end with at once, FAKE_FAIL_FOR:
// with models of that name only. FAKE_LOG: a file that gets a
// line when a turn takes its slot and when it gives it back: "1 starts", "1 done", "1 gone". GET /slots tells
// which are busy; a turn whose client is gone frees its slot before the next word.
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>

#include "fake_http.h"

namespace {

using tokcast::fake::answer;
using tokcast::fake::option;
using tokcast::fake::send_all;
using Clock = std::chrono::steady_clock;

std::mutex mutex;
std::condition_variable slot_free;
int busy = 0;
int slots = 1;
int turns = 0;
Clock::time_point ready_at;

// Under the mutex, so that lines stand in the order of what they tell.
void tell(int turn, const char* what) {
  if (const char* path = getenv("FAKE_LOG"))
    std::ofstream(path, std::ios::app) << turn << ' ' << what << '\n';
}

bool is_gone(int peer, int milliseconds) {
  pollfd wait{peer, POLLIN, 0};
  if (poll(&wait, 1, milliseconds) <= 0) return false;
  char byte = 0;
  return recv(peer, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0 || (wait.revents & POLLHUP) != 0;
}

struct Wish {
  std::string what = "say";
  int words = 3;
  int milliseconds = 0;
  bool stream = false;
  bool progress = false;
};

Wish wish_in(const std::string& body) {
  Wish out;
  out.stream = body.find("\"stream\":true") != std::string::npos;
  out.progress = body.find("\"return_progress\":true") != std::string::npos;
  for (const char* what : {"say", "die", "break", "hang", "refuse", "flood"}) {
    const auto at = body.find("\"" + std::string(what));
    if (at == std::string::npos) continue;
    std::istringstream in(body.substr(at + 1));
    in >> out.what >> out.words >> out.milliseconds;
    out.what = what;
  }
  return out;
}

std::string chunk(const std::string& text) {
  std::array<char, 16> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", text.size());
  return size.data() + text + "\r\n";
}

std::string timings(int words) {
  return R"("timings":{"cache_n":2,"prompt_n":10,"prompt_ms":1,"predicted_n":)" + std::to_string(words) +
         R"(,"predicted_ms":1})";
}

// False: whoever asked went before the end.
bool speak(int peer, const Wish& wish) {
  if (wish.what == "refuse") {
    answer(peer, 400, R"({"error":{"code":400,"message":"no","type":"x"}})");
    return true;
  }
  if (wish.what == "hang") {
    while (!is_gone(peer, 50)) continue;
    return false;
  }
  if (wish.stream) {
    send_all(peer,
             "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    send_all(peer, chunk("data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\n"));
  }
  if (wish.progress) {
    send_all(
        peer,
        chunk("data: {\"choices\":[{\"delta\":{\"content\":null}}],\"prompt_progress\":{\"total\":12}}\n\n"));
  }
  if (wish.what == "flood") {
    send_all(peer, chunk("data: "));
    const std::string piece = chunk(std::string(65536, 'x'));
    while (!is_gone(peer, 0)) send_all(peer, piece);
    return false;
  }
  std::string whole;
  for (int i = 0; i < wish.words; ++i) {
    if (is_gone(peer, wish.milliseconds)) return false;
    const std::string word = "word" + std::to_string(i) + (i % 4 == 3 ? ". " : " ");
    whole += word;
    if (wish.stream)
      send_all(peer, chunk(R"(data: {"choices":[{"delta":{"content":")" + word + "\"}}]}\n\n"));
  }
  if (wish.what == "die") raise(SIGKILL);
  if (wish.what == "break") return true;
  if (!wish.stream) {
    answer(peer, 200,
           R"({"object":"chat.completion","choices":[{"index":0,"finish_reason":"stop","message":)"
           R"({"role":"assistant","content":")" +
               whole + "\"}}]," + timings(wish.words) + "}");
    return true;
  }
  send_all(peer, chunk(R"(data: {"choices":[{"delta":{},"finish_reason":"stop"}],)" + timings(wish.words) +
                       "}\n\n"));
  send_all(peer, chunk("data: [DONE]\n\n") + "0\r\n\r\n");
  return true;
}

void take_turn(int peer, const std::string& body) {
  int turn = 0;
  {
    std::unique_lock lock(mutex);
    slot_free.wait(lock, [] { return busy < slots; });
    ++busy;
    tell(turn = ++turns, "starts");
  }
  const bool was_done = speak(peer, wish_in(body));
  const std::lock_guard lock(mutex);
  --busy;
  tell(turn, was_done ? "done" : "gone");
  slot_free.notify_one();
}

void serve(int peer, const std::string& request) {
  const bool is_ready = Clock::now() >= ready_at;
  if (request.starts_with("GET /health")) {
    answer(peer, is_ready ? 200 : 503, is_ready ? "{\"status\":\"ok\"}" : "{\"error\":\"loading\"}");
  } else if (request.starts_with("GET /slots")) {
    const std::lock_guard lock(mutex);
    std::string out = "[";
    for (int i = 0; i < slots; ++i) {
      out += (i > 0 ? "," : "") + std::string(R"({"is_processing":)") + (i < busy ? "true}" : "false}");
    }
    answer(peer, 200, out + "]");
  } else if (request.starts_with("POST ")) {
    take_turn(peer, request.substr(request.find("\r\n\r\n") + 4));
  } else {
    answer(peer, 404, "{}");
  }
}

}  // namespace

int main(int count, char** arguments) {
  const char* message = getenv("FAKE_FAIL");
  const char* only = getenv("FAKE_FAIL_FOR");
  const std::string model = option(count, arguments, "--model");
  if (message != nullptr && (only == nullptr || model.ends_with(only))) {
    std::fprintf(stderr, "%s\n", message);
    return 1;
  }
  const char* load = getenv("FAKE_LOAD_MS");
  ready_at = Clock::now() + std::chrono::milliseconds(load == nullptr ? 0 : std::atoi(load));
  slots = std::max(1, std::atoi(option(count, arguments, "--parallel").c_str()));
  const std::string host = option(count, arguments, "--host");
  const int port = std::atoi(option(count, arguments, "--port").c_str());
  const int listener =
      host.starts_with('/') ? tokcast::fake::listen_at(host) : tokcast::fake::listen_at(port);
  if (listener < 0) {
    std::perror("fake llama-server");
    return 1;
  }
  tokcast::fake::serve_all(listener, serve);
}
