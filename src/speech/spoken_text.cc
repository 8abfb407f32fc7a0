#include "speech/spoken_text.h"

#include <array>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "base/text.h"
#include "speech/speech.h"

namespace tokcast {
namespace {

constexpr std::string_view kMarkup = "*_`#~|<>[]{}\\^";

// U+00C0 to U+00FF without what is above and below them.
constexpr std::string_view kLatin = "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTsaaaaaaaceeeeiiiidnooooo ouuuuyty";

// One character of UTF-8 at `at`, which moves behind it; U+FFFD if it is none.
std::uint32_t take_character(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80U) return first;
  const std::size_t more = first >= 0xF0U ? 3 : (first >= 0xE0U ? 2 : 1);
  std::uint32_t out = first & (0x3FU >> more);
  for (std::size_t i = 0; i < more; ++i) {
    if (at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U) return 0xFFFD;
    out = (out << 6U) | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  }
  return out;
}

std::string_view plain_character(std::uint32_t character) {
  if (character >= 0xC0 && character <= 0xFF) return kLatin.substr(character - 0xC0, 1);
  switch (character) {
    case 0x2018:
    case 0x2019:
      return "'";
    case 0x201C:
    case 0x201D:
      return "\"";
    case 0x2013:
    case 0x2014:
      return ", ";
    case 0x2026:
      return "...";
    case 0x20AC:
      return " euro ";
    case 0xB0:
      return " degrees ";
    default:
      return " ";
  }
}

// Where to cut: behind the last white space within kLongestPiece, else there, but not within a character.
std::size_t cut_of(std::string_view text) {
  const auto blank = text.substr(0, kLongestPiece).find_last_of(" \t\r\n");
  if (blank != std::string_view::npos && blank > 0) return blank;
  std::size_t out = kLongestPiece;
  while (out > kLongestPiece - 4 && (static_cast<unsigned char>(text[out]) & 0xC0U) == 0x80U) --out;
  return out;
}

}  // namespace

std::vector<std::string> take_sentences(std::string& text) {
  std::vector<std::string> out;
  std::size_t start = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const bool ends = std::strchr(".!?", text[i]) != nullptr && text[i] != '\0' &&
                      std::strchr(" \t\r\n", text[i + 1]) != nullptr && text[i + 1] != '\0';
    if (!ends) continue;
    const std::string sentence(trim(std::string_view(text).substr(start, i + 1 - start)));
    if (!sentence.empty()) out.push_back(sentence);
    start = i + 1;
  }
  text.erase(0, start);
  return out;
}

std::vector<std::string> pieces_to_speak(std::string_view text) {
  std::string rest(text);
  std::vector<std::string> sentences = take_sentences(rest);
  if (!trim(rest).empty()) sentences.emplace_back(trim(rest));
  std::vector<std::string> out;
  for (std::string_view sentence : sentences) {
    while (sentence.size() > kLongestPiece) {
      const std::size_t cut = cut_of(sentence);
      out.emplace_back(trim(sentence.substr(0, cut)));
      sentence = trim(sentence.substr(cut));
    }
    if (!sentence.empty()) out.emplace_back(sentence);
  }
  return out;
}

std::string without_markup(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_blank = byte <= 0x20U || byte == 0x7FU || kMarkup.find(c) != std::string_view::npos;
    if (!is_blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return std::string(trim(out));
}

std::string plain_ascii(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t character = take_character(text, at);
    if (character < 0x80) {
      out += static_cast<char>(character);
    } else {
      out += plain_character(character);
    }
  }
  return out;
}

}  // namespace tokcast
