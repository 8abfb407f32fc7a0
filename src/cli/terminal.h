// What the two output streams can show: colour, width, lines that are rewritten.
#ifndef TOKCAST_CLI_TERMINAL_H_
#define TOKCAST_CLI_TERMINAL_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tokcast {

// Environment variables as values; nullopt: not set.
struct TerminalVariables {
  std::optional<std::string> no_color{};     // NO_COLOR: set and not empty means never
  std::optional<std::string> force_color{};  // CLICOLOR_FORCE: not empty and not "0" means always
  std::optional<std::string> term{};         // TERM: "dumb" takes no escape sequences
  std::optional<std::string> columns{};      // COLUMNS: overrides what the terminal says
};
TerminalVariables terminal_variables();

// One output stream.
struct Terminal {
  bool colour = false;
  bool rewrites_lines = false;  // a terminal that understands carriage return and erase
  std::size_t width = 0;        // in columns, at least 40
};

// Pure. `is_terminal` and `columns` (nullopt: not known) are of the stream.
Terminal describe_terminal(const TerminalVariables& variables, bool is_terminal,
                           std::optional<std::size_t> columns);

// Of standard output (1) or standard error (2).
Terminal terminal_of(int descriptor);

enum class Colour { kPlain, kBold, kGreen, kYellow, kRed, kDim };

// `text` in that colour if `enabled`.
std::string coloured(std::string_view text, Colour colour, bool enabled);

// Columns that UTF-8 text takes, a code point counted as one.
std::size_t display_width(std::string_view text);

// The first `width` columns of `text`, the last one an ellipsis if something was cut.
std::string shortened(std::string_view text, std::size_t width);

// `text` broken at spaces into lines of at most `width` columns (a longer word stays whole). The first line
// follows `column` columns that are there already; the others start with `indent` spaces.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent = 0, std::size_t column = 0);

}  // namespace tokcast

#endif  // TOKCAST_CLI_TERMINAL_H_
