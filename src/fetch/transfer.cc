#include "fetch/transfer.h"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "base/interrupt.h"
#include "base/text.h"
#include "fetch/answer_headers.h"
#include "fetch/piece_sink.h"

namespace tokcast {
namespace {

// What one request asks for: long enough that its round trip does not count, short enough that the hash,
// which follows in order, is not far behind the last byte.
constexpr std::uint64_t kSpanPieces = 32;
constexpr int kMostRejections = 3;
constexpr Seconds kTick{0.2};
// Two connections begin, and the others join when these bring less: beyond, the disk and the hash are what is
// waited for, and more connections only take processor time from them (docs/FETCH.md has what was measured).
constexpr unsigned kFirstConnections = 2;
constexpr Seconds kFirstLook{0.1};
constexpr BytesPerSecond kEnough{256e6};

// One connection's work: spans from the board until it ends.
class Connection {
 public:
  Connection(const TransferPlan& plan, PieceStore& store)
      : plan_(plan), store_(store), direct_(plan.facts.direct) {}

  void run() {
    const std::uint64_t most = plan_.in_ranges ? kSpanPieces : store_.size().value;
    while (auto span = store_.board().take(most)) {
      auto fetched = store_.recover(span->first, begun_);
      if (fetched) fetched = fetch(*span);
      // First of all: else another connection could fetch it meanwhile, as if nothing had failed.
      if (!fetched) return store_.board().fail_with(fetched.error());
      store_.board().give_back(*span);
    }
  }

 private:
  HttpRequest request_for(const PieceSink& sink) const {
    HttpRequest out = direct_;
    if (!plan_.in_ranges) return out;
    out.range = sink.range();
    out.if_range = plan_.facts.if_range;
    return out;
  }

  // `span` shrinks as pieces come.
  Result<void> fetch(Span& span) {
    Retry retry(plan_.retry, plan_.clock);
    while (!span.empty() && !store_.board().ended()) {
      PieceSink sink(store_, plan_.facts, span, !plan_.in_ranges, begun_);
      const auto got = plan_.client.get(request_for(sink), sink);
      span = sink.rest();
      if (sink.end() != BoardEnd::kNone) {
        store_.board().finish(sink.end());
        return {};
      }
      if (sink.advanced()) retry.progress();
      if (auto go_on = judge(got, sink, retry); !go_on) return go_on;
    }
    return {};
  }

  // After an answer: success if `span` came or is worth asking for again.
  Result<void> judge(const Result<HttpHead>& got, const PieceSink& sink, Retry& retry) {
    if (sink.is_success()) direct_ = request_at(plan_.file.request, sink.head());
    if (sink.rest().empty()) return {};
    if (!got && !sink.stopped()) return retry.wait_after(got.error());
    if (!sink.is_success()) return after_refusal(sink.head(), retry);
    return retry.wait_after(Error{ErrorKind::kNetwork, "the server's answer ended too early", sink.head().url,
                                  "Try again later."});
  }

  // Signed addresses expire: then the first one leads to a new one.
  Result<void> after_refusal(const HttpHead& head, Retry& retry) {
    if (is_passing(head.status)) return retry.wait_after(head);
    if (direct_.url == plan_.file.request.url) return std::unexpected(plan_.file.refusal(head));
    direct_ = plan_.file.request;
    return {};
  }

  const TransferPlan& plan_;
  PieceStore& store_;
  HttpRequest direct_;
  BegunPiece begun_{};
};

// Reads a piece back, into both hashes. Whether it is the piece that was written.
Result<bool> check_piece(const Blob& blob, std::uint64_t piece, std::uint64_t expected, ContentHash& hash) {
  PieceHash found;
  const auto add = [&](std::span<const char> part) {
    found.add(part);
    hash.add(part);
  };
  const auto read = read_back(blob, PieceSink::range_of({piece, piece + 1}, blob.size()), add);
  if (!read) return std::unexpected(read.error());
  return found.value() == expected;
}

// Follows from the first piece to the last. The hash of all, or nullopt: the board ended before.
Result<std::optional<std::string>> check_pieces(const TransferPlan& plan, PieceBoard& board,
                                                std::uint64_t pieces) {
  ContentHash hash(plan.promise);
  int rejections = 0;
  for (std::uint64_t piece = 0; piece < pieces;) {
    const auto expected = board.wait_for(piece);
    if (!expected) return std::nullopt;
    ContentHash longer = hash.copy();
    const auto right = check_piece(plan.blob, piece, *expected, longer);
    if (!right) return std::unexpected(right.error());
    if (*right) {
      hash = std::move(longer);
      rejections = 0;
      ++piece;
    } else if (++rejections <= kMostRejections) {
      board.reject(piece);
    } else {
      return fail(ErrorKind::kIo, "the disk does not keep what is written to it", plan.file.name,
                  "Check the disk, and choose another place with --models-dir.");
    }
  }
  return hash.finish();
}

}  // namespace

TransferResult transfer(const TransferPlan& plan, const std::function<void(Bytes here)>& tick) {
  const std::uint64_t pieces = plan.journal.key().pieces();
  PieceBoard board(plan.journal.pieces(), plan.journal.key());
  PieceStore store(plan.blob, plan.journal, board);
  TransferResult out;
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
      auto hash = check_pieces(plan, board, pieces);
      if (!hash) return board.fail_with(hash.error());
      if (*hash) out.hash = std::move(**hash);
      board.finish(BoardEnd::kComplete);
    });
    const unsigned most = plan.in_ranges ? plan.connections : 1;
    unsigned open = 0;
    const auto connect_up_to = [&](unsigned count) {
      for (; open < std::min(count, most); ++open)
        threads.emplace_back([&] { Connection(plan, store).run(); });
    };
    connect_up_to(kFirstConnections);
    std::uint64_t before = 0;
    for (Seconds time = kFirstLook; board.wait(time) == BoardEnd::kNone; time = kTick) {
      tick(Bytes(std::min(board.pieces_here() * kPieceBytes, plan.blob.size().value)));
      if (auto go_on = check_interrupt(); !go_on) board.fail_with(go_on.error());
      const std::uint64_t written = store.bytes_written();
      const bool enough = static_cast<double>(written - before) >= kEnough.value * time.value;
      if (!enough) connect_up_to(most);
      before = written;
    }
  }
  out.end = board.wait(Seconds(0));
  out.error = board.error();
  out.fetched = store.bytes_written();
  return out;
}

}  // namespace tokcast
