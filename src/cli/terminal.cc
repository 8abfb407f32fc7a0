#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr std::size_t kNarrowest = 40;
constexpr std::size_t kUnknownTerminal = 80;
// Files and pipes do not wrap: they get every column.
constexpr std::size_t kNoTerminal = 120;

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

bool starts_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

std::string_view sequence(Colour colour) {
  switch (colour) {
    case Colour::kPlain:
      return "";
    case Colour::kBold:
      return "\x1b[1m";
    case Colour::kGreen:
      return "\x1b[32m";
    case Colour::kYellow:
      return "\x1b[33m";
    case Colour::kRed:
      return "\x1b[31m";
    case Colour::kDim:
      return "\x1b[2m";
  }
  return "";
}

}  // namespace

TerminalVariables terminal_variables() {
  return {variable("NO_COLOR"), variable("CLICOLOR_FORCE"), variable("TERM"), variable("COLUMNS")};
}

Terminal describe_terminal(const TerminalVariables& variables, bool is_terminal,
                           std::optional<std::size_t> columns) {
  const bool dumb = variables.term == "dumb";
  const bool never = !variables.no_color.value_or("").empty();
  const std::string force = variables.force_color.value_or("");
  const bool always = !force.empty() && force != "0";
  Terminal out;
  out.colour = !never && (always || (is_terminal && !dumb));
  out.rewrites_lines = is_terminal && !dumb;
  const auto asked = parse_uint(variables.columns.value_or(""));
  out.width = asked && *asked > 0 ? *asked : columns.value_or(is_terminal ? kUnknownTerminal : kNoTerminal);
  out.width = std::max(out.width, kNarrowest);
  return out;
}

Terminal terminal_of(int descriptor) {
  winsize size{};
  const bool known = ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return describe_terminal(terminal_variables(), isatty(descriptor) == 1,
                           known ? std::optional<std::size_t>(size.ws_col) : std::nullopt);
}

std::string coloured(std::string_view text, Colour colour, bool enabled) {
  if (!enabled || colour == Colour::kPlain) return std::string(text);
  return fmt::format("{}{}\x1b[0m", sequence(colour), text);
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, starts_code_point));
}

std::string shortened(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::size_t kept = 0;
  std::size_t end = 0;
  while (end < text.size() && (kept + 1 < width || !starts_code_point(text[end]))) {
    if (starts_code_point(text[end])) ++kept;
    ++end;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent, std::size_t column) {
  std::string out;
  for (const std::string_view word : split(text, ' ')) {
    const std::size_t length = display_width(word);
    if (!out.empty() && column + 1 + length > width) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (!out.empty()) {
      out += ' ';
      ++column;
    }
    out += word;
    column += length;
  }
  return out;
}

}  // namespace tokcast
