// Sound as strangers send it: a WAV file, or whatever else; and the same bytes as samples of G.711 and PCM16.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "speech/g711.h"
#include "speech/resampler.h"
#include "speech/speech.h"
#include "speech/wav.h"

namespace {

using namespace tokcast;

void read_file(std::string_view bytes) {
  const auto sound = read_wav(bytes, Seconds(10));
  if (!sound) return;
  if (sound->rate < kLowestRate || sound->rate > kHighestRate) abort();
  if (sound->length() > Seconds(10) || sound->samples.size() > bytes.size()) abort();
  const auto again = read_wav(write_wav(sound->samples, sound->rate), Seconds(10));
  if (!again || again->samples != sound->samples) abort();
}

// Whole or in pieces: the same.
void resample(std::string_view bytes) {
  if (bytes.size() < 3) return;
  const auto piece = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) + 1;
  const std::uint32_t from = kLowestRate + static_cast<unsigned char>(bytes[1]) * 150U;
  const std::uint32_t to = kLowestRate + static_cast<unsigned char>(bytes[2]) * 150U;
  const auto samples = decode_linear16(bytes.substr(3, 4096));
  auto whole = Resampler::make(from, to).value();
  auto parts = Resampler::make(from, to).value();
  std::vector<std::int16_t> out[2] = {whole.feed(samples), {}};
  for (std::size_t at = 0; at < samples.size(); at += piece) {
    const auto more = parts.feed(std::span(samples).subspan(at, std::min(piece, samples.size() - at)));
    out[1].insert(out[1].end(), more.begin(), more.end());
  }
  const auto ends = {whole.finish(), parts.finish()};
  std::size_t which = 0;
  for (const auto& end : ends) {
    out[which].insert(out[which].end(), end.begin(), end.end());
    ++which;
  }
  if (out[0] != out[1]) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_file(bytes);
  resample(bytes);
  if (decode_mulaw(encode_mulaw(decode_mulaw(bytes))) != decode_mulaw(bytes)) abort();
  return 0;
}
