#include "fetch/journal.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

const JournalKey key{"sha256 abc", Bytes(10 * kPieceBytes + 1)};
const PieceRecords pieces{{0, {kPieceBytes, 0x1234}}, {3, {77, 0xFFFF'FFFF'FFFF'FFFF}}, {10, {1, 0}}};

TEST(Journal, IsReadBackAsWritten) {
  EXPECT_EQ(parse_journal(format_journal(pieces, key), key), pieces);
}

TEST(Journal, OfAnotherContentOrSizeIsNotBelieved) {
  const std::string text = format_journal(pieces, key);
  EXPECT_TRUE(parse_journal(text, {"sha256 abd", key.size}).empty());
  EXPECT_TRUE(parse_journal(text, {key.source, key.size + Bytes(1)}).empty());
}

TEST(Journal, CutOffAnywhereLosesOnlyItsEnd) {
  const std::string text = format_journal(pieces, key);
  std::size_t most = 0;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const PieceRecords read = parse_journal(text.substr(0, length), key);
    EXPECT_GE(read.size(), most);
    most = read.size();
    for (const auto& [piece, record] : read) EXPECT_EQ(pieces.at(piece), record);
  }
  EXPECT_EQ(most, pieces.size());
}

TEST(Journal, ChangedAnywhereIsBelievedNoFurther) {
  const std::string text = format_journal(pieces, key);
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const char flip : {'\x01', '\x04', '\x10'}) {
      std::string mutated = text;
      mutated[at] = static_cast<char>(mutated[at] ^ flip);
      const PieceRecords read = parse_journal(mutated, key);
      EXPECT_LT(read.size(), pieces.size()) << at;
      for (const auto& [piece, record] : read) EXPECT_EQ(pieces.at(piece), record);
    }
  }
}

TEST(Journal, APieceCannotBeLongerThanItsPlaceInTheFile) {
  EXPECT_TRUE(parse_journal(format_journal({{10, {2, 0}}}, key), key).empty());
  EXPECT_TRUE(parse_journal(format_journal({{0, {kPieceBytes + 1, 0}}}, key), key).empty());
}

TEST(Journal, RecordsOfAnotherJournalAreNotBelieved) {
  const JournalKey other{"sha256 abd", key.size};
  const std::string text = format_journal(pieces, other);
  const std::string mixed = format_journal({}, key) + text.substr(text.find('\n') + 1);
  EXPECT_TRUE(parse_journal(mixed, key).empty());
}

TEST(Journal, GoesOnBehindWhatIsThere) {
  const TemporaryDirectory directory;
  const std::string path = directory / "journal";
  EXPECT_TRUE((*Journal::open(path, key))->add(2, {4096, 7}));
  write_text(path, read_text(path) + "half a rec");
  auto again = Journal::open(path, key);
  EXPECT_EQ((*again)->pieces(), (PieceRecords{{2, {4096, 7}}}));
  EXPECT_TRUE((*again)->add(4, {kPieceBytes, 9}));
  EXPECT_TRUE((*again)->add(2, {8192, 8}));  // went on, or fetched again
  EXPECT_EQ((*Journal::open(path, key))->pieces(), (PieceRecords{{2, {8192, 8}}, {4, {kPieceBytes, 9}}}));
}

}  // namespace
}  // namespace tokcast
