#include "machine/kernel_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "base/file.h"
#include "base/text.h"

namespace tokcast {
namespace {

// "key : value" as its value, if the key is the wanted one.
std::optional<std::string> value_of(std::string_view line, std::string_view key) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || trim(line.substr(0, colon)) != key) return std::nullopt;
  return std::string(trim(line.substr(colon + 1)));
}

// Kernels write no leading zeros, and hwloc would read them as octal.
std::optional<std::uint32_t> parse_index(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  const auto number = parse_uint(text);
  if (!number || *number >= kMostCpus) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

}  // namespace

std::optional<std::string> find_field(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (auto value = value_of(line, key)) return value;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

std::vector<std::string> find_fields(std::string_view text, std::string_view key) {
  std::vector<std::string> values;
  for (const std::string_view line : split(text, '\n')) {
    if (auto value = value_of(line, key)) values.push_back(std::move(*value));
  }
  return values;
}

std::optional<Bytes> find_kibibytes(std::string_view meminfo, std::string_view key) {
  const auto field = find_field(meminfo, key);
  if (!field) return std::nullopt;
  const auto kibibytes = parse_uint(split(*field, ' ').front());
  const auto bytes = kibibytes ? checked_multiply(*kibibytes, 1024) : std::nullopt;
  return bytes ? std::optional(Bytes(*bytes)) : std::nullopt;
}

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<std::string_view> words;
  for (auto begin = text.find_first_not_of(kBlanks); begin != std::string_view::npos;
       begin = text.find_first_not_of(kBlanks, begin)) {
    const auto end = std::min(text.find_first_of(kBlanks, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

std::optional<std::vector<std::uint32_t>> parse_cpu_list(std::string_view text) {
  std::vector<std::uint32_t> cpus;
  if (trim(text).empty()) return cpus;
  for (const std::string_view part : split(trim(text), ',')) {
    const auto dash = part.find('-');
    const auto first = parse_index(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_index(part.substr(dash + 1));
    // Ascending ranges only, so that many overlapping ones cannot add up to a long list.
    if (!first || !last || *last < *first || (!cpus.empty() && *first <= cpus.back())) return std::nullopt;
    for (std::uint32_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

std::optional<std::vector<std::uint32_t>> read_cpu_list(const std::string& path) {
  const auto line = read_line(path);
  return line ? parse_cpu_list(*line) : std::nullopt;
}

std::optional<Bytes> parse_cache_size(std::string_view text) {
  const std::uint64_t unit = text.ends_with('K') ? 1024 : text.ends_with('M') ? 1024 * 1024 : 1;
  const auto number = parse_uint(unit == 1 ? text : text.substr(0, text.size() - 1));
  const auto bytes = number ? checked_multiply(*number, unit) : std::nullopt;
  return bytes ? std::optional(Bytes(*bytes)) : std::nullopt;
}

std::optional<std::uint64_t> read_number(const std::string& path) {
  const auto line = read_line(path);
  return line ? parse_uint(*line) : std::nullopt;
}

std::string cpu_folder(const std::string& root, std::uint32_t cpu) {
  return fmt::format("{}/sys/devices/system/cpu/cpu{}", root, cpu);
}

}  // namespace tokcast
