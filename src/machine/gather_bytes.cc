#include "machine/gather_bytes.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tokcast {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr char kMemoryDevice = 17;
// Where a memory device names its strings (DSP0134, 7.18): locator, bank, manufacturer, serial number, asset
// tag, part number, firmware version.
constexpr auto kStringFields = std::to_array<std::size_t>({0x10, 0x11, 0x17, 0x18, 0x19, 0x1A, 0x2B});

std::string without_strings(std::string_view formatted) {
  std::string out(formatted);
  for (const std::size_t field : kStringFields) {
    if (field < out.size()) out[field] = 0;
  }
  return out.append("\0\0"sv);
}

}  // namespace

// A structure: type, length of the formatted part, handle (16 bits), the rest of that part, strings that each
// end in a zero byte, one more zero byte.
std::string memory_modules_only(std::string_view smbios_table) {
  constexpr std::size_t kHeader = 4;
  std::string out;
  while (smbios_table.size() >= kHeader) {
    const std::size_t length = static_cast<unsigned char>(smbios_table[1]);
    const auto end = length < kHeader ? std::string_view::npos : smbios_table.find("\0\0"sv, length);
    if (end == std::string_view::npos) break;
    if (smbios_table[0] == kMemoryDevice) out += without_strings(smbios_table.substr(0, length));
    smbios_table.remove_prefix(end + 2);
  }
  return out;
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(3, bytes.size()))) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = (group << 8U) | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out.push_back(i <= bytes.size() ? kDigits[(group >> (18 - 6 * i)) & 63U] : '=');
    }
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string out;
  std::uint32_t bits = 0;
  std::size_t count = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = ((bits << 6U) | static_cast<std::uint32_t>(digit)) & 0xFFFFU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>((bits >> count) & 0xFFU));
  }
  return out;
}

}  // namespace tokcast
