#include "machine/pci.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/file.h"
#include "base/text.h"

namespace tokcast {
namespace {

// Takes the first line off `text`.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

std::optional<std::uint32_t> parse_hex(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || text.size() > 8) return std::nullopt;
  return value;
}

std::string format_pci_address(std::uint32_t domain, std::uint32_t bus, std::uint32_t device,
                               std::uint32_t function) {
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", domain, bus, device, function);
}

std::optional<std::string> normal_pci_address(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 3) return std::nullopt;
  const auto slot = split(parts[2], '.');
  if (slot.size() != 2) return std::nullopt;
  const auto domain = parse_hex(parts[0]);
  const auto bus = parse_hex(parts[1]);
  const auto device = parse_hex(slot[0]);
  const auto function = parse_hex(slot[1]);
  if (!domain || !bus || !device || !function) return std::nullopt;
  if (*bus > 0xff || *device > 0x1f || *function > 7) return std::nullopt;
  return format_pci_address(*domain, *bus, *device, *function);
}

std::optional<std::string> gpu_vendor(std::uint32_t pci_vendor) {
  // Vulkan names makers of phone and board chips by the same numbers (VkPhysicalDeviceProperties::vendorID).
  constexpr std::pair<std::uint32_t, const char*> kVendors[] = {{kPciVendorNvidia, "NVIDIA"},
                                                                {kPciVendorAmd, "AMD"},
                                                                {kPciVendorIntel, "Intel"},
                                                                {0x106b, "Apple"},
                                                                {0x13b5, "Arm"},
                                                                {0x14e4, "Broadcom"},
                                                                {0x5143, "Qualcomm"},
                                                                {0x1010, "Imagination"}};
  for (const auto& [number, name] : kVendors) {
    if (number == pci_vendor) return name;
  }
  return std::nullopt;
}

std::string read_pci_ids(const std::string& root) {
  constexpr Bytes kLimit{16 * kMebi.value};  // it had 1.4 MiB in 2024
  for (const char* path : {"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"}) {
    if (auto text = read_file(root + path, kLimit)) return *std::move(text);
  }
  return {};
}

std::optional<std::string_view> find_pci_entry(std::string_view pci_ids, std::uint32_t vendor,
                                               std::uint32_t device) {
  const auto start = pci_ids.find(fmt::format("\n{:04x}  ", vendor));
  if (start == std::string_view::npos) return std::nullopt;
  const std::string wanted = fmt::format("\t{:04x}  ", device);
  std::string_view rest = pci_ids.substr(start + 1);
  take_line(rest);
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.starts_with(wanted)) return line.substr(wanted.size());
    const bool ours = line.empty() || line.starts_with('\t') || line.starts_with('#');
    if (!ours) return std::nullopt;  // the next vendor
  }
  return std::nullopt;
}

std::string gpu_product_name(const std::string& vendor, std::string_view pci_entry) {
  const auto open = pci_entry.rfind('[');
  const auto close = pci_entry.rfind(']');
  const bool bracketed = open != std::string_view::npos && close != std::string_view::npos && close > open;
  const std::string_view product = bracketed ? pci_entry.substr(open + 1, close - open - 1) : pci_entry;
  std::string name = printable(trim(product));
  if (!name.starts_with(vendor)) name = vendor + " " + name;
  return name.find('/') == std::string::npos ? name : "one of " + name;
}

}  // namespace tokcast
