#include "fetch/piece_sink.h"

#include <algorithm>
#include <vector>

#include "fetch/answer_headers.h"

namespace tokcast {
namespace {

constexpr std::size_t kReadBytes = 256U << 10U;  // fits a second-level cache, for two hashes to share

}  // namespace

Result<void> PieceStore::write(std::uint64_t offset, std::span<const char> bytes) {
  if (board_.ended()) return fail(ErrorKind::kInterrupted, "the download ended");
  // One at a time is what the kernel allows a file; who waits for its lock spins, who waits for ours sleeps.
  const std::scoped_lock lock(write_mutex_);
  auto written = blob_.write(offset, bytes);
  if (written) bytes_written_ += bytes.size();
  return written;
}

Result<void> PieceStore::note(std::uint64_t piece, BegunPiece& written) {
  const PieceRecord record = written.record();
  {
    const std::scoped_lock lock(journal_mutex_);
    if (auto noted = journal_.add(piece, record); !noted) return noted;
  }
  written.noted_bytes = record.bytes;
  if (record.bytes < bytes_of(piece)) return {};
  board_.put(piece, record);
  blob_.flush_soon(piece * kPieceBytes, record.bytes);
  return {};
}

Result<void> PieceStore::recover(std::uint64_t piece, BegunPiece& begun) {
  begun.restart();
  const PieceRecord record = board_.begun(piece);
  if (record.bytes == 0) return {};
  const std::uint64_t first = piece * kPieceBytes;
  const auto add = [&begun](std::span<const char> bytes) { begun.add(bytes); };
  if (auto read = read_back(blob_, {first, first + record.bytes - 1}, add); !read) return read;
  begun.noted_bytes = begun.bytes;
  if (begun.record() != record) begun.restart();
  return {};
}

Result<void> read_back(const Blob& blob, ByteRange range,
                       const std::function<void(std::span<const char>)>& take) {
  std::vector<char> buffer(kReadBytes);
  for (std::uint64_t at = range.first; at <= range.last; at += buffer.size()) {
    const auto part = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), range.last - at + 1));
    if (auto read = blob.read(at, part); !read) return read;
    take(part);
  }
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

// No more than the rest of the piece.
Result<void> PieceSink::keep(std::span<const char> bytes) {
  if (auto written = store_.write(position(), bytes); !written) return written;
  begun_.add(bytes);
  const bool is_whole = begun_.bytes == store_.bytes_of(span_.first);
  if (!is_whole && begun_.bytes - begun_.noted_bytes < kNotedBytes) return {};
  return store_.note(span_.first, begun_);
}

Result<void> PieceSink::on_bytes(std::span<const char> bytes) {
  if (!is_success()) return stop();  // the text of a refusal
  const std::size_t skipped = std::min<std::uint64_t>(to_skip_, bytes.size());
  to_skip_ -= skipped;
  bytes = bytes.subspan(skipped);
  while (!bytes.empty() && !span_.empty()) {
    const ByteRange piece = range_of({span_.first, span_.first + 1}, store_.size());
    const std::size_t wanted = piece.last - position() + 1;
    const auto part = bytes.first(std::min(bytes.size(), wanted));
    if (auto kept = keep(part); !kept) return kept;
    bytes = bytes.subspan(part.size());
    if (part.size() < wanted) break;
    begun_.restart();
    ++span_.first;
  }
  const bool more_than_enough = span_.empty() && (whole_ || !bytes.empty());
  return more_than_enough ? stop() : Result<void>();
}

}  // namespace tokcast
