// whisper.cpp's server as a child that recognises speech: started, asked after, restarted with longer and
// longer pauses, and ended with us (supervisor.h).
//
// It knows no Unix sockets, so it listens on a port of loopback, below a path that nobody can guess: web
// pages cannot use it. Other users of the machine can see the path (it stands on a command line); what they
// can do with it is have their own sound recognised, and load another model.
#ifndef TOKCAST_SERVE_WHISPER_SERVER_H_
#define TOKCAST_SERVE_WHISPER_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/units.h"
#include "speech/transcriber.h"

namespace tokcast {

struct WhisperOptions {
  std::string program = "whisper-server";  // a path, or a name in PATH
  std::string model{};                     // ggml file
  std::string language = "auto";           // as whisper.cpp names it; "auto": it listens for that too
  std::uint32_t threads = 4;
  // To answer, beyond the length of the sound itself: who talks waits no longer.
  Seconds patience{10};
  std::function<void(const std::string&)> say{};  // for people, one line each; from any thread. May be empty
};

// Starts it; it is ready some time later. Any thread, at the latest until it is destroyed.
std::shared_ptr<Transcriber> start_whisper_server(WhisperOptions options);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_WHISPER_SERVER_H_
