// What the fake driver libraries share: an environment variable says which machine one plays.
//
// The fakes export the names of the real libraries, so that the real askers are tested against them through
// the dynamic loader. Their PCI domain, fa4e, is on no real machine: tests find their devices among real
// ones.
#ifndef TOKCAST_MACHINE_FAKE_GPU_PLAY_H_
#define TOKCAST_MACHINE_FAKE_GPU_PLAY_H_

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

namespace tokcast::fake_gpu {

// The play that `variable` names, "" if none. Two plays are the same for all: "hang" and "crash".
inline std::string_view play(const char* variable) {
  const char* value = std::getenv(variable);
  const std::string_view chosen = value == nullptr ? "" : value;
  while (chosen == "hang") pause();
  if (chosen == "crash") std::abort();
  return chosen;
}

// Fills a buffer as well-behaved libraries do: cut off where it ends, zero at the end.
inline void write_text(std::span<char> buffer, std::string_view text) {
  const std::size_t length = std::min(text.size(), buffer.size() - 1);
  std::memcpy(buffer.data(), text.data(), length);
  buffer[length] = '\0';
}

}  // namespace tokcast::fake_gpu

#endif  // TOKCAST_MACHINE_FAKE_GPU_PLAY_H_
