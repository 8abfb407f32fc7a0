#include "serve/base64.h"

#include <array>
#include <cstdint>

namespace tokcast {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  std::array<int, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    values.at(static_cast<unsigned char>(kDigits[i])) = static_cast<int>(i);
  }
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = values.at(static_cast<unsigned char>(c));
    if (value < 0 || padding > 0) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    if (++count % 4 == 0) {
      for (const unsigned shift : {16U, 8U, 0U}) out += static_cast<char>((bits >> shift) & 0xFFU);
      bits = 0;
    }
  }
  if (padding > 2 || count % 4 == 1) return std::nullopt;
  if (count % 4 == 2) out += static_cast<char>((bits >> 4U) & 0xFFU);
  if (count % 4 == 3) {
    out += static_cast<char>((bits >> 10U) & 0xFFU);
    out += static_cast<char>((bits >> 2U) & 0xFFU);
  }
  return out;
}

std::string encode_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t j) {
      return j < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[j])) : 0U;
    };
    const std::uint32_t bits = (at(i) << 16U) | (at(i + 1) << 8U) | at(i + 2);
    out += kDigits[bits >> 18U];
    out += kDigits[(bits >> 12U) & 63U];
    out += i + 1 < bytes.size() ? kDigits[(bits >> 6U) & 63U] : '=';
    out += i + 2 < bytes.size() ? kDigits[bits & 63U] : '=';
  }
  return out;
}

}  // namespace tokcast
