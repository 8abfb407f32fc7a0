#include "cli/serve_speech.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/child.h"
#include "base/text.h"
#include "machine/machine.h"
#include "serve/whisper_server.h"
#include "speech/local_speech.h"

namespace tokcast {
namespace {

constexpr std::uint32_t kMostWhisperThreads = 4;  // more of them gain little in a few seconds of sound

std::string or_else(const std::string& given, const std::string& otherwise) {
  return given.empty() ? otherwise : given;
}

// nullopt: another one listens.
Result<std::optional<WhisperOptions>> read_whisper(const ServedSpeech& wanted) {
  if (wanted.whisper_model.empty() && wanted.whisper_program.empty()) return std::nullopt;
  if (wanted.whisper_model.empty()) {
    return fail(ErrorKind::kUsage, "whisper.cpp needs a model", "--whisper-model",
                "Name a file of ggml's, for example ggml-base.en.bin.");
  }
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(wanted.whisper_model, ignored)) {
    return fail(ErrorKind::kNotFound, "there is no such model of speech", printable(wanted.whisper_model),
                "Name a file of ggml's with --whisper-model, for example ggml-base.en.bin.");
  }
  WhisperOptions out;
  out.program = or_else(wanted.whisper_program, out.program);
  if (!find_program(out.program)) {
    return fail(ErrorKind::kNotFound, "there is no whisper-server here", printable(out.program),
                "Install whisper.cpp with its server, or name the program with --whisper.");
  }
  out.model = wanted.whisper_model;
  out.language = or_else(wanted.whisper_language, out.language);
  return out;
}

// Voices that were asked for must be there.
Result<void> read_piper(const ServedSpeech& wanted, LocalSpeechOptions& out) {
  out.piper = or_else(wanted.piper_program, out.piper);
  if (wanted.piper_voices.empty() && !wanted.piper_program.empty()) {
    return fail(ErrorKind::kUsage, "piper needs a voice", "--piper-voice", "Name a FILE.onnx.");
  }
  for (const std::string& path : wanted.piper_voices) {
    auto voice = read_piper_voice(path);
    if (!voice) return std::unexpected(voice.error());
    out.piper_voices.push_back(std::move(*voice));
  }
  if (!wanted.piper_voices.empty() && !find_program(out.piper)) {
    return fail(ErrorKind::kNotFound, "there is no piper here", printable(out.piper),
                "Install it (Debian's package of this name is another program), or name it with --piper.");
  }
  return {};
}

// The voice that was set up is used where it can be: nobody asked for piper by name, so whatever is called
// that here has to prove that it is.
void add_set_up_voice(const ServedSpeech& wanted, LocalSpeechOptions& out) {
  if (!wanted.piper_voices.empty() || wanted.set_up_voice.empty()) return;
  auto voice = read_piper_voice(wanted.set_up_voice);
  if (voice && is_piper(out.piper)) out.piper_voices.push_back(std::move(*voice));
}

}  // namespace

void SpeechOptions::add_to(CLI::App& parser) {
  parser.add_flag("--no-speech", none, "Do not listen or speak");
  parser.add_option("--whisper-model", wanted.whisper_model, "Listen with whisper.cpp and this model")
      ->type_name("FILE");
  parser.add_option("--whisper", wanted.whisper_program, "Its server (whisper-server in PATH)")
      ->type_name("PROGRAM");
  parser.add_option("--whisper-language", wanted.whisper_language, "It hears (auto: whichever is spoken)")
      ->type_name("LANGUAGE");
  parser.add_option("--piper-voice", wanted.piper_voices, "Speak with piper and this voice")
      ->allow_extra_args(false)  // else it takes MODEL for another voice
      ->type_name("FILE.onnx");
  parser.add_option("--piper", wanted.piper_program, "Its program (piper in PATH)")->type_name("PROGRAM");
}

void SpeechOptions::complete(const ServedSpeech& config) {
  const auto take = [](std::string& into, const std::string& from) {
    if (into.empty()) into = from;
  };
  take(wanted.whisper_model, config.whisper_model);
  take(wanted.whisper_program, config.whisper_program);
  take(wanted.whisper_language, config.whisper_language);
  take(wanted.piper_program, config.piper_program);
  take(wanted.set_up_voice, config.set_up_voice);
  if (wanted.piper_voices.empty()) wanted.piper_voices = config.piper_voices;
}

Result<void> add_speech(const SpeechOptions& options, ServeOptions& serving,
                        const std::function<void(const std::string&)>& say) {
  if (options.none) return {};
  const std::size_t usable = read_machine().usable_threads();
  // One second of speech is some 0.25 s of recognition on one core; the model needs the others.
  serving.speech_threads = std::clamp<std::size_t>(usable / 4, 1, 4);
  LocalSpeechOptions local{.utterances = 2 * serving.speech_threads};
  auto whisper = read_whisper(options.wanted);
  if (!whisper) return std::unexpected(whisper.error());
  if (auto piper = read_piper(options.wanted, local); !piper) return piper;
  if (*whisper) {
    (*whisper)->threads = static_cast<std::uint32_t>(std::clamp<std::size_t>(usable, 1, kMostWhisperThreads));
    (*whisper)->say = say;
  }
  serving.make_speech = [local, wanted = options.wanted, whisper = *whisper] {
    LocalSpeechOptions all = local;
    add_set_up_voice(wanted, all);
    if (whisper) all.transcriber = start_whisper_server(*whisper);
    return make_local_speech(all);
  };
  return {};
}

}  // namespace tokcast
