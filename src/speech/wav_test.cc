#include "speech/wav.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

namespace tokcast {
namespace {

constexpr Seconds kLongest{10};

std::string little(std::uint64_t number, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((number >> (8 * i)) & 0xFFU);
  return out;
}

struct FormatOf {
  unsigned tag = 1;
  unsigned channels = 1;
  std::uint32_t rate = 16'000;
  unsigned bits = 16;
};

std::string format_chunk(const FormatOf& f) {
  const unsigned frame = f.channels * f.bits / 8;
  return "fmt " + little(16, 4) + little(f.tag, 2) + little(f.channels, 2) + little(f.rate, 4) +
         little(std::uint64_t{f.rate} * frame, 4) + little(frame, 2) + little(f.bits, 2);
}

std::string chunk(const std::string& id, const std::string& bytes) {
  return id + little(bytes.size(), 4) + bytes + (bytes.size() % 2 == 1 ? std::string(1, '\0') : "");
}

std::string riff(const std::string& chunks) {
  return "RIFF" + little(4 + chunks.size(), 4) + "WAVE" + chunks;
}

std::string wav(const FormatOf& format, const std::string& data) {
  return riff(format_chunk(format) + chunk("data", data));
}

std::vector<std::int16_t> samples_in(const std::string& bytes) {
  const auto read = read_wav(bytes, kLongest);
  EXPECT_TRUE(read) << describe(read.error());
  return read ? read->samples : std::vector<std::int16_t>();
}

ErrorKind error_in(const std::string& bytes) {
  const auto read = read_wav(bytes, kLongest);
  EXPECT_FALSE(read);
  return read ? ErrorKind::kIo : read.error().kind;
}

using Samples = std::vector<std::int16_t>;

TEST(Wav, WhatIsWrittenIsRead) {
  const Samples samples{0, 1, -1, 32767, -32768};
  const auto read = read_wav(write_wav(samples, 22'050), kLongest);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->samples, samples);
  EXPECT_EQ(read->rate, 22'050U);
}

TEST(Wav, EveryEncodingComesToSixteenBits) {
  EXPECT_EQ(samples_in(wav({.bits = 8}, std::string("\x80\xFF\x00", 3))), (Samples{0, 32512, -32768}));
  EXPECT_EQ(samples_in(wav({.bits = 24}, std::string("\xFF\xFF\x7F\x00\x00\x80", 6))),
            (Samples{32767, -32768}));
  EXPECT_EQ(samples_in(wav({.bits = 32}, little(0x7FFF0000U, 4))), (Samples{32767}));
  EXPECT_EQ(samples_in(wav({.tag = 7, .rate = 8000, .bits = 8}, "\x80\xFF")), (Samples{32124, 0}));
  const auto float_bytes = [](float value) { return little(std::bit_cast<std::uint32_t>(value), 4); };
  EXPECT_EQ(
      samples_in(wav({.tag = 3, .bits = 32}, float_bytes(0.5F) + float_bytes(9.0F) + float_bytes(-1e30F))),
      (Samples{16384, 32767, -32767}));
  EXPECT_EQ(samples_in(wav({.tag = 3, .bits = 32}, little(0x7FC00000U, 4))), (Samples{0}));  // not a number
}

TEST(Wav, TheMeanOfTheChannelsIsTaken) {
  const std::string frame = little(1000, 2) + little(3000, 2);
  EXPECT_EQ(samples_in(wav({.channels = 2}, frame + frame)), (Samples{2000, 2000}));
}

TEST(Wav, OtherChunksAreSkippedAndOddOnesArePadded) {
  const std::string list = chunk("LIST", "odd");
  EXPECT_EQ(samples_in(riff(list + format_chunk({}) + list + chunk("data", little(7, 2)) + list)),
            (Samples{7}));
}

TEST(Wav, AnExtensibleFormatNamesItsOwnFurtherBehind) {
  std::string format = format_chunk({.tag = 0xFFFE});
  format.replace(4, 4, little(40, 4));
  format += little(22, 2) + little(16, 2) + little(4, 4) + little(1, 2) + std::string(14, 'x');
  EXPECT_EQ(samples_in(riff(format + chunk("data", little(5, 2)))), (Samples{5}));
  format.replace(4, 4, little(18, 4));
  EXPECT_EQ(error_in(riff(format.substr(0, 26))), ErrorKind::kBadInput);
}

TEST(Wav, SizesThatLieAreCutToWhatIsThere) {
  for (const std::uint64_t size : {0xFFFFFFFFULL, 0x7FFFFF00ULL, 5ULL}) {
    std::string bytes = wav({}, little(9, 2) + little(8, 2));
    bytes.replace(bytes.size() - 8, 4, little(size, 4));
    EXPECT_EQ(samples_in(bytes), (Samples{9, 8})) << size;
  }
}

TEST(Wav, EveryTruncationIsAnErrorOrLessSound) {
  const std::string whole = wav({}, std::string(20, '\1'));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = read_wav(whole.substr(0, size), kLongest);
    if (read) {
      EXPECT_LT(read->samples.size(), 10U);
    } else {
      EXPECT_EQ(read.error().kind, ErrorKind::kBadInput);
    }
  }
}

TEST(Wav, HostileFilesAreRefusedByName) {
  const std::string data = chunk("data", "1234");
  const std::pair<std::string, ErrorKind> cases[] = {
      {"", ErrorKind::kBadInput},
      {"RIFF....AVI ", ErrorKind::kBadInput},
      {"OggS, and more", ErrorKind::kUnsupported},
      {"ID3 and more", ErrorKind::kUnsupported},
      {std::string("\0\0\0\x20", 4) + "ftypM4A ", ErrorKind::kUnsupported},
      {riff(data), ErrorKind::kBadInput},                                         // no format
      {riff(chunk("fmt ", "short") + data), ErrorKind::kBadInput},                //
      {riff(format_chunk({})), ErrorKind::kBadInput},                             // no data
      {wav({.channels = 0}, "1234"), ErrorKind::kBadInput},                       //
      {wav({.channels = 65535}, "1234"), ErrorKind::kBadInput},                   //
      {wav({.rate = 0}, "1234"), ErrorKind::kUnsupported},                        //
      {wav({.rate = 0xFFFFFFFFU}, "1234"), ErrorKind::kUnsupported},              //
      {wav({.bits = 0}, "1234"), ErrorKind::kUnsupported},                        //
      {wav({.bits = 12}, "1234"), ErrorKind::kUnsupported},                       //
      {wav({.tag = 2, .bits = 4}, "1234"), ErrorKind::kUnsupported},              // ADPCM
      {wav({.tag = 0x55}, "1234"), ErrorKind::kUnsupported},                      // MP3 in a WAV's clothes
      {wav({.rate = 8000}, std::string(170'000, '\0')), ErrorKind::kDoesNotFit},  // 10.6 s
  };
  for (const auto& [bytes, kind] : cases) EXPECT_EQ(error_in(bytes), kind) << bytes.substr(0, 60);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += chunk("junk", "");
  EXPECT_EQ(error_in(riff(many + format_chunk({}) + data)), ErrorKind::kBadInput);
}

}  // namespace
}  // namespace tokcast
