#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/child.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "speech/g711.h"
#include "speech/memory_file.h"
#include "speech/synthesiser.h"

namespace tokcast {
namespace {

constexpr std::uint64_t kLongestSound = 120;  // seconds
constexpr Seconds kPatience{20};              // it loads its voice anew for each piece of text
constexpr Bytes kLongestDescription{4 * kMebi.value};
constexpr double kShortestScale = 0.1;
constexpr double kLongestScale = 10;

Json member(const Json& in, const char* table, const char* key) {
  const Json found = in.is_object() ? in.value(table, Json()) : Json();
  return found.is_object() ? found.value(key, Json()) : Json();
}

Result<PiperVoice> read_description(PiperVoice voice, const Json& description, const std::string& place) {
  const Json rate = member(description, "audio", "sample_rate");
  const bool is_rate = rate.is_number_unsigned() && rate.get<std::uint64_t>() >= kLowestRate &&
                       rate.get<std::uint64_t>() <= kHighestRate;
  if (!is_rate) {
    return fail(ErrorKind::kBadInput,
                fmt::format("audio.sample_rate is not a number from {} to {}", kLowestRate, kHighestRate),
                place, "Fetch the voice's description again.");
  }
  voice.rate = rate.get<std::uint32_t>();
  const Json scale = member(description, "inference", "length_scale");
  const bool is_scale =
      scale.is_number() && scale.get<double>() >= kShortestScale && scale.get<double>() <= kLongestScale;
  if (is_scale) voice.length_scale = scale.get<double>();
  return voice;
}

class Piper : public Synthesiser {
 public:
  Piper(std::string program, std::vector<PiperVoice> voices)
      : program_(std::move(program)),
        is_here_(find_program(program_).has_value()),
        voices_(std::move(voices)) {}

  SpeechBackend backend() const override {
    SpeechBackend out{.kind = "tts", .name = "piper", .display = "piper"};
    out.available = is_here_ && !voices_.empty();
    if (!voices_.empty()) out.path = voices_.front().path;
    for (const PiperVoice& voice : voices_) out.voices.push_back(voice.name);
    if (voices_.empty()) {
      out.missing = "no voice was given for piper; start with --piper-voice FILE.onnx";
    } else if (!is_here_) {
      out.missing =
          "there is no piper here; install it (Debian's package of this name is another program), or name it "
          "with --piper";
    }
    return out;
  }

  Result<Sound> speak(const std::string& text, const std::string& voice, double speed,
                      const std::stop_token& stop) override {
    const auto found = std::ranges::find(voices_, voice, &PiperVoice::name);
    if (found == voices_.end()) return fail(ErrorKind::kNotFound, "there is no such voice", printable(voice));
    const auto file = MemoryFile::make(text + "\n");
    if (!file) return std::unexpected(file.error());
    ChildOptions options = command(*found, speed);
    options.input_descriptor = file->descriptor();
    options.stop = stop;
    const auto result = run_child(options);
    if (!result) return std::unexpected(result.error());
    if (result->stopped) return fail(ErrorKind::kInterrupted, "this is not wanted any more");
    const bool is_done = result->exit_code == 0 && !result->timed_out && !result->output_overflowed;
    if (is_done) return Sound{.rate = found->rate, .samples = decode_linear16(result->standard_output)};
    return fail(ErrorKind::kEngineFailed, "piper " + describe_end(*result, options),
                printable(trim(result->standard_error.substr(0, 200))));
  }

 private:
  ChildOptions command(const PiperVoice& voice, double speed) const {
    ChildOptions out{.arguments = {program_, "--model", voice.path, "--output-raw"}};
    if (speed != 1) {
      out.arguments.insert(out.arguments.end(),
                           {"--length-scale", fmt::format("{:.3f}", voice.length_scale / speed)});
    }
    out.deadline = kPatience;
    out.output_limit = Bytes(kLongestSound * voice.rate * sizeof(std::int16_t));
    return out;
  }

  std::string program_;
  bool is_here_;
  std::vector<PiperVoice> voices_;
};

}  // namespace

Result<PiperVoice> read_piper_voice(const std::string& path) {
  const std::filesystem::path file(path);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) {
    return fail(ErrorKind::kNotFound, "there is no such voice", printable(path),
                "Name the FILE.onnx of a voice of piper.");
  }
  const std::string description = path + ".json";
  const auto text = read_file(description, kLongestDescription);
  if (!text && text.error().kind == ErrorKind::kNotFound) {
    return fail(ErrorKind::kNotFound, "this voice has no description", printable(description),
                "Fetch it from where the voice is from, to the same folder.");
  }
  if (!text) return std::unexpected(text.error());
  const auto json = parse_json(*text, printable(description));
  if (!json) return std::unexpected(json.error());
  return read_description({.name = "piper/" + printable(file.stem().string()), .path = path}, *json,
                          printable(description));
}

bool is_piper(const std::string& program) {
  ChildOptions options{.arguments = {program, "--help"}};
  options.deadline = kPatience;
  const auto result = run_child(options);
  const std::string said = result ? result->standard_output + result->standard_error : std::string();
  return said.find("--output_raw") != std::string::npos || said.find("--output-raw") != std::string::npos;
}

std::unique_ptr<Synthesiser> make_piper(const std::string& program, std::vector<PiperVoice> voices) {
  return std::make_unique<Piper>(program, std::move(voices));
}

}  // namespace tokcast
