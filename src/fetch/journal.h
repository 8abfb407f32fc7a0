// Which pieces of a half-fetched file are there, or begun, each with a hash of its own.
//
// Text, one line each:
//   tokcast.journal/2 SIZE PIECE_BYTES SOURCE CHECK
//   NUMBER BYTES HASH CHECK
// SOURCE is a hash of what identifies the content, HASH the 64-bit XXH3 of the first BYTES of a piece, CHECK
// one of the line and the first line: a record cut off, changed, or from another file's journal ends what is
// believed. Nothing in it is taken as proof: a piece is read back and compared with its HASH before it
// counts, so that one the disk lost or changed is fetched again, and not the whole file.
#ifndef TOKCAST_FETCH_JOURNAL_H_
#define TOKCAST_FETCH_JOURNAL_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

struct XXH3_state_s;  // of <xxhash.h>

namespace tokcast {

constexpr std::uint64_t kPieceBytes = 1U << 20U;
// A begun piece is noted this often: four connections that are killed lose a quarter of a piece between them,
// and what they had received and not yet written.
constexpr std::uint64_t kNotedBytes = 64U << 10U;

// Whose journal it is: another identity, another size, and it is of no use.
struct JournalKey {
  std::string source;  // "sha256 HEX", or the address and the validator that a server gave
  Bytes size{};

  std::uint64_t pieces() const { return (size.value + kPieceBytes - 1) / kPieceBytes; }
  std::uint64_t bytes_of(std::uint64_t piece) const {
    return std::min(kPieceBytes, size.value - piece * kPieceBytes);
  }
  // What a journal may grow to: lines of 64 bytes at most, everything noted twice.
  Bytes most_text() const { return Bytes((pieces() + 1) * (kPieceBytes / kNotedBytes) * 2 * 64); }
};

// What was written of a piece.
struct PieceRecord {
  std::uint64_t bytes = 0;  // from its beginning; all of it if whole
  std::uint64_t hash = 0;   // of these

  bool operator==(const PieceRecord&) const = default;
};

using PieceRecords = std::map<std::uint64_t, PieceRecord>;

// XXH3 of a piece, which may come in parts. One thread at a time.
class PieceHash {
 public:
  PieceHash();
  void add(std::span<const char> bytes);
  std::uint64_t value() const;
  void restart();

 private:
  struct StateCloser {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, StateCloser> state_;
};

// The records up to the first one that is not right. Of any text.
PieceRecords parse_journal(std::string_view text, const JournalKey& key);
std::string format_journal(const PieceRecords& pieces, const JournalKey& key);

class Journal {
 public:
  // What is there and fits `key` is in pieces(); it goes on behind that. Errors: kDiskFull, kIo.
  static Result<std::unique_ptr<Journal>> open(const std::string& path, const JournalKey& key);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // As found when it was opened.
  const PieceRecords& pieces() const { return pieces_; }
  const JournalKey& key() const { return key_; }
  // So much of the piece was written. One thread at a time. Errors: kDiskFull, kIo.
  Result<void> add(std::uint64_t piece, const PieceRecord& record);

 private:
  Journal(std::string path, int fd, JournalKey key, PieceRecords pieces);

  std::string path_;
  int fd_;
  JournalKey key_;
  PieceRecords pieces_;
};

}  // namespace tokcast

#endif  // TOKCAST_FETCH_JOURNAL_H_
