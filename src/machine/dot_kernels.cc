#include "machine/dot_kernels.h"

#include <bit>
#include <cstring>

namespace tokcast {
namespace {

std::size_t element_bytes(std::string_view type) {
  return type == "int8" ? 1 : type == "fp32" ? 4 : 2;
}

// Of a value that is a normal half or 0: the exponent's bias goes from 127 to 15, the mantissa from 23 bits
// to 10.
std::uint16_t half_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000;
  const std::uint32_t magnitude = value == 0 ? 0 : ((bits & 0x7fff'ffff) >> 13) - ((127 - 15) << 10);
  return static_cast<std::uint16_t>(sign | magnitude);
}

std::uint16_t bfloat_bits(float value) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
}

template <typename Element>
void put(std::byte* to, Element element) {
  std::memcpy(to, &element, sizeof element);
}

void encode_element(std::string_view type, float value, std::byte* to) {
  if (type == "int8") return put(to, static_cast<std::int8_t>(value));
  if (type == "fp16") return put(to, half_bits(value));
  if (type == "bf16") return put(to, bfloat_bits(value));
  put(to, value);
}

}  // namespace

std::size_t DotKernel::depth() const {
  return kDotDepthBytes / element_bytes(type);
}

std::vector<DotLine> encode_elements(std::string_view type, std::span<const float> values) {
  const std::size_t size = element_bytes(type);
  std::vector<DotLine> lines((values.size() * size + sizeof(DotLine) - 1) / sizeof(DotLine));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t offset = i * size;
    encode_element(type, values[i], &lines[offset / sizeof(DotLine)].bytes[offset % sizeof(DotLine)]);
  }
  return lines;
}

std::vector<DotKernel> dot_kernels() {
  const auto portable = portable_dot_kernels();
  const auto native = native_dot_kernels();
  std::vector<DotKernel> kernels(portable.begin(), portable.end());
  kernels.insert(kernels.end(), native.begin(), native.end());
  return kernels;
}

}  // namespace tokcast
