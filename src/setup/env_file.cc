#include "setup/env_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace tokcast {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;

bool is_key_character(char c, bool first) {
  const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  return letter || (!first && c >= '0' && c <= '9');
}

bool is_key(std::string_view text) {
  if (text.empty() || !is_key_character(text.front(), true)) return false;
  return std::ranges::all_of(text, [](char c) { return is_key_character(c, false); });
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_bare(char c) {
  constexpr std::string_view kMarks = "_./:@%+,-";
  return is_key_character(c, false) || kMarks.find(c) != std::string_view::npos;
}

// Walks through the text; every function leaves the position behind what it took.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  std::size_t position() const { return at_; }
  char peek() const { return at_end() ? '\n' : text_[at_]; }
  // A last line may end in half a line end.
  bool at_line_end() const {
    const std::string_view rest = text_.substr(at_);
    return rest.empty() || rest.front() == '\n' || rest.starts_with("\r\n") || rest == "\r";
  }

  void skip_blanks() {
    while (!at_end() && is_blank(text_[at_])) ++at_;
  }
  void skip_line() {
    while (!at_end() && text_[at_] != '\n') ++at_;
    if (!at_end()) ++at_;
  }
  std::string_view word() {
    const std::size_t begin = at_;
    while (!at_end() && is_key_character(text_[at_], at_ == begin)) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // Up to a line end or to a '#' after a blank; blanks before either do not belong to it.
  std::string bare_value() {
    const std::size_t begin = at_;
    std::size_t end = at_;
    for (; !at_line_end(); ++at_) {
      const bool comment = text_[at_] == '#' && (at_ == begin || is_blank(text_[at_ - 1]));
      if (comment) break;
      if (!is_blank(text_[at_])) end = at_ + 1;
    }
    at_ = end;
    return std::string(text_.substr(begin, end - begin));
  }

  // nullopt: it is never closed.
  std::optional<std::string> quoted_value(char quote) {
    std::string out;
    for (++at_; !at_end(); ++at_) {
      char c = text_[at_];
      if (c == quote) {
        ++at_;
        return out;
      }
      const bool escaped = quote == '"' && c == '\\' && at_ + 1 < text_.size();
      if (escaped && std::string_view("\"\\$").find(text_[at_ + 1]) != std::string_view::npos)
        c = text_[++at_];
      out += c;
    }
    return std::nullopt;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::size_t line_of(std::string_view text, std::size_t position) {
  return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, position), '\n'));
}

std::string in_quotes(std::string_view value) {
  if (value.find('\'') == std::string_view::npos) return fmt::format("'{}'", value);
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '$') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string env_quoted(std::string_view value) {
  return std::ranges::all_of(value, is_bare) ? std::string(value) : in_quotes(value);
}

Result<EnvFile> EnvFile::parse(std::string_view text, std::string_view place) {
  if (text.size() > kMostBytes) {
    return fail(ErrorKind::kBadInput, "this is too large for an .env file", std::string(place),
                "Name another file with --env.");
  }
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return fail(ErrorKind::kBadInput, "there is a NUL byte in it: this is no .env file",
                fmt::format("{}: line {}", place, line_of(text, nul)), "Name another file with --env.");
  }
  EnvFile out{std::string(text)};
  if (auto scanned = out.scan(place); !scanned) return std::unexpected(scanned.error());
  return out;
}

Result<void> EnvFile::scan(std::string_view place) {
  assignments_.clear();
  Scanner in(text_);
  for (; !in.at_end(); in.skip_line()) {
    in.skip_blanks();
    std::string_view key = in.word();
    if (key == "export" && is_blank(in.peek())) {
      in.skip_blanks();
      key = in.word();
    }
    in.skip_blanks();
    if (key.empty() || !in.take('=')) continue;
    in.skip_blanks();
    Assignment found{.key = std::string(key), .begin = in.position()};
    const char quote = in.peek();
    if (quote == '"' || quote == '\'') {
      auto value = in.quoted_value(quote);
      if (!value) {
        return fail(ErrorKind::kBadInput, "a quote is never closed",
                    fmt::format("{}: line {}", place, line_of(text_, found.begin)),
                    "Close it, or remove the line.");
      }
      found.value = std::move(*value);
    } else {
      found.value = in.bare_value();
    }
    found.end = in.position();
    assignments_.push_back(std::move(found));
  }
  return {};
}

const EnvFile::Assignment* EnvFile::last(std::string_view key) const {
  const auto reversed = assignments_ | std::views::reverse;
  const auto found = std::ranges::find(reversed, key, &Assignment::key);
  return found == reversed.end() ? nullptr : &*found;
}

std::optional<std::string> EnvFile::get(std::string_view key) const {
  const Assignment* found = last(key);
  return found == nullptr ? std::nullopt : std::optional(found->value);
}

std::string_view EnvFile::line_end() const {
  return text_.find("\r\n") == std::string::npos ? "\n" : "\r\n";
}

void EnvFile::end_last_line() {
  if (text_.empty() || text_.ends_with('\n')) return;
  text_ += text_.ends_with('\r') ? "\n" : line_end();
}

Result<void> EnvFile::set(std::string_view key, std::string_view value) {
  constexpr std::string_view kBreaks("\n\r\0", 3);
  if (!is_key(key) || value.find_first_of(kBreaks) != std::string_view::npos) {
    return fail(ErrorKind::kUsage, "this cannot stand in an .env file", std::string(key));
  }
  const Assignment* found = last(key);
  if (found != nullptr && found->value == value) return {};
  std::string quoted = env_quoted(value);
  if (found != nullptr && found->end < text_.size()) {
    const char first = text_[found->begin];
    // What stands behind a quoted value would become part of a bare one.
    if (first == '"' || first == '\'') quoted = in_quotes(value);
    // Of `A= # comment` the mark must not become part of the value.
    if (text_[found->end] == '#') quoted += ' ';
  }
  if (found != nullptr) {
    text_.replace(found->begin, found->end - found->begin, quoted);
  } else {
    end_last_line();
    text_ += fmt::format("{}={}{}", key, quoted, line_end());
  }
  return scan("");
}

void EnvFile::comment(std::string_view line) {
  const std::string whole = fmt::format("# {}", line);
  if (text_.find(whole) != std::string::npos) return;
  end_last_line();
  text_ += whole;
  text_ += line_end();
}

}  // namespace tokcast
