// A skeleton: the model's exact shape with a few of its layers and random weights, as a GGUF file in memory.
//
// The file has no name (memfd): it vanishes with the last process that holds it, however that process ends,
// so there is never anything to clean up. One file serves both layer counts: the small skeleton's tensors are
// a prefix of the large one's, and the two headers, padded to one size, take turns before the same data.
#ifndef TOKCAST_REHEARSE_SKELETON_H_
#define TOKCAST_REHEARSE_SKELETON_H_

#include <string>

#include "base/result.h"
#include "base/units.h"
#include "model/gguf.h"
#include "model/shape.h"
#include "rehearse/layer_plan.h"

namespace tokcast {

// Last-level caches from here on hold much of a model of a few layers, and of the whole model hardly any.
constexpr Bytes kLargeCache{64ULL << 20U};

class Skeleton {
 public:
  // Writes the large skeleton. `memory` is what may be used; nullopt if that is not known.
  // Errors: kDoesNotFit (no room: says how much is missing), kIo, kInterrupted, kBadInput and kUnsupported
  // from the header.
  static Result<Skeleton> write(const Shape& shape, const LayerPlan& plan, std::optional<Bytes> memory);

  // The full model with all its layers: what rehearsals are checked against.
  static Result<Skeleton> write_full(const Shape& shape, std::optional<Bytes> memory);

  Skeleton(Skeleton&& other) noexcept;
  Skeleton& operator=(Skeleton&& other) noexcept;
  Skeleton(const Skeleton&) = delete;
  Skeleton& operator=(const Skeleton&) = delete;
  ~Skeleton();

  // Makes the file the small or the large skeleton. Not while an engine has it open.
  Result<void> become_small();
  Result<void> become_large();

  int descriptor() const { return descriptor_; }
  // For a child that inherits descriptor().
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }
  Bytes bytes() const { return bytes_; }

 private:
  Skeleton() = default;
  Result<void> put_header(const std::string& header);

  int descriptor_ = -1;
  Bytes bytes_{};
  std::string small_header_;
  std::string large_header_;
};

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_SKELETON_H_
