#include "speech/wav.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>

#include "speech/g711.h"
#include "speech/speech.h"

namespace tokcast {
namespace {

constexpr unsigned kPcm = 1;
constexpr unsigned kFloat = 3;
constexpr unsigned kMulawTag = 7;
constexpr unsigned kExtensible = 0xFFFE;  // the tag stands further behind
constexpr std::size_t kFormatSize = 16;
constexpr std::size_t kSubFormatAt = 24;
constexpr unsigned kMostChannels = 8;
constexpr int kMostChunks = 64;

constexpr const char* kReadHere =
    "WAV is read here: PCM of 8, 16, 24 or 32 bits, floating point of 32 bits, or G.711 µ-law.";

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < size; ++i) {
    out |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8U * i);
  }
  return out;
}

struct WavFormat {
  unsigned tag = 0;
  unsigned channels = 0;
  std::uint32_t rate = 0;
  unsigned bits = 0;

  std::size_t sample_bytes() const { return bits / 8; }
};

struct WavChunk {
  std::string_view id{};
  std::string_view bytes{};
  std::size_t at = 0;  // of the bytes
};

Error broken(std::size_t at, std::string message) {
  return {ErrorKind::kBadInput, std::move(message), fmt::format("byte {}", at)};
}

// What else people send under that name.
std::string_view kind_of_file(std::string_view bytes) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kKinds{{{"OggS", "Ogg"},
                                                                                 {"fLaC", "FLAC"},
                                                                                 {"ID3", "MP3"},
                                                                                 {"\xFF\xFB", "MP3"},
                                                                                 {"\x1A\x45\xDF\xA3", "WebM"},
                                                                                 {"RF64", "RF64"},
                                                                                 {"FORM", "AIFF"}}};
  for (const auto& [magic, name] : kKinds) {
    if (bytes.starts_with(magic)) return name;
  }
  return bytes.size() > 8 && bytes.substr(4).starts_with("ftyp") ? "MP4" : std::string_view();
}

Result<void> check_header(std::string_view bytes) {
  if (bytes.size() >= 12 && bytes.starts_with("RIFF") && bytes.substr(8).starts_with("WAVE")) return {};
  const std::string_view kind = kind_of_file(bytes);
  if (kind.empty()) return std::unexpected(broken(0, "this is no WAV file"));
  return fail(ErrorKind::kUnsupported, fmt::format("this is {}", kind), {}, kReadHere);
}

// The next chunk, as much of it as is there; nullopt at the end. `at` moves behind it.
std::optional<WavChunk> next_chunk(std::string_view bytes, std::size_t& at) {
  constexpr std::size_t kHead = 8;
  if (at > bytes.size() || bytes.size() - at < kHead) return std::nullopt;
  const std::uint32_t size = number_at(bytes, at + 4, 4);
  WavChunk out{.id = bytes.substr(at, 4), .bytes = bytes.substr(at + kHead, size), .at = at + kHead};
  at += kHead + std::uint64_t{size} + (size & 1U);
  return out;
}

Result<WavFormat> read_format(const WavChunk& chunk) {
  if (chunk.bytes.size() < kFormatSize) return std::unexpected(broken(chunk.at, "fmt: this is too short"));
  WavFormat out{.tag = number_at(chunk.bytes, 0, 2),
                .channels = number_at(chunk.bytes, 2, 2),
                .rate = number_at(chunk.bytes, 4, 4),
                .bits = number_at(chunk.bytes, 14, 2)};
  if (out.tag == kExtensible) {
    if (chunk.bytes.size() < kSubFormatAt + 2) {
      return std::unexpected(broken(chunk.at, "fmt: this is too short for its kind"));
    }
    out.tag = number_at(chunk.bytes, kSubFormatAt, 2);
  }
  if (out.channels == 0 || out.channels > kMostChannels) {
    return std::unexpected(broken(chunk.at + 2, fmt::format("fmt: {} channels", out.channels)));
  }
  const bool is_known =
      (out.tag == kPcm && (out.bits == 8 || out.bits == 16 || out.bits == 24 || out.bits == 32)) ||
      (out.tag == kFloat && out.bits == 32) || (out.tag == kMulawTag && out.bits == 8);
  if (!is_known) {
    return fail(ErrorKind::kUnsupported, fmt::format("encoding {} with {} bits", out.tag, out.bits),
                fmt::format("byte {}", chunk.at), kReadHere);
  }
  if (out.rate < kLowestRate || out.rate > kHighestRate) {
    return fail(
        ErrorKind::kUnsupported,
        fmt::format("{} samples a second, but {} to {} are read", out.rate, kLowestRate, kHighestRate),
        fmt::format("byte {}", chunk.at + 4));
  }
  return out;
}

