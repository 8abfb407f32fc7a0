#include "fetch/piece_sink.h"

#include <algorithm>

#include "fetch/answer_headers.h"

namespace tokcast {

Result<void> PieceStore::write(std::uint64_t offset, std::span<const char> bytes) {
  if (board_.ended()) return fail(ErrorKind::kInterrupted, "the download ended");
  // One at a time is what the kernel allows a file; who waits for its lock spins, who waits for ours sleeps.
  const std::scoped_lock lock(write_mutex_);
  return blob_.write(offset, bytes);
}

Result<void> PieceStore::put(std::uint64_t piece, const BegunPiece& written) {
  const std::uint64_t hash = written.hash.value();
  {
    const std::scoped_lock lock(journal_mutex_);
    if (auto noted = journal_.add(piece, hash); !noted) return noted;
  }
  bytes_put_ += written.bytes;
  board_.put(piece, hash);
  blob_.flush_soon(piece * kPieceBytes, written.bytes);
  return {};
}

PieceSink::PieceSink(PieceStore& store, const RemoteFacts& facts, Span span, bool whole, BegunPiece& begun)
    : store_(store), facts_(facts), span_(span), whole_(whole), begun_(begun), start_(position()) {}

ByteRange PieceSink::range_of(Span span, Bytes size) {
  return {span.first * kPieceBytes, std::min(span.end * kPieceBytes, size.value) - 1};
}

Result<void> PieceSink::on_head(const HttpHead& head) {
  head_ = head;
  if (head.status == 416) return stop(BoardEnd::kChanged);  // it became shorter
  if (!is_success()) return {};
  // Another validator is another version, whatever was asked for. Its absence says nothing.
  const auto etag = head.header("etag");
  if (etag && *etag != facts_.etag) return stop(BoardEnd::kChanged);
  if (is_web_page(head)) {
    return fail(ErrorKind::kNetwork, "a web page came instead of a part of the file", head.url,
                "Your network may ask for a login: open the address in a browser.");
  }
  return head.status == 206 ? judge_range() : judge_whole();
}

Result<void> PieceSink::judge_range() {
  const auto said = parse_content_range(head_.header("content-range").value_or(""));
  if (said && said->total && *said->total != store_.size()) return stop(BoardEnd::kChanged);
  const auto brought = check_range(head_, range(), store_.size());
  if (!brought) return std::unexpected(brought.error());
  if (!whole_) return {};
  return fail(ErrorKind::kNetwork, "the server sends a part where the whole file was asked for", head_.url);
}

Result<void> PieceSink::judge_whole() {
  if (const auto length = head_.length(); length && *length != store_.size()) return stop(BoardEnd::kChanged);
  if (!whole_) return stop(BoardEnd::kNoRanges);
  to_skip_ = start_;
  return {};
}

Result<void> PieceSink::stop(BoardEnd end) {
  stopped_ = true;
  end_ = end;
  return fail(ErrorKind::kInterrupted, "enough was read");
}

Result<void> PieceSink::on_bytes(std::span<const char> bytes) {
  if (!is_success()) return stop();  // the text of a refusal
  const std::size_t skipped = std::min<std::uint64_t>(to_skip_, bytes.size());
  to_skip_ -= skipped;
  bytes = bytes.subspan(skipped);
  while (!bytes.empty() && !span_.empty()) {
    const ByteRange piece = range_of({span_.first, span_.first + 1}, store_.size());
    const std::size_t wanted = piece.last - piece.first + 1 - begun_.bytes;
    const auto part = bytes.first(std::min(bytes.size(), wanted));
    if (auto kept = store_.write(position(), part); !kept) return kept;
    bytes = bytes.subspan(part.size());
    begun_.hash.add(part);
    begun_.bytes += part.size();
    if (part.size() < wanted) break;
    if (auto kept = store_.put(span_.first, begun_); !kept) return kept;
    begun_.restart();
    ++span_.first;
  }
  const bool more_than_enough = span_.empty() && (whole_ || !bytes.empty());
  return more_than_enough ? stop() : Result<void>();
}

}  // namespace tokcast
