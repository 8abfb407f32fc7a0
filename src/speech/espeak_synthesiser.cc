#include <cmath>

#include "base/child.h"
#include "base/text.h"
#include "speech/memory_file.h"
#include "speech/synthesiser.h"
#include "speech/wav.h"

namespace tokcast {
namespace {

constexpr double kWordsPerMinute = 175;  // its own
constexpr Seconds kLongestSound{120};
constexpr Seconds kPatience{10};
constexpr std::string_view kPrefix = "espeak-ng/";

// The most spoken of its languages; it has a hundred.
constexpr const char* kLanguages[] = {"en-us", "en-gb", "de", "fr-fr", "es", "it",  "pt-br", "nl",
                                      "pl",    "ru",    "tr", "ar",    "hi", "cmn", "ja",    "ko"};

class Espeak : public Synthesiser {
 public:
  explicit Espeak(std::string program)
      : program_(std::move(program)), is_here_(find_program(program_).has_value()) {}

  SpeechBackend backend() const override {
    SpeechBackend out{.kind = "tts", .name = "espeak-ng", .available = is_here_, .display = "espeak-ng"};
    if (!is_here_) out.missing = "there is no espeak-ng here; install the package espeak-ng";
    for (const char* language : kLanguages) out.voices.push_back(std::string(kPrefix) + language);
    return out;
  }

  Result<Sound> speak(const std::string& text, const std::string& voice, double speed,
                      const std::stop_token& stop) override {
    const auto file = MemoryFile::make(text);
    if (!file) return std::unexpected(file.error());
    ChildOptions options{.arguments = {program_, "--stdout", "-b", "1", "-v", voice.substr(kPrefix.size()),
                                       "-s", std::to_string(std::lround(kWordsPerMinute * speed)), "-f",
                                       "/dev/fd/" + std::to_string(file->descriptor())}};
    options.deadline = kPatience;
    options.stop = stop;
    options.inherited_descriptors = {file->descriptor()};
    const auto result = run_child(options);
    if (!result) return std::unexpected(result.error());
    if (result->stopped) return fail(ErrorKind::kInterrupted, "this is not wanted any more");
    if (result->exit_code != 0) {
      return fail(ErrorKind::kEngineFailed, "espeak-ng " + describe_end(*result, options),
                  printable(result->standard_error.substr(0, 200)));
    }
    return read_wav(result->standard_output, kLongestSound);
  }

 private:
  std::string program_;
  bool is_here_;
};

}  // namespace

std::unique_ptr<Synthesiser> make_espeak(const std::string& program) {
  return std::make_unique<Espeak>(program);
}

}  // namespace tokcast
