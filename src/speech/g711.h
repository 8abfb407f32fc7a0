// G.711 µ-law, a byte a sample (ITU-T Recommendation G.711, 11/88, tables 2a and 2b). The recommendation's
// values have 14 bits; samples here have 16, so each of them is four times as large.
#ifndef TOKCAST_SPEECH_G711_H_
#define TOKCAST_SPEECH_G711_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tokcast {

// Beyond the largest value of the table is the largest value.
std::uint8_t mulaw_of(std::int16_t sample);
std::int16_t sample_of_mulaw(std::uint8_t code);

std::string encode_mulaw(std::span<const std::int16_t> samples);
std::vector<std::int16_t> decode_mulaw(std::string_view bytes);

// PCM16, little endian; an odd last byte is dropped.
std::string encode_linear16(std::span<const std::int16_t> samples);
std::vector<std::int16_t> decode_linear16(std::string_view bytes);

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_G711_H_
