// `tokcast engine install`: a private llama.cpp, without root and without touching the system.
//
// Debian's newest llama.cpp packages are fetched with the system's own apt (its mirror, its keys, a private
// state), unpacked beside their own C library into a fresh directory, tried, and only then moved into place.
#ifndef TOKCAST_ENGINE_INSTALL_H_
#define TOKCAST_ENGINE_INSTALL_H_

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "engine/engine.h"

namespace tokcast {

struct InstallOptions {
  std::string private_directory;                     // where the engine shall stand
  std::string suite = "forky";                       // Debian suite that packages llama.cpp
  std::function<void(std::string_view)> progress{};  // one short line per step; may be empty
  Bytes room{300'000'000};  // what must be free: package lists, archives and the engine side by side
};

// Installs or replaces the private engine. Interrupted at any moment, the old one stays, or the new one is
// complete. MANIFEST in the private directory lists the packages it was made of. Errors: kUsage (no such
// suite name), kUnsupported (no apt, dpkg-deb, Debian keys or Debian mirror here, or the suite has no
// llama.cpp; fix names the alternatives), kNetwork, kChecksum (apt does not trust what it got), kDiskFull,
// kIo, kEngineFailed (what was fetched does not run), kInterrupted.
Result<Engine> install_engine(const InstallOptions& options);

}  // namespace tokcast

#endif  // TOKCAST_ENGINE_INSTALL_H_
