#include <sys/mman.h>

#include <atomic>
#include <numeric>

#include "machine/kernels.h"
#include "machine/working_set.h"

namespace tokcast {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kChunkWords = WorkingSet::kChunk.value / sizeof(std::uint64_t);
constexpr std::size_t kHugePage = 2 * kMebi.value;  // x86-64, and aarch64 with pages of 4 KiB

}  // namespace

struct WorkingSet::Region {
  explicit Region(Bytes size);
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  ~Region() {
    if (memory != MAP_FAILED) munmap(memory, length);
  }

  void fill(Clock::time_point deadline);

  std::size_t length = 0;
  void* memory = MAP_FAILED;
  std::uint64_t* words = nullptr;  // the first chunk, on a huge page's boundary
  std::uint64_t chunks = 0;
  alignas(64) std::atomic<std::uint64_t> next{0};  // on a cache line of its own: all members write it
  std::atomic<std::uint64_t> filled{0};
};

WorkingSet::Region::Region(Bytes size) {
  const std::uint64_t wanted = size.value / kChunk.value;
  if (wanted == 0) return;
  length = wanted * kChunk.value + kHugePage;
  memory = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  madvise(memory, length, MADV_HUGEPAGE);  // advice: if it is refused, the rate is that of small pages
  void* first = memory;
  std::size_t room = length;
  words = static_cast<std::uint64_t*>(std::align(kHugePage, wanted * kChunk.value, first, room));
  chunks = wanted;
}

// Written, not only touched: pages that were never written are all the same zero page, in the cache.
void WorkingSet::Region::fill(Clock::time_point deadline) {
  while (Clock::now() < deadline) {
    const std::uint64_t chunk = next.fetch_add(1);
    if (chunk >= chunks) return;
    std::uint64_t* begin = words + chunk * kChunkWords;
    std::iota(begin, begin + kChunkWords, chunk * kChunkWords);
    ++filled;
  }
}

WorkingSet::WorkingSet(Team& team, const std::vector<std::uint32_t>& nodes, Bytes size,
                       Clock::time_point deadline) {
  for (const std::uint32_t node : nodes) regions_[node] = nullptr;
  for (auto& [node, region] : regions_) {
    region = std::make_unique<Region>(Bytes(size.value / regions_.size()));
  }
  for (const std::uint32_t node : nodes) region_of_member_.push_back(regions_[node].get());
  team.run(team.members(), [&](std::uint32_t member) { region_of_member_[member]->fill(deadline); });
  for (auto& [node, region] : regions_) {
    region->chunks = region->filled;
    region->next = 0;
  }
}

WorkingSet::~WorkingSet() = default;

Bytes WorkingSet::size() const {
  Bytes total{};
  for (const auto& [node, region] : regions_) {
    if (region->chunks == 0) return Bytes(0);
    total += Bytes(region->chunks * kChunk.value);
  }
  return total;
}

Bytes WorkingSet::read_chunk(std::uint32_t member) {
  Region& region = *region_of_member_[member];
  const std::uint64_t chunk = region.next.fetch_add(1, std::memory_order_relaxed) % region.chunks;
  sum_words(region.words + chunk * kChunkWords, kChunkWords);
  return kChunk;
}

}  // namespace tokcast
