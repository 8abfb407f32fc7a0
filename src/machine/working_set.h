// The memory that the bandwidth runs stream, beyond what the caches hold.
//
// One region for each NUMA node, touched first by threads of that node so that it lies there, on huge pages
// where the kernel gives them (else page walks would bound the rate). The members of a node take chunks of
// its region in turn, round and round: however many of them read, a chunk comes back only after all the
// others.
#ifndef TOKCAST_MACHINE_WORKING_SET_H_
#define TOKCAST_MACHINE_WORKING_SET_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/units.h"
#include "machine/team.h"

namespace tokcast {

class WorkingSet {
 public:
  // Long enough that starting anew at each chunk does not show: with 256 KiB, two threads read 9 % less than
  // arrays of their own do, with 4 MiB 4 % less (bench/bandwidth_benchmark.cc).
  static constexpr Bytes kChunk{4 * kMebi.value};

  // Maps and fills at most `size`, until `deadline`: what is not filled by then is not used. `nodes` says on
  // which node each member of the team is. The team must outlive the constructor only.
  WorkingSet(Team& team, const std::vector<std::uint32_t>& nodes, Bytes size,
             std::chrono::steady_clock::time_point deadline);

  WorkingSet(const WorkingSet&) = delete;
  WorkingSet& operator=(const WorkingSet&) = delete;
  ~WorkingSet();

  // Of all regions; 0 if some region could not be had: then there is nothing to read.
  Bytes size() const;

  // Reads the next chunk of the member's region. Any member at any time; not if size() is 0.
  Bytes read_chunk(std::uint32_t member);

 private:
  struct Region;

  std::map<std::uint32_t, std::unique_ptr<Region>> regions_;  // by node
  std::vector<Region*> region_of_member_{};
};

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_WORKING_SET_H_
