// Who fetches which piece of a file, and which are there: between the connections and the one that checks.
//
// Connections take spans of pieces that are missing, in the order of the file; the checker follows from its
// beginning, reads each piece back, and gives one that is not right back to the connections. All methods may
// be called from any thread.
#ifndef TOKCAST_FETCH_PIECE_BOARD_H_
#define TOKCAST_FETCH_PIECE_BOARD_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "fetch/journal.h"

namespace tokcast {

// Pieces [first, end).
struct Span {
  std::uint64_t first = 0;
  std::uint64_t end = 0;

  bool empty() const { return first >= end; }
};

// Why the work ended.
enum class BoardEnd {
  kNone,      // it has not
  kComplete,  // all is there and was checked
  kChanged,   // the server has another version by now
  kNoRanges,  // the server does not send parts of the file
  kFailed,    // error() says why
};

class PieceBoard {
 public:
  PieceBoard(const PieceRecords& here, const JournalKey& key);

  // For connections. The next pieces that are missing and follow one another, at most `most`; waits while
  // others have them all, for they may come back. nullopt: it ended. None but the first was begun before.
  std::optional<Span> take(std::uint64_t most);
  // What an earlier run wrote of a piece that is missing.
  PieceRecord begun(std::uint64_t piece) const;
  void put(std::uint64_t piece, const PieceRecord& whole);
  void give_back(Span span);

  // For the checker. The hash of a piece once it is there; nullopt: it ended.
  std::optional<std::uint64_t> wait_for(std::uint64_t piece);
  void reject(std::uint64_t piece);

  // The first end holds.
  void finish(BoardEnd end);
  void fail_with(const Error& error);
  bool ended() const;
  // Until it ended, or the time is over.
  BoardEnd wait(Seconds time);
  Error error() const;
  std::uint64_t pieces_here() const;

 private:
  enum class State : std::uint8_t { kMissing, kTaken, kHere };
  struct Piece {
    State state = State::kMissing;
    PieceRecord written{};
  };

  mutable std::mutex mutex_{};
  std::condition_variable changed_{};
  std::vector<Piece> pieces_;
  BoardEnd end_ = BoardEnd::kNone;
  Error error_{};
};

}  // namespace tokcast

#endif  // TOKCAST_FETCH_PIECE_BOARD_H_
