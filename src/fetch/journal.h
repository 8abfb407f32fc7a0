// Which pieces of a half-fetched file are there, each with a hash of its own.
//
// Text, one line each:
//   tokcast.journal/1 SIZE PIECE_BYTES SOURCE CHECK
//   NUMBER HASH CHECK
// SOURCE is a hash of what identifies the content, HASH the 64-bit XXH3 of a piece, CHECK one of the line and
// the first line: a record cut off, changed, or from another file's journal ends what is believed. Nothing in
// it is taken as proof: a piece is read back and compared with its HASH before it counts, so that one the
// disk lost or changed is fetched again, and not the whole file.
#ifndef TOKCAST_FETCH_JOURNAL_H_
#define TOKCAST_FETCH_JOURNAL_H_

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

// Four connections lose less than 4 MiB when the process is killed: each the piece that it is at.
constexpr std::uint64_t kPieceBytes = 1U << 20U;

// Whose journal it is: another identity, another size, and it is of no use.
struct JournalKey {
  std::string source;  // "sha256 HEX", or the address and the validator that a server gave
  Bytes size{};

  std::uint64_t pieces() const { return (size.value + kPieceBytes - 1) / kPieceBytes; }
};

using PieceHashes = std::map<std::uint64_t, std::uint64_t>;

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
PieceHashes parse_journal(std::string_view text, const JournalKey& key);
std::string format_journal(const PieceHashes& pieces, const JournalKey& key);

class Journal {
 public:
  // What is there and fits `key` is in pieces(); it goes on behind that. Errors: kDiskFull, kIo.
  static Result<std::unique_ptr<Journal>> open(const std::string& path, const JournalKey& key);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // As found when it was opened.
  const PieceHashes& pieces() const { return pieces_; }
  // The piece was written. One thread at a time. Errors: kDiskFull, kIo.
  Result<void> add(std::uint64_t piece, std::uint64_t hash);

 private:
  Journal(std::string path, int fd, JournalKey key, PieceHashes pieces);

  std::string path_;
  int fd_;
  JournalKey key_;
  PieceHashes pieces_;
};

}  // namespace tokcast

#endif  // TOKCAST_FETCH_JOURNAL_H_