// At the scale of 16 bits.
int sample_at(std::string_view bytes, std::size_t at, const WavFormat& format) {
  const std::uint32_t bits = number_at(bytes, at, format.sample_bytes());
  if (format.tag == kMulawTag) return sample_of_mulaw(static_cast<std::uint8_t>(bits));
  if (format.tag == kFloat) {
    const auto value = std::bit_cast<float>(bits);
    return std::isnan(value) ? 0 : static_cast<int>(std::lround(std::clamp(value, -1.0F, 1.0F) * 32767.0F));
  }
  if (format.bits == 8) return (static_cast<int>(bits) - 128) * 256;  // the only unsigned one
  return static_cast<std::int16_t>(bits >> (format.bits - 16U));
}

Result<Sound> read_samples(std::string_view bytes, const WavFormat& format, Seconds longest) {
  const std::size_t frame = format.sample_bytes() * format.channels;
  const std::size_t frames = bytes.size() / frame;
  Sound out{.rate = format.rate};
  if (static_cast<double>(frames) > longest.value * format.rate) {
    return fail(ErrorKind::kDoesNotFit, fmt::format("this is {} s of sound, but no more than {} s are taken",
                                                    frames / format.rate, longest.value));
  }
  out.samples.reserve(frames);
  for (std::size_t i = 0; i < frames; ++i) {
    int sum = 0;
    for (unsigned c = 0; c < format.channels; ++c) {
      sum += sample_at(bytes, i * frame + c * format.sample_bytes(), format);
    }
    out.samples.push_back(static_cast<std::int16_t>(sum / static_cast<int>(format.channels)));
  }
  return out;
}

void append_number(std::string& out, std::uint32_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>((number >> (8U * i)) & 0xFFU);
}

}  // namespace

Result<Sound> read_wav(std::string_view bytes, Seconds longest) {
  if (auto header = check_header(bytes); !header) return std::unexpected(header.error());
  std::optional<WavFormat> format;
  std::size_t at = 12;
  for (int i = 0; i < kMostChunks; ++i) {
    const auto chunk = next_chunk(bytes, at);
    if (!chunk) return std::unexpected(broken(bytes.size(), "there is no sound in this file: no data chunk"));
    if (chunk->id == "fmt ") {
      const auto read = read_format(*chunk);
      if (!read) return std::unexpected(read.error());
      format = *read;
    } else if (chunk->id == "data") {
      if (!format) return std::unexpected(broken(chunk->at, "data stands before fmt"));
      return read_samples(chunk->bytes, *format, longest);
    }
  }
  return std::unexpected(broken(at, fmt::format("no data chunk within the first {} chunks", kMostChunks)));
}

std::string write_wav_bytes(std::string_view pcm16, std::uint32_t rate) {
  const auto size = static_cast<std::uint32_t>(pcm16.size());
  std::string out = "RIFF";
  append_number(out, 36 + size, 4);
  out += "WAVEfmt ";
  append_number(out, kFormatSize, 4);
  append_number(out, kPcm, 2);
  append_number(out, 1, 2);
  append_number(out, rate, 4);
  append_number(out, 2 * rate, 4);
  append_number(out, 2, 2);
  append_number(out, 16, 2);
  out += "data";
  append_number(out, size, 4);
  return out += pcm16;
}

std::string write_wav(std::span<const std::int16_t> samples, std::uint32_t rate) {
  return write_wav_bytes(encode_linear16(samples), rate);
}

}  // namespace tokcast
