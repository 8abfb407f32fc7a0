// Speech, as the server needs it: recognition and synthesis behind one interface.
//
// The server calls all of it from bounded pools (serve/worker_pool.h), never from the loop, so calls may take
// their time and block. Sound is mono. The server only carries bytes: resampling and G.711 happen in here.
#ifndef TOKCAST_SPEECH_SPEECH_H_
#define TOKCAST_SPEECH_SPEECH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

// Samples a second that are taken and given.
constexpr std::uint32_t kLowestRate = 8'000;
constexpr std::uint32_t kHighestRate = 48'000;

struct RecogniserOptions {
  std::uint32_t rate = 16'000;  // of the samples that will be fed, a second: kLowestRate to kHighestRate
  // Speech has ended after so much quiet; nullopt: the back end's own.
  std::optional<std::uint32_t> silence_ms{};
  std::optional<std::uint32_t> energy_threshold{};  // 0 to 32767: quieter is quiet

  bool operator==(const RecogniserOptions&) const = default;
};

struct Recognised {
  std::string text{};                  // of the utterance so far; may be empty
  bool is_final = false;               // an end of speech was found; the next feed begins the next utterance
  std::optional<double> confidence{};  // 0 to 1
  // Where in the stream it was said.
  Seconds begin{};
  Seconds end{};
};

// One stream of sound. Used by one thread at a time, not always the same. What it holds is bounded: an
// utterance longer than a minute is ended.
class Recogniser {
 public:
  virtual ~Recogniser() = default;
  // Everything new that these samples bring, in order; usually nothing, or one partial. Errors: kTimeout (too
  // many speak at once, or it took too long), kNetwork (the recogniser is a process that does not run now),
  // kNotFound, kIo, kEngineFailed, kInterrupted.
  virtual Result<std::vector<Recognised>> feed(std::span<const std::int16_t> samples) = 0;
  // There is no more for now: the final of what was begun; its text may be empty.
  virtual Result<Recognised> finish() = 0;
};

enum class SoundEncoding { kMulaw, kLinear16 };  // G.711 µ-law, a byte a sample; PCM16 little endian

// "mulaw", "linear16".
std::string_view encoding_name(SoundEncoding encoding);

// Bytes of text that are spoken at once; pieces_to_speak (spoken_text.h) cuts longer ones.
constexpr std::size_t kLongestPiece = 400;

struct SynthesisRequest {
  std::string text{};   // plain
  std::string voice{};  // empty: the default
  SoundEncoding encoding = SoundEncoding::kMulaw;
  std::uint32_t rate = 8'000;  // a second: kLowestRate to kHighestRate
  double speed = 1;            // 0.25 to 4 times as fast
  std::stop_token stop{};      // asked for: nobody wants it any more
};

struct SpeechBackend {
  std::string kind{};                     // "stt" or "tts"
  std::string name{};                     // "pocketsphinx", "whisper_cpp", "flite", "espeak-ng", "piper"
  bool available = false;                 // now
  bool partials = false;                  // of a recogniser: has words before an utterance is over
  std::string display{};                  // for people: model or voice
  std::string path{};                     // of the model; empty: built in
  std::vector<std::string> voices{};      // of a synthesiser, the default first
  std::optional<std::uint64_t> starts{};  // of its process; nullopt: it is none that stays
  std::string missing{};                  // where it is not available: why, and what to install
};

// Any thread may call; several at once.
class Speech {
 public:
  virtual ~Speech() = default;
  // As they stand now; this and the names never wait.
  virtual std::vector<SpeechBackend> backends() const = 0;
  // In use; empty: none.
  virtual std::string recogniser_name() const = 0;
  virtual std::string synthesiser_name() const = 0;
  // Errors: kUnsupported (there is no recogniser), kBadInput (a rate beyond the bounds).
  virtual Result<std::unique_ptr<Recogniser>> start_recogniser(const RecogniserOptions& options) = 0;
  // The sound of one piece of text, encoded and at the rate that was asked for. Errors: kUnsupported (there
  // is no synthesiser), kNotFound (no such voice), kBadInput (nothing in the text can be spoken, it is longer
  // than kLongestPiece, or a rate or speed is beyond the bounds), kEngineFailed, kInterrupted (it was
  // stopped).
  virtual Result<std::string> synthesise(const SynthesisRequest& request) = 0;
};

// Where there is none: every call says so.
std::unique_ptr<Speech> no_speech();

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_SPEECH_H_
