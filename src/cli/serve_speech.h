// The options of `tokcast serve` about who listens and who speaks, checked before anything starts: what was
// asked for and is missing ends the command, with what to do about it.
#ifndef TOKCAST_CLI_SERVE_SPEECH_H_
#define TOKCAST_CLI_SERVE_SPEECH_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "serve/server.h"
#include "setup/served_config.h"

namespace tokcast {

struct SpeechOptions {
  bool none = false;
  ServedSpeech wanted{};

  void add_to(CLI::App& parser);
  // What was not given is as it was set up.
  void complete(const ServedSpeech& config);
};

// Into `serving`. `say`: one line to the user, from any thread, as long as the server runs. Errors: kNotFound
// (a program or a file that was asked for), kBadInput (a voice's description), kUsage, kIo.
Result<void> add_speech(const SpeechOptions& options, ServeOptions& serving,
                        const std::function<void(const std::string&)>& say);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SERVE_SPEECH_H_
