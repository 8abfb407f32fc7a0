// The journal of a download, as a crash, a bad disk or somebody else may have left it.
#include "fetch/journal.h"

#include <cstddef>
#include <cstdint>

#include "fuzz_root.h"

// The first bytes are the journal's; a first line that fits is put before them, or nothing would be read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tokcast;
  const JournalKey key{"sha256 fuzz", Bytes(100 * kPieceBytes + 1)};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string& journal : {std::string(text), format_journal({}, key) + std::string(text)}) {
    const PieceRecords pieces = parse_journal(journal, key);
    for (const auto& [piece, record] : pieces)
      require(piece < key.pieces() && record.bytes <= key.bytes_of(piece));
    require(parse_journal(format_journal(pieces, key), key) == pieces);
  }
  return 0;
}
