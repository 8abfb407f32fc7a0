// One answer's bytes, written as they come while the processor has them at hand and noted in the journal now
// and then; each piece that is whole is put on the board.
#ifndef TOKCAST_FETCH_PIECE_SINK_H_
#define TOKCAST_FETCH_PIECE_SINK_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>

#include "base/result.h"
#include "fetch/blob.h"
#include "fetch/http.h"
#include "fetch/journal.h"
#include "fetch/piece_board.h"
#include "fetch/remote_facts.h"

namespace tokcast {

// A piece of which the first bytes are written.
struct BegunPiece {
  std::uint64_t bytes = 0;
  std::uint64_t noted_bytes = 0;  // of these, in the journal
  PieceHash hash{};

  PieceRecord record() const { return {bytes, hash.value()}; }
  void add(std::span<const char> more) {
    hash.add(more);
    bytes += more.size();
  }
  void restart() {
    bytes = noted_bytes = 0;
    hash.restart();
  }
};

// Where bytes and whole pieces go. Any thread.
class PieceStore {
 public:
  PieceStore(Blob& blob, Journal& journal, PieceBoard& board)
      : blob_(blob), journal_(journal), board_(board) {}

  // Errors of both: kDiskFull, kIo; kInterrupted if the board ended meanwhile.
  Result<void> write(std::uint64_t offset, std::span<const char> bytes);
  // So much of the piece was written. Errors: kDiskFull, kIo.
  Result<void> note(std::uint64_t piece, BegunPiece& written);
  // What an earlier run wrote of a piece, if the disk still has it so. Errors: kIo.
  Result<void> recover(std::uint64_t piece, BegunPiece& begun);
  PieceBoard& board() { return board_; }
  Bytes size() const { return blob_.size(); }
  std::uint64_t bytes_of(std::uint64_t piece) const { return journal_.key().bytes_of(piece); }
  std::uint64_t bytes_written() const { return bytes_written_; }

 private:
  Blob& blob_;
  Journal& journal_;
  PieceBoard& board_;
  std::mutex write_mutex_{};
  std::mutex journal_mutex_{};
  std::atomic<std::uint64_t> bytes_written_{0};
};

// Reads this part of a blob, in pieces that fit a second-level cache. Errors: kIo.
Result<void> read_back(const Blob& blob, ByteRange range,
                       const std::function<void(std::span<const char>)>& take);

class PieceSink final : public HttpSink {
 public:
  // For the pieces of `span`, asked for with range(), or in an answer with all of the file if `whole`.
  // `begun` is what came before of the first of them: an answer that broke off is not in vain.
  PieceSink(PieceStore& store, const RemoteFacts& facts, Span span, bool whole, BegunPiece& begun);

  Result<void> on_head(const HttpHead& head) override;
  Result<void> on_bytes(std::span<const char> bytes) override;

  // Ended by us and not by a failure: all of the span came, or it is of no use (see end()).
  bool stopped() const { return stopped_; }
  // kChanged or kNoRanges if the answer says so.
  BoardEnd end() const { return end_; }
  const HttpHead& head() const { return head_; }
  bool is_success() const { return head_.status == 200 || head_.status == 206; }
  Span rest() const { return span_; }  // pieces that did not come
  bool advanced() const { return position() > start_; }
  ByteRange range() const { return {start_, range_of(span_, store_.size()).last}; }

  static ByteRange range_of(Span span, Bytes size);

 private:
  Result<void> stop(BoardEnd end = BoardEnd::kNone);
  Result<void> judge_range();
  Result<void> judge_whole();
  Result<void> keep(std::span<const char> bytes);
  std::uint64_t position() const { return span_.first * kPieceBytes + begun_.bytes; }

  PieceStore& store_;
  const RemoteFacts& facts_;
  Span span_;
  bool whole_;
  BegunPiece& begun_;  // the piece span_.first
  HttpHead head_{};
  std::uint64_t start_;  // what is still wanted begins here
  std::uint64_t to_skip_ = 0;
  bool stopped_ = false;
  BoardEnd end_ = BoardEnd::kNone;
};

}  // namespace tokcast

#endif  // TOKCAST_FETCH_PIECE_SINK_H_
