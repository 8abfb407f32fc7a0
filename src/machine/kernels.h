// The vector code that is written once for all processors (Highway): the best of the instruction sets that
// this processor has is chosen at run time.
#ifndef TOKCAST_MACHINE_KERNELS_H_
#define TOKCAST_MACHINE_KERNELS_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace tokcast {

// The sum of `count` words from `words` on, modulo 2^64: reads memory as fast as one thread can. `words` lies
// on a multiple of 64 bytes.
std::uint64_t sum_words(const std::uint64_t* words, std::size_t count);

// The instruction set that was chosen: "sse2", "avx2", "avx512", "neon", "sve" ...
const std::string& vector_path();

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_KERNELS_H_
