#include "machine/pci.h"

#include <gtest/gtest.h>

#include "machine/known_parts.h"

namespace tokcast {
namespace {

TEST(PciAddress, IsTheSameInEverySpelling) {
  EXPECT_EQ(normal_pci_address("0000:01:00.0"), "0000:01:00.0");
  EXPECT_EQ(normal_pci_address("00000000:0A:1F.7"), "0000:0a:1f.7");
  EXPECT_EQ(normal_pci_address("00010000:01:00.0"), "10000:01:00.0");  // behind a VMD controller
}

TEST(PciAddress, IsNothingElse) {
  for (const char* text :
       {"", ":", "::", "::.", "01:00.0", "0000:01:00", "0000:01:00.8", "0000:100:00.0", "0000:01:20.0",
        "0000:01:00.0 ", "0000:0x1:00.0", "-000:01:00.0", "000000000:01:00.0", "0000:01:00.0:1"}) {
    EXPECT_EQ(normal_pci_address(text), std::nullopt) << text;
  }
}

TEST(PciVendor, IsKnownIfItMakesGraphicsProcessors) {
  EXPECT_EQ(gpu_vendor(0x10de), "NVIDIA");
  EXPECT_EQ(gpu_vendor(0x1002), "AMD");
  EXPECT_EQ(gpu_vendor(0x8086), "Intel");
  EXPECT_EQ(gpu_vendor(0x1a03), std::nullopt) << "ASPEED's management chips";
  EXPECT_EQ(gpu_vendor(0x1af4), std::nullopt) << "virtio";
}

constexpr const char* kPciIds =
    "# a list\n"
    "1002  Advanced Micro Devices, Inc. [AMD/ATI]\n"
    "\t744c  Navi 31 [Radeon RX 7900 XT/7900 XTX]\n"
    "\t\t1da2 471e  PULSE Radeon RX 7900 XTX\n"
    "# in between\n"
    "\t15bf  Phoenix1\n"
    "10de  NVIDIA Corporation\n"
    "\t2684  AD102 [GeForce RTX 4090]\n"
    "C 03  Display controller\n"
    "\t00  VGA compatible controller\n";

TEST(PciIds, FindAProductUnderItsVendorOnly) {
  EXPECT_EQ(find_pci_entry(kPciIds, 0x10de, 0x2684), "AD102 [GeForce RTX 4090]");
  EXPECT_EQ(find_pci_entry(kPciIds, 0x1002, 0x15bf), "Phoenix1");
  EXPECT_EQ(find_pci_entry(kPciIds, 0x1002, 0x2684), std::nullopt);
  EXPECT_EQ(find_pci_entry(kPciIds, 0x1002, 0x1da2), std::nullopt) << "a subsystem is no product";
  EXPECT_EQ(find_pci_entry(kPciIds, 0x8086, 0x2684), std::nullopt);
  EXPECT_EQ(find_pci_entry("", 0x10de, 0x2684), std::nullopt);
}

TEST(PciIds, AreCutOffAnywhereWithoutHarm) {
  const std::string_view all = kPciIds;
  for (std::size_t size = 0; size < all.size(); ++size) {
    const auto entry = find_pci_entry(all.substr(0, size), 0x10de, 0x2684).value_or("");
    EXPECT_TRUE(std::string_view("AD102 [GeForce RTX 4090]").starts_with(entry)) << size;
  }
}

TEST(GpuProductName, OfSeveralProductsSaysSoAndIsNoKnownPart) {
  const std::string name = gpu_product_name("AMD", "Navi 21 [Radeon RX 6800/6800 XT / 6900 XT]");
  EXPECT_EQ(name, "one of AMD Radeon RX 6800/6800 XT / 6900 XT");
  EXPECT_EQ(find_gpu(name), nullptr);
  EXPECT_EQ(find_gpu(name, Bytes(16 * kGibi.value)), nullptr) << "all three have 16 GiB";
  const std::string one = gpu_product_name("NVIDIA", "GA106 [GeForce RTX 3060 Lite Hash Rate]");
  EXPECT_EQ(one, "NVIDIA GeForce RTX 3060 Lite Hash Rate");
  EXPECT_NE(find_gpu(one, Bytes(12 * kGibi.value)), nullptr);
}

TEST(GpuProductName, IsWhatIsPrintedOnTheBox) {
  EXPECT_EQ(gpu_product_name("NVIDIA", "AD102 [GeForce RTX 4090]"), "NVIDIA GeForce RTX 4090");
  EXPECT_EQ(gpu_product_name("AMD", "Phoenix1"), "AMD Phoenix1");
  EXPECT_EQ(gpu_product_name("AMD", "AMD Instinct MI210"), "AMD Instinct MI210");
  EXPECT_EQ(gpu_product_name("AMD", "]x["), "AMD ]x[");
  EXPECT_EQ(gpu_product_name("AMD", "\033[31mred"), "AMD ?[31mred");
}

}  // namespace
}  // namespace tokcast
