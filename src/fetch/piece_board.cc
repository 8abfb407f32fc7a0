#include "fetch/piece_board.h"

#include <algorithm>
#include <chrono>

namespace tokcast {

PieceBoard::PieceBoard(const PieceRecords& here, const JournalKey& key) : pieces_(key.pieces()) {
  for (const auto& [piece, record] : here) {
    if (piece >= pieces_.size()) continue;
    pieces_[piece] = {record.bytes == key.bytes_of(piece) ? State::kHere : State::kMissing, record};
  }
}

std::optional<Span> PieceBoard::take(std::uint64_t most) {
  const auto missing = [](const Piece& piece) { return piece.state == State::kMissing; };
  const auto untouched = [&](const Piece& piece) { return missing(piece) && piece.written.bytes == 0; };
  std::unique_lock lock(mutex_);
  auto first = pieces_.end();
  changed_.wait(lock, [&] {
    first = std::ranges::find_if(pieces_, missing);
    return end_ != BoardEnd::kNone || first != pieces_.end();
  });
  if (end_ != BoardEnd::kNone) return std::nullopt;
  const auto reach = std::min<std::ptrdiff_t>(pieces_.end() - first, static_cast<std::ptrdiff_t>(most));
  const auto end = std::find_if_not(first + 1, first + reach, untouched);
  for (auto piece = first; piece != end; ++piece) piece->state = State::kTaken;
  return Span{static_cast<std::uint64_t>(first - pieces_.begin()),
              static_cast<std::uint64_t>(end - pieces_.begin())};
}

void PieceBoard::put(std::uint64_t piece, const PieceRecord& whole) {
  const std::scoped_lock lock(mutex_);
  pieces_[piece] = {State::kHere, whole};
  changed_.notify_all();
}

PieceRecord PieceBoard::begun(std::uint64_t piece) const {
  const std::scoped_lock lock(mutex_);
  return pieces_[piece].written;
}

void PieceBoard::give_back(Span span) {
  const std::scoped_lock lock(mutex_);
  for (std::uint64_t piece = span.first; piece < span.end; ++piece) {
    if (pieces_[piece].state == State::kTaken) pieces_[piece].state = State::kMissing;
  }
  changed_.notify_all();
}

std::optional<std::uint64_t> PieceBoard::wait_for(std::uint64_t piece) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return end_ != BoardEnd::kNone || pieces_[piece].state == State::kHere; });
  return end_ == BoardEnd::kNone ? std::optional(pieces_[piece].written.hash) : std::nullopt;
}

void PieceBoard::reject(std::uint64_t piece) {
  const std::scoped_lock lock(mutex_);
  pieces_[piece] = {};
  changed_.notify_all();
}

void PieceBoard::finish(BoardEnd end) {
  const std::scoped_lock lock(mutex_);
  if (end_ == BoardEnd::kNone) end_ = end;
  changed_.notify_all();
}

void PieceBoard::fail_with(const Error& error) {
  const std::scoped_lock lock(mutex_);
  if (end_ == BoardEnd::kNone) error_ = error;
  if (end_ == BoardEnd::kNone) end_ = BoardEnd::kFailed;
  changed_.notify_all();
}

bool PieceBoard::ended() const {
  const std::scoped_lock lock(mutex_);
  return end_ != BoardEnd::kNone;
}

BoardEnd PieceBoard::wait(Seconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::duration<double>(time.value),
                    [this] { return end_ != BoardEnd::kNone; });
  return end_;
}

Error PieceBoard::error() const {
  const std::scoped_lock lock(mutex_);
  return error_;
}

std::uint64_t PieceBoard::pieces_here() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::uint64_t>(
      std::ranges::count_if(pieces_, [](const Piece& piece) { return piece.state == State::kHere; }));
}

}  // namespace tokcast
