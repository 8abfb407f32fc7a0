#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "base/child.h"
#include "base/text.h"
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

// The text in memory, as a file: arguments can be read by everybody on the machine.
class TextFile {
 public:
  explicit TextFile(std::string_view text) : descriptor_(memfd_create("text", MFD_CLOEXEC)) {
    is_whole_ =
        descriptor_ >= 0 && write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  ~TextFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  bool is_whole() const { return is_whole_; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  bool is_whole_ = false;
};

bool is_in_path(const std::string& program) {
  if (program.find('/') != std::string::npos) return access(program.c_str(), X_OK) == 0;
  const char* path = std::getenv("PATH");
  for (const std::string_view folder : split(path == nullptr ? "" : path, ':')) {
    if (access((std::string(folder) + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

class Espeak : public Synthesiser {
 public:
  explicit Espeak(std::string program) : program_(std::move(program)), is_here_(is_in_path(program_)) {}

  SpeechBackend backend() const override {
    SpeechBackend out{.kind = "tts", .name = "espeak-ng", .available = is_here_, .display = "espeak-ng"};
    if (!is_here_) out.missing = "there is no espeak-ng here; install the package espeak-ng";
    for (const char* language : kLanguages) out.voices.push_back(std::string(kPrefix) + language);
    return out;
  }

  Result<Sound> speak(const std::string& text, const std::string& voice, double speed) override {
    const TextFile file(text);
    if (!file.is_whole())
      return std::unexpected(error_from_errno(errno, "cannot hand over the text", program_));
    ChildOptions options{.arguments = {program_, "--stdout", "-b", "1", "-v", voice.substr(kPrefix.size()),
                                       "-s", std::to_string(std::lround(kWordsPerMinute * speed)), "-f",
                                       "/dev/fd/" + std::to_string(file.descriptor())}};
    options.deadline = kPatience;
    options.inherited_descriptors = {file.descriptor()};
    const auto result = run_child(options);
    if (!result) return std::unexpected(result.error());
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
