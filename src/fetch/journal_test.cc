#include "fetch/journal.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

const JournalKey key{"sha256 abc", Bytes(10 * kPieceBytes + 1)};
const PieceHashes pieces{{0, 0x1234}, {3, 0xFFFF'FFFF'FFFF'FFFF}, {10, 0}};

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
    const PieceHashes read = parse_journal(text.substr(0, length), key);
    EXPECT_GE(read.size(), most);
    most = read.size();
    for (const auto& [piece, hash] : read) EXPECT_EQ(pieces.at(piece), hash);
  }
  EXPECT_EQ(most, pieces.size());
}

TEST(Journal, ChangedAnywhereIsBelievedNoFurther) {
  const std::string text = format_journal(pieces, key);
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const char flip : {'\x01', '\x04', '\x10'}) {
      std::string mutated = text;
      mutated[at] = static_cast<char>(mutated[at] ^ flip);
      const PieceHashes read = parse_journal(mutated, key);
      EXPECT_LT(read.size(), pieces.size()) << at;
      for (const auto& [piece, hash] : read) EXPECT_EQ(pieces.at(piece), hash);
    }
  }
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
  EXPECT_TRUE((*Journal::open(path, key))->add(2, 7));
  write_text(path, read_text(path) + "half a rec");
  auto again = Journal::open(path, key);
  EXPECT_EQ((*again)->pieces(), (PieceHashes{{2, 7}}));
  EXPECT_TRUE((*again)->add(4, 9));
  EXPECT_TRUE((*again)->add(2, 8));  // fetched again
  EXPECT_EQ((*Journal::open(path, key))->pieces(), (PieceHashes{{2, 8}, {4, 9}}));
}

}  // namespace
}  // namespace tokcast
