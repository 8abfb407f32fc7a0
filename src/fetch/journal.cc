#include "fetch/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/text.h"

namespace tokcast {
namespace {

constexpr std::size_t kHexDigits = 16;  // of 64 bits

std::string hex(std::uint64_t number) {
  return fmt::format("{:016x}", number);
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  const bool whole = failure == std::errc() && end == text.data() + text.size();
  return whole && text.size() == kHexDigits ? std::optional(number) : std::nullopt;
}

std::string head_of(const JournalKey& key) {
  const std::string head =
      fmt::format("tokcast.journal/2 {} {} {}", key.size.value, kPieceBytes, stable_hash(key.source));
  return fmt::format("{} {}", head, stable_hash(head));
}

std::string line_of(std::uint64_t piece, const PieceRecord& record, const std::string& head) {
  const std::string line = fmt::format("{} {} {}", piece, record.bytes, hex(record.hash));
  return fmt::format("{} {}", line, stable_hash(head + "\n" + line));
}

// nullopt: not exactly a record.
std::optional<PieceRecords::value_type> parse_record(std::string_view line, const std::string& head) {
  const auto words = split(line, ' ');
  if (words.size() != 4) return std::nullopt;
  const auto piece = parse_uint(words[0]);
  const auto bytes = parse_uint(words[1]);
  const auto hash = parse_hex(words[2]);
  if (!piece || !bytes || !hash) return std::nullopt;
  const PieceRecord record{*bytes, *hash};
  if (line_of(*piece, record, head) != line) return std::nullopt;
  return PieceRecords::value_type(*piece, record);
}

Result<void> append(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(error_from_errno(errno, "cannot write", path));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace

PieceHash::PieceHash() : state_(XXH3_createState()) {
  restart();
}
void PieceHash::StateCloser::operator()(XXH3_state_s* state) const {
  XXH3_freeState(state);
}
void PieceHash::add(std::span<const char> bytes) {
  XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
}
std::uint64_t PieceHash::value() const {
  return XXH3_64bits_digest(state_.get());
}
void PieceHash::restart() {
  XXH3_64bits_reset(state_.get());
}

PieceRecords parse_journal(std::string_view text, const JournalKey& key) {
  const std::string head = head_of(key);
  if (!text.starts_with(head + "\n")) return {};
  text.remove_prefix(head.size() + 1);
  PieceRecords out;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const auto record = parse_record(text.substr(0, end), head);
    if (!record || record->first >= key.pieces() || record->second.bytes > key.bytes_of(record->first)) break;
    out.insert_or_assign(record->first, record->second);  // the later one holds: it was fetched again
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string format_journal(const PieceRecords& pieces, const JournalKey& key) {
  const std::string head = head_of(key);
  std::string out = head + "\n";
  for (const auto& [piece, record] : pieces) out += line_of(piece, record, head) + "\n";
  return out;
}

Journal::Journal(std::string path, int fd, JournalKey key, PieceRecords pieces)
    : path_(std::move(path)), fd_(fd), key_(std::move(key)), pieces_(std::move(pieces)) {}

Journal::~Journal() {
  ::close(fd_);
}

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, const JournalKey& key) {
  PieceRecords pieces = parse_journal(read_file(path, key.most_text()).value_or(""), key);
  if (auto written = write_file(path, format_journal(pieces, key)); !written)
    return std::unexpected(written.error());
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0) return std::unexpected(error_from_errno(errno, "cannot open", path));
  return std::unique_ptr<Journal>(new Journal(path, fd, key, std::move(pieces)));
}

Result<void> Journal::add(std::uint64_t piece, const PieceRecord& record) {
  return append(fd_, line_of(piece, record, head_of(key_)) + "\n", path_);
}

}  // namespace tokcast
