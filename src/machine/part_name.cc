#include "machine/part_name.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/text.h"

namespace tokcast {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::size_t kLongestName = 200;
constexpr std::uint64_t kMostGibi = 4096;
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kWordBytes = "abcdefghijklmnopqrstuvwxyz0123456789+.";

// Words that tell no part from another: makers, what the thing is, lines whose numbers are theirs alone.
constexpr auto kIdle = std::to_array<std::string_view>(
    {"advanced", "amd",       "ati",     "apu",      "core",  "cores",      "corp",    "corporation",
     "cpu",      "design",    "devices", "edition",  "gen",   "generation", "genuine", "gpu",
     "graphics", "hash",      "inc",     "instinct", "intel", "lite",       "mesa",    "micro",
     "nvidia",   "processor", "rate",    "tesla",    "vram",  "with",       "xeon"});

// The first word is idle before the second.
constexpr auto kIdleBefore = std::to_array<Pair>({{"geforce", "gtx"},
                                                  {"geforce", "rtx"},
                                                  {"radeon", "instinct"},
                                                  {"radeon", "rx"},
                                                  {"ryzen", "threadripper"}});

constexpr auto kSpellings = std::to_array<Pair>(
    {{"mobile", "laptop"}, {"notebook", "laptop"}, {"sxm2", "sxm"}, {"sxm4", "sxm"}, {"sxm5", "sxm"}});

// Written to a number without a space: "3080Ti", "24GB".
constexpr auto kSuffixes = std::to_array<std::string_view>({"gb", "gib", "gre", "super", "ti", "xt", "xtx"});

// The words that still count in parentheses, where drivers and people put remarks: "(RADV NAVI31)".
constexpr auto kVariants = std::to_array<std::string_view>(
    {"ada", "d", "gre", "laptop", "max", "mobile", "nvl", "pcie", "q", "super", "sxm", "ti", "xt", "xtx"});

// What begins a remark on something else, to the end of the name.
constexpr auto kRemarks =
    std::to_array<std::string_view>({"@", " with radeon", " w/ radeon", " rev ", " rev. ", "/pcie/"});

constexpr auto kCounts =
    std::to_array<std::string_view>({"dual", "triple", "quad", "six", "eight", "twelve", "sixteen"});

struct Word {
  std::string_view text;
  bool aside = false;  // in parentheses
};

template <std::size_t kSize>
bool contains(const std::array<std::string_view, kSize>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// Device databases put the name that people know in brackets: "AD102 [GeForce RTX 4090]".
std::string_view bracketed(std::string_view text) {
  const auto begin = text.rfind('[');
  const auto end = text.find(']', begin);
  return end == std::string_view::npos ? text : text.substr(begin + 1, end - begin - 1);
}

std::string_view without_remarks(std::string_view text) {
  for (const std::string_view remark : kRemarks) text = text.substr(0, text.find(remark));
  return text;
}

void add_word(std::string_view text, bool aside, std::vector<Word>& words) {
  while (text.starts_with('.')) text.remove_prefix(1);
  while (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty()) return;
  const auto digits = text.find_first_not_of(kDigits);
  if (digits != std::string_view::npos && digits > 0 && contains(kSuffixes, text.substr(digits))) {
    words.push_back({text.substr(0, digits), aside});
    text.remove_prefix(digits);
  }
  words.push_back({text, aside});
}

std::vector<Word> split_words(std::string_view text) {
  std::vector<Word> words;
  int depth = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find_first_not_of(kWordBytes, i), text.size());
    add_word(text.substr(i, end - i), depth > 0, words);
    if (end < text.size() && text[end] == '(') ++depth;
    if (end < text.size() && text[end] == ')') depth = std::max(depth - 1, 0);
    i = end + 1;
  }
  return words;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kDigits) == std::string_view::npos;
}

std::string_view word_at(const std::vector<Word>& words, std::size_t i) {
  return i < words.size() ? words[i].text : std::string_view();
}

// "24 gb" at `i`.
std::optional<Bytes> memory_at(const std::vector<Word>& words, std::size_t i) {
  const std::string_view unit = word_at(words, i + 1);
  if (unit != "gb" && unit != "gib") return std::nullopt;
  const auto count = parse_uint(words[i].text);
  if (!count || *count == 0 || *count > kMostGibi) return std::nullopt;
  return Bytes(*count * kGibi.value);
}

// "12" of "12 core processor", but not of "40 core gpu", which tells chips of one name apart.
bool is_core_count(const std::vector<Word>& words, std::size_t i) {
  const std::string_view next = word_at(words, i + 1);
  const std::string_view text = words[i].text;
  return (next == "core" || next == "cores") && (is_number(text) || contains(kCounts, text)) &&
         word_at(words, i + 2) != "gpu";
}

// "12th" of "12th Gen".
bool is_generation(const std::vector<Word>& words, std::size_t i) {
  const std::string_view text = words[i].text;
  return word_at(words, i + 1) == "gen" && text.size() > 2 && is_number(text.substr(0, text.size() - 2));
}

bool is_idle(const std::vector<Word>& words, std::size_t i) {
  const Word& word = words[i];
  if (word.aside && !contains(kVariants, word.text)) return true;
  if (contains(kIdle, word.text) || is_core_count(words, i) || is_generation(words, i)) return true;
  return std::ranges::find(kIdleBefore, Pair(word.text, word_at(words, i + 1))) != kIdleBefore.end();
}

std::string_view spelling(std::string_view word) {
  const auto* const found = std::ranges::find(kSpellings, word, &Pair::first);
  return found == kSpellings.end() ? word : found->second;
}

}  // namespace

PartName parse_part_name(std::string_view name) {
  PartName out;
  if (name.size() > kLongestName) return out;
  const std::string text = lower(name);
  const std::vector<Word> words = split_words(without_remarks(bracketed(text)));
  std::vector<Bytes> sizes;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (const auto size = memory_at(words, i)) {
      sizes.push_back(*size);
      ++i;
    } else if (!is_idle(words, i)) {
      if (!out.key.empty()) out.key += ' ';
      out.key += spelling(words[i].text);
    }
  }
  const bool one_size = !sizes.empty() && std::ranges::count(sizes, sizes.front()) == std::ssize(sizes);
  if (one_size) out.memory = sizes.front();
  return out;
}

}  // namespace tokcast
