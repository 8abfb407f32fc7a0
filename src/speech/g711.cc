#include "speech/g711.h"

#include <algorithm>
#include <array>
#include <bit>

namespace tokcast {
namespace {

// Added to a magnitude, it makes every segment begin at a power of two: 32, 64 ... 4096.
constexpr int kBias = 33;
constexpr int kLargest = 8158;  // of 14 bits; the table's last decision value is 8159

constexpr std::int16_t decoded(unsigned code) {
  const unsigned bits = ~code & 0xFFU;  // the recommendation inverts all of them on the line
  const unsigned segment = (bits >> 4U) & 7U;
  const int magnitude = ((static_cast<int>(2U * (bits & 15U)) + kBias) << segment) - kBias;
  return static_cast<std::int16_t>(4 * ((bits & 0x80U) != 0 ? -magnitude : magnitude));
}

constexpr std::array<std::int16_t, 256> make_table() {
  std::array<std::int16_t, 256> out{};
  for (unsigned code = 0; code < 256; ++code) out[code] = decoded(code);
  return out;
}

constexpr std::array<std::int16_t, 256> kDecoded = make_table();

}  // namespace

std::uint8_t mulaw_of(std::int16_t sample) {
  const bool is_negative = sample < 0;
  const int magnitude = (is_negative ? -static_cast<int>(sample) : static_cast<int>(sample)) / 4;
  const auto biased = static_cast<unsigned>(std::min(magnitude, kLargest) + kBias);
  const auto segment = static_cast<unsigned>(std::bit_width(biased)) - 6U;
  const unsigned step = (biased >> (segment + 1U)) & 15U;
  return static_cast<std::uint8_t>(~((is_negative ? 0x80U : 0U) | (segment << 4U) | step));
}

std::int16_t sample_of_mulaw(std::uint8_t code) {
  return kDecoded[code];
}

std::string encode_mulaw(std::span<const std::int16_t> samples) {
  std::string out(samples.size(), '\0');
  std::ranges::transform(samples, out.begin(), [](std::int16_t s) { return static_cast<char>(mulaw_of(s)); });
  return out;
}

std::vector<std::int16_t> decode_mulaw(std::string_view bytes) {
  std::vector<std::int16_t> out(bytes.size());
  std::ranges::transform(bytes, out.begin(), [](char c) { return kDecoded[static_cast<unsigned char>(c)]; });
  return out;
}

std::string encode_linear16(std::span<const std::int16_t> samples) {
  std::string out;
  out.reserve(2 * samples.size());
  for (const std::int16_t sample : samples) {
    const auto bits = static_cast<std::uint16_t>(sample);
    out += static_cast<char>(bits & 0xFFU);
    out += static_cast<char>(bits >> 8U);
  }
  return out;
}

std::vector<std::int16_t> decode_linear16(std::string_view bytes) {
  std::vector<std::int16_t> out(bytes.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto low = static_cast<unsigned char>(bytes[2 * i]);
    const auto high = static_cast<unsigned char>(bytes[2 * i + 1]);
    out[i] = static_cast<std::int16_t>(static_cast<std::uint16_t>(low | (high << 8U)));
  }
  return out;
}

}  // namespace tokcast
