// Speech, as the server needs it: recognition and synthesis behind one interface.
//
// The server calls all of it from bounded pools (worker_pool.h), never from the loop, so calls may take their
// time and block. Sound is mono. A back end resamples and encodes (G.711): the server only carries bytes.
#ifndef TOKCAST_SERVE_SPEECH_H_
#define TOKCAST_SERVE_SPEECH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

struct RecogniserOptions {
  std::uint32_t rate = 16'000;  // of the samples that will be fed, a second: 8000 to 48000
  // Speech has ended after so much quiet; 0 and nullopt: the back end's own.
  std::optional<std::uint32_t> silence_ms{};
  std::optional<std::uint32_t> energy_threshold{};  // 0 to 32767: quieter is quiet
};

struct Recognised {
  std::string text{};                  // of the utterance so far; may be empty
  bool is_final = false;               // an end of speech was found; the next feed begins the next utterance
  std::optional<double> confidence{};  // 0 to 1
};

// One stream of sound. Used by one thread at a time, not always the same. What it holds is bounded: an
// utterance longer than a minute is ended.
class Recogniser {
 public:
  virtual ~Recogniser() = default;
  // Everything new that these samples bring, in order; usually nothing, or one partial.
  virtual Result<std::vector<Recognised>> feed(std::span<const std::int16_t> samples) = 0;
  // There is no more: the final of what was begun; its text may be empty.
  virtual Result<Recognised> finish() = 0;
};

enum class SoundEncoding { kMulaw, kLinear16 };  // G.711 µ-law, a byte a sample; PCM16 little endian

// "mulaw", "linear16".
std::string_view encoding_name(SoundEncoding encoding);

struct SynthesisRequest {
  std::string text{};   // plain, one or a few sentences; at most 8 kB
  std::string voice{};  // empty: the default
  SoundEncoding encoding = SoundEncoding::kMulaw;
  std::uint32_t rate = 8'000;  // a second: 8000 to 48000
};

// Takes the next sound, encoded and at the rate that was asked for; false: no more is wanted, stop.
using SoundSink = std::function<bool(std::string_view bytes)>;

struct SpeechBackend {
  std::string kind{};  // "stt" or "tts"
  std::string name{};  // "pocketsphinx", "flite", "espeak-ng" ...
  bool available = false;
  std::string display{};  // for people: model or voice
  std::string path{};     // of the model; empty: built in
};

// Any thread may call; several at once.
class Speech {
 public:
  virtual ~Speech() = default;
  virtual std::vector<SpeechBackend> backends() const = 0;
  // In use; empty: none.
  virtual std::string recogniser_name() const = 0;
  virtual std::string synthesiser_name() const = 0;
  // May load a model. Errors: kUnsupported (there is no recogniser), kNotFound (its model is away), kIo.
  virtual Result<std::unique_ptr<Recogniser>> start_recogniser(const RecogniserOptions& options) = 0;
  // Calls `sink` as sound gets ready, until the end or until it says no. Errors: kUnsupported (there is no
  // synthesiser), kBadInput (text that cannot be spoken), kEngineFailed.
  virtual Result<void> synthesise(const SynthesisRequest& request, const SoundSink& sink) = 0;
};

// Where there is none: every call says so.
std::unique_ptr<Speech> no_speech();

}  // namespace tokcast

#endif  // TOKCAST_SERVE_SPEECH_H_
