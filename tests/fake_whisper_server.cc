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
#include <poll.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "fake_http.h"

namespace {

using tokcast::fake::answer;
using tokcast::fake::option;
using tokcast::fake::send_all;

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

void serve(int peer, const std::string& base, const std::string& request) {
  const bool is_old = getenv("FAKE_WHISPER_OLD") != nullptr;
  if (request.starts_with("GET " + base + "/health ") && !is_old) {
    answer(peer, 200, R"({"status":"ok"})");
  } else if (request.starts_with("POST " + base + "/inference ")) {
    recognise(peer, request);
  } else {
    answer(peer, 404, "");
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (const char* message = getenv("FAKE_WHISPER_FAIL")) {
    std::fprintf(stderr, "%s\n", message);
    return 1;
  }
  const std::string base = option(count, arguments, "--request-path");
  const bool is_private = base.size() > 1 && option(count, arguments, "--host") == "127.0.0.1";
  const int port = std::atoi(option(count, arguments, "--port").c_str());
  const int listener = is_private ? tokcast::fake::listen_at(port) : -1;
  if (listener < 0) {
    std::perror("fake whisper-server");
    return 1;
  }
  tokcast::fake::serve_all(listener,
                           [&base](int peer, const std::string& request) { serve(peer, base, request); });
}
