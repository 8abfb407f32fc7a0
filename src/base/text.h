// Small text helpers shared by every layer: safe printing, human units, spelling suggestions.
#ifndef TOKCAST_BASE_TEXT_H_
#define TOKCAST_BASE_TEXT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace tokcast {

// `text` without control characters, escape sequences, bidirectional overrides and invalid UTF-8 (each run
// becomes one '?'): what a stranger's file says may be shown on a terminal.
std::string printable(std::string_view text);

// "4.1 GB", "651 MB", "12 kB": decimal units, two significant places below ten.
std::string format_bytes(Bytes bytes);

// "0.04 s", "8.2 s", "135 s", "12 min".
std::string format_seconds(Seconds seconds);

// Three significant digits, no exponent: "0.041", "3.90", "18.2", "257".
std::string format_number(double number);

std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);

// The whole of `text` as a non-negative whole number; nullopt if it is anything else or does not fit.
std::optional<std::uint64_t> parse_uint(std::string_view text);
std::optional<double> parse_double(std::string_view text);

// The candidate nearest to `word` by edit distance, if near enough to be a typo of it.
std::optional<std::string> nearest_word(std::string_view word, std::span<const std::string> candidates);

}  // namespace tokcast

#endif  // TOKCAST_BASE_TEXT_H_
