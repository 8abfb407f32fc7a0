// Archives: whatever they hold, no entry leads out of its folder and no more comes out than is allowed.
#include "fetch/archive_reader.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "fetch/hub_name.h"
#include "fuzz_root.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tokcast;
  const ArchiveLimits limits{.entries = 50, .growth = 20, .always = Bytes(1 << 20)};
  auto reader = ArchiveReader::open_bytes({reinterpret_cast<const char*>(data), size}, "fuzz", limits);
  if (!reader) return 0;
  std::array<char, 4096> buffer{};
  std::uint64_t bytes = 0;
  for (auto entry = reader->next(); entry && *entry; entry = reader->next()) {
    require((*entry)->path.empty() ? (*entry)->is_directory : is_file_path((*entry)->path));
    for (auto count = reader->read(buffer); count && *count > 0; count = reader->read(buffer))
      bytes += *count;
    require(bytes <= limits.always.value + 20 * size);
  }
  return 0;
}
