// Text in memory that a child can read as a file: arguments can be read by everybody on the machine.
#ifndef TOKCAST_SPEECH_MEMORY_FILE_H_
#define TOKCAST_SPEECH_MEMORY_FILE_H_

#include <string_view>

#include "base/result.h"

namespace tokcast {

class MemoryFile {
 public:
  // Errors: kIo.
  static Result<MemoryFile> make(std::string_view text);
  MemoryFile(MemoryFile&& other) noexcept;
  MemoryFile& operator=(MemoryFile&&) = delete;
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile();

  // At its beginning. Closed when this goes.
  int descriptor() const { return descriptor_; }

 private:
  explicit MemoryFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_MEMORY_FILE_H_
