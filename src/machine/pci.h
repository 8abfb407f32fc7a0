// PCI addresses, the vendors that make graphics processors, and product names from the pci.ids list.
#ifndef TOKCAST_MACHINE_PCI_H_
#define TOKCAST_MACHINE_PCI_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tokcast {

constexpr std::uint32_t kPciVendorAmd = 0x1002;
constexpr std::uint32_t kPciVendorNvidia = 0x10de;
constexpr std::uint32_t kPciVendorIntel = 0x8086;

// One to eight hexadecimal digits and nothing else; nullopt for anything else.
std::optional<std::uint32_t> parse_hex(std::string_view text);

// "0000:01:00.0", as sysfs writes it.
std::string format_pci_address(std::uint32_t domain, std::uint32_t bus, std::uint32_t device,
                               std::uint32_t function);

// The same for an address in any spelling ("00000000:0A:00.0" is NVML's); nullopt if it is none.
std::optional<std::string> normal_pci_address(std::string_view text);

// Who makes graphics processors under this vendor number; nullopt for all others, among them the makers of
// virtual displays (virtio, VMware, QEMU) and of remote-management chips (ASPEED, Matrox).
std::optional<std::string> gpu_vendor(std::uint32_t pci_vendor);

// The list of PCI products of the system below `root`; empty if it has none.
std::string read_pci_ids(const std::string& root);

// The entry for a product in `pci_ids`: "AD102 [GeForce RTX 4090]".
std::optional<std::string_view> find_pci_entry(std::string_view pci_ids, std::uint32_t vendor,
                                               std::uint32_t device);

// What is printed on the box, with the vendor before it: "NVIDIA GeForce RTX 4090" for that entry. Products
// that share a number share an entry ("Navi 31 [Radeon RX 7900 XT/7900 XTX]"), and which of them it is cannot
// be told from it: the name then says "one of" them.
std::string gpu_product_name(const std::string& vendor, std::string_view pci_entry);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_PCI_H_
