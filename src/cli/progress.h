// Progress on standard error: one line rewritten in place on a terminal, else one line for each thing begun.
#ifndef TOKCAST_CLI_PROGRESS_H_
#define TOKCAST_CLI_PROGRESS_H_

#include <cstdio>
#include <string>
#include <string_view>

#include "cli/terminal.h"

namespace tokcast {

class Progress {
 public:
  // Both must outlive it.
  explicit Progress(std::FILE* stream, const Terminal& terminal) : stream_(stream), terminal_(terminal) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  // Something that takes a while has begun.
  void begin(std::string_view what);
  // A detail of it; shown on terminals only.
  void detail(std::string_view what);
  // Removes the rewritten line, so that other text can follow.
  void clear();

 private:
  void rewrite(std::string_view line);

  std::FILE* stream_;
  const Terminal& terminal_;
  std::string current_{};
  bool shown_ = false;
};

}  // namespace tokcast

#endif  // TOKCAST_CLI_PROGRESS_H_
