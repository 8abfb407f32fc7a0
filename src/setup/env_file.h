// `.env` files: read and edited so that nothing of anybody else's is lost.
//
// The format is what python-dotenv, Docker Compose and shells have in common:
//
//   [export ]KEY=value [# comment]     one line; the last assignment of a key counts
//   KEY='value'  KEY="value"           may go over several lines; \" \\ \$ in double quotes
//   # comment                          and empty lines
//
// Editing changes the lines of the keys that are set and no other byte: comments, order, line ends, what is
// not understood.
#ifndef TOKCAST_SETUP_ENV_FILE_H_
#define TOKCAST_SETUP_ENV_FILE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tokcast {

class EnvFile {
 public:
  // `place` names the file in errors. Any bytes but NUL; lines without '=' are kept and mean nothing.
  // Errors: kBadInput (a NUL, a quote that is never closed, more than 1 MiB), with the line.
  static Result<EnvFile> parse(std::string_view text, std::string_view place);

  // nullopt: not assigned.
  std::optional<std::string> get(std::string_view key) const;

  // Replaces the value of the last assignment, keeping "export" and the comment behind it; a key without one
  // is appended, after a line end if the text does not end in one. A value that is there already changes
  // nothing. Errors: kUsage (no key; a value with a line end or NUL).
  Result<void> set(std::string_view key, std::string_view value);

  // Appends a comment line, if the text does not hold it yet.
  void comment(std::string_view line);

  const std::string& text() const { return text_; }

 private:
  struct Assignment {
    std::string key;
    std::string value;
    std::size_t begin = 0;  // of the raw value in the text, quotes included
    std::size_t end = 0;
  };

  explicit EnvFile(std::string text) : text_(std::move(text)) {}
  Result<void> scan(std::string_view place);
  const Assignment* last(std::string_view key) const;
  void end_last_line();
  std::string_view line_end() const;

  std::string text_;
  std::vector<Assignment> assignments_{};
};

// `value` as it stands behind '=': bare where that is safe, else in single quotes, else in double quotes.
std::string env_quoted(std::string_view value);

}  // namespace tokcast

#endif  // TOKCAST_SETUP_ENV_FILE_H_
