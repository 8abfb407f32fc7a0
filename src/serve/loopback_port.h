// Ports of 127.0.0.1 for children that know no Unix sockets.
//
// A port is nobody's: between our choice and the child's bind another process may take it, and another user
// of the machine could do so on purpose, to be sent what is meant for the child. So whoever listens there is
// looked up before it is spoken to; the kernel tells whose process it is.
#ifndef TOKCAST_SERVE_LOOPBACK_PORT_H_
#define TOKCAST_SERVE_LOOPBACK_PORT_H_

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace tokcast {

// One that was free a moment ago. Errors: kIo.
Result<std::uint16_t> free_loopback_port();

// Whether a process of our own user listens on that port of 127.0.0.1. Reads a small file of the kernel's.
bool is_listened_to_by_us(std::uint16_t port);

// The same from the text of /proc/net/tcp. Pure.
bool is_listened_to_by(std::string_view table, std::uint16_t port, std::uint32_t user);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_LOOPBACK_PORT_H_
