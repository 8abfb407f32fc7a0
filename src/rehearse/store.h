// Rehearsals kept between runs: one JSON file each, found by machine, engine, shape and thread count.
#ifndef TOKCAST_REHEARSE_STORE_H_
#define TOKCAST_REHEARSE_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "rehearse/rehearsal.h"

namespace tokcast {

class RehearsalStore {
 public:
  // `directory` is made when first written to.
  explicit RehearsalStore(std::string directory) : directory_(std::move(directory)) {}

  // The fitting rehearsal; nullopt if there is none or its file cannot be read: then one rehearses again.
  std::optional<Rehearsal> find(const Shape& shape, const Engine& engine, const Machine& machine,
                                std::uint32_t threads) const;

  // Replaces the one of the same key. Errors: kIo, kDiskFull.
  Result<void> save(const Rehearsal& rehearsal) const;

 private:
  std::string directory_;
};

// Below XDG_CACHE_HOME.
RehearsalStore default_rehearsal_store();

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_STORE_H_
