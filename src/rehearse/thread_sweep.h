// How many threads serve best: one small synthetic model timed with a few thread counts, kept with the
// calibration. Second threads of a core, efficiency cores and a hypervisor's sharing decide it, and no table
// tells.
#ifndef TOKCAST_REHEARSE_THREAD_SWEEP_H_
#define TOKCAST_REHEARSE_THREAD_SWEEP_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"
#include "engine/engine.h"
#include "machine/contention.h"
#include "machine/machine.h"

namespace tokcast {

struct ThreadTrial {
  std::uint32_t threads = 1;
  std::vector<Seconds> decode{};   // of one token each
  std::vector<Seconds> prefill{};  // of kSweepPrompt tokens each
};

constexpr std::uint32_t kSweepPrompt = 128;

struct ThreadSweep {
  std::string engine_identity;
  std::string machine_identity;
  std::vector<ThreadTrial> trials{};  // ascending in threads; never empty
  Contention contention{};
  Seconds wall{};

  // Of a voice turn (128 tokens in, 30 out); the fewest threads that come within 3 % of the quickest: what
  // they leave alone serves others.
  std::uint32_t best() const;
  // Others had too much of the processors: says nothing of a quiet machine.
  bool busy() const;
};

// At most five, ascending: what makes sense at first sight (Machine::usable_threads), half of it, one less,
// all cores, all processors that we may run on.
std::vector<std::uint32_t> thread_candidates(const Machine& machine);

// Some seconds. Errors: those of Skeleton::write_full and run_bench.
Result<ThreadSweep> sweep_threads(const Engine& engine, const Machine& machine,
                                  const std::function<void(std::string_view)>& progress = {});

// "tokcast.threads/1".
Json thread_sweep_to_json(const ThreadSweep& sweep);
// Errors: kBadInput.
Result<ThreadSweep> thread_sweep_from_json(const Json& json);

// One JSON file for each machine (its share of processors included) and engine.
class ThreadSweepStore {
 public:
  // `directory` is made when first written to.
  explicit ThreadSweepStore(std::string directory) : directory_(std::move(directory)) {}

  // nullopt if there is none, or its file cannot be read.
  std::optional<ThreadSweep> find(const Engine& engine, const Machine& machine) const;
  // Errors: kIo, kDiskFull.
  Result<void> save(const ThreadSweep& sweep) const;

 private:
  std::string directory_;
};

// Below XDG_CACHE_HOME.
ThreadSweepStore default_thread_sweep_store();

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_THREAD_SWEEP_H_
