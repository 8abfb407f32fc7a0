// From unpacked packages to an engine that runs anywhere: its programs, and all libraries beside their own
// loader.
//
//   bin/llama-bench      a small script that starts ...
//   lib/ld-linux-*.so.*  the loader of the private C library, which runs ...
//   bin/llama-bench.bin  the real program with the libraries of lib/
//
// So nothing in the files is patched. The loader is then what /proc/self/exe names, and ggml looks for its
// CPU and GPU backends beside that: they stand in lib/ too.
#ifndef TOKCAST_ENGINE_ENGINE_LAYOUT_H_
#define TOKCAST_ENGINE_ENGINE_LAYOUT_H_

#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

// Moves what an engine needs from `root` (where packages were unpacked) into `target`/bin and `target`/lib,
// on the same disk. Errors: kEngineFailed (no C library, loader or llama-bench among the packages), kIo,
// kDiskFull.
Result<void> arrange_engine(const std::string& root, const std::string& target);

// "libc6 2.43-7", from ".../libc6_2.43-7_amd64.deb".
std::string package_of_archive(const std::string& archive);

// Of all regular files below `directory`.
Bytes size_of_directory(const std::string& directory);

}  // namespace tokcast

#endif  // TOKCAST_ENGINE_ENGINE_LAYOUT_H_
