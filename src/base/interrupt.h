// SIGINT and SIGTERM as a flag and a readable descriptor, so that long work stops at a clean place.
#ifndef TOKCAST_BASE_INTERRUPT_H_
#define TOKCAST_BASE_INTERRUPT_H_

#include <optional>

#include "base/result.h"

namespace tokcast {

// Installs the handlers once; call from main before any thread starts. A second signal ends the process at
// once.
void install_interrupt_handlers();

// The signal that arrived, or nullopt. Safe from any thread.
std::optional<int> interrupt_signal();

// Readable (and staying so) once a signal arrived; -1 before install_interrupt_handlers().
int interrupt_descriptor();

// kInterrupted if a signal arrived, else success. For loops: `if (auto go_on = check_interrupt(); !go_on)
// ...`
Result<void> check_interrupt();

}  // namespace tokcast

#endif  // TOKCAST_BASE_INTERRUPT_H_
