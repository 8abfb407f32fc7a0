#include "machine/dot_kernels.h"

namespace tokcast {

// Architectures for which only the portable kernels are written.
std::span<const DotKernel> native_dot_kernels() {
  return {};
}

}  // namespace tokcast
