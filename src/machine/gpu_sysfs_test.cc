#include "machine/gpu_sysfs.h"

#include <gtest/gtest.h>

#include "base/temporary_directory_test_util.h"
#include "machine/gpu.h"

namespace tokcast {
namespace {

// A machine made of the files that the kernel's drivers show, below a temporary root.
class GpuSysfs : public testing::Test {
 protected:
  void has(const std::string& path, const std::string& content) {
    write_text(directory_.path() + path, content);
  }

  // A PCI device as its uevent file describes it; returns its folder. `id` is "10DE:2684".
  std::string has_pci(const std::string& address, const std::string& class_code, const std::string& id,
                      const std::string& driver) {
    std::string folder = "/sys/bus/pci/devices/" + address;
    has(folder + "/uevent", (driver.empty() ? "" : "DRIVER=" + driver + "\n") + "PCI_CLASS=" + class_code +
                                "\nPCI_ID=" + id + "\nPCI_SUBSYS_ID=1458:40BF\nPCI_SLOT_NAME=" + address +
                                "\nMODALIAS=pci:v000010DE\n");
    return folder;
  }
  void has_pci_ids() {
    has("/usr/share/misc/pci.ids",
        "#\n1002  AMD\n\t744c  Navi 31 [Radeon RX 7900 XT/7900 XTX]\n\t164e  Raphael\n"
        "10de  NVIDIA Corporation\n\t2684  AD102 [GeForce RTX 4090]\n"
        "\t24dd  GA104M [GeForce RTX 3070 Mobile / Max-Q]\n"
        "8086  Intel Corporation\n\t56a0  DG2 [Arc A770]\n\ta780  Raptor Lake-S GT1 [UHD Graphics 770]\n");
  }
  std::vector<Gpu> survey() { return survey_gpus({.root = directory_.path()}).gpus; }

  const TemporaryDirectory directory_;
};

TEST_F(GpuSysfs, ThatIsNotThereHasNoGpus) {
  const auto whole = survey_gpus({.root = directory_.path()});
  EXPECT_TRUE(whole.gpus.empty());
  EXPECT_TRUE(whole.troubles.empty());
}

TEST_F(GpuSysfs, TellsANvidiaCardFromTheProcessorsOwnGraphics) {
  has_pci_ids();
  has_pci("0000:00:02.0", "30000", "8086:A780", "i915");
  has_pci("0000:01:00.0", "30000", "10DE:2684", "nvidia");
  has_pci("0000:01:00.1", "40300", "10DE:22BA", "snd_hda_intel");
  has("/proc/driver/nvidia/version",
      "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\n"
      "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n");
  has("/proc/driver/nvidia/gpus/0000:01:00.0/information",
      "Model: \t\t NVIDIA GeForce RTX 4090\nIRQ:   \t\t 181\nBus Location: \t 0000:01:00.0\n");
  const auto gpus = survey();
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(gpus[0].name, "Intel UHD Graphics 770");
  EXPECT_TRUE(gpus[0].integrated);
  EXPECT_EQ(gpus[0].driver, "i915");
  EXPECT_EQ(gpus[1].name, "NVIDIA GeForce RTX 4090");
  EXPECT_EQ(gpus[1].vendor, "NVIDIA");
  EXPECT_EQ(gpus[1].pci_address, "0000:01:00.0");
  EXPECT_FALSE(gpus[1].integrated);
  EXPECT_EQ(gpus[1].driver, "NVIDIA 550.54.14");
  EXPECT_EQ(gpus[1].memory_total, std::nullopt) << "the kernel does not tell it";
  EXPECT_EQ(gpus[1].sources, std::vector<std::string>{"sysfs"});
}

TEST_F(GpuSysfs, KnowsTheOpenKernelModulesVersionToo) {
  has_pci("0000:01:00.0", "30200", "10DE:2335", "nvidia");
  has("/proc/driver/nvidia/version",
      "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  (dvs-builder)\n");
  has("/proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t Unknown\n");
  const auto gpus = survey();
  ASSERT_EQ(gpus.size(), 1U);
  EXPECT_EQ(gpus[0].driver, "NVIDIA 570.86.15");
  EXPECT_EQ(gpus[0].name, "NVIDIA device 0x2335");
}

TEST_F(GpuSysfs, KeepsALaptopsCardALaptopsCard) {
  has_pci_ids();
  has_pci("0000:00:02.0", "30000", "8086:A780", "i915");
  has_pci("0000:01:00.0", "30200", "10DE:24DD", "nouveau");
  const auto gpus = survey();
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(gpus[1].name, "one of NVIDIA GeForce RTX 3070 Mobile / Max-Q");
  EXPECT_EQ(gpus[1].driver, "nouveau");
}

TEST_F(GpuSysfs, TellsAnAmdCardFromAnApu) {
  has_pci_ids();
  const auto card = has_pci("0000:03:00.0", "30000", "1002:744C", "amdgpu");
  has(card + "/mem_info_vram_total", "25753026560\n");
  has(card + "/mem_info_vram_used", "1753026560\n");
  has(card + "/hwmon/hwmon4/freq2_label", "mclk\n");
  const auto apu = has_pci("0000:10:00.0", "30000", "1002:164E", "amdgpu");
  has(apu + "/mem_info_vram_total", "536870912\n");
  has(apu + "/mem_info_vram_used", "36870912\n");
  has(apu + "/hwmon/hwmon5/in1_label", "vddnb\n");
  const auto gpus = survey();
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_FALSE(gpus[0].integrated);
  EXPECT_EQ(gpus[0].memory_total, Bytes(25'753'026'560));
  EXPECT_EQ(gpus[0].memory_free, Bytes(24'000'000'000));
  EXPECT_EQ(gpus[0].driver, "amdgpu");
  EXPECT_TRUE(gpus[1].integrated);
  EXPECT_EQ(gpus[1].name, "AMD Raphael");
  EXPECT_EQ(gpus[1].memory_total, Bytes(536'870'912)) << "carved out of the main memory";
}

TEST_F(GpuSysfs, DoesNotGuessWhetherAnAmdDeviceIsIntegrated) {
  has_pci("0000:03:00.0", "30000", "1002:744C", "amdgpu");
  EXPECT_EQ(read_sysfs_gpus(directory_.path()).at(0).integrated, std::nullopt);
}

TEST_F(GpuSysfs, TellsAnArcCardByItsSensors) {
  has_pci_ids();
  const auto arc = has_pci("0000:03:00.0", "30000", "8086:56A0", "xe");
  has(arc + "/hwmon/hwmon3/name", "xe\n");
  has_pci("0000:00:02.0", "30000", "8086:A780", "xe");
  const auto gpus = survey();
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_TRUE(gpus[0].integrated);
  EXPECT_EQ(gpus[1].name, "Intel Arc A770");
  EXPECT_FALSE(gpus[1].integrated);
  EXPECT_EQ(gpus[1].driver, "xe");
}

TEST_F(GpuSysfs, ReadsTheMemoryOfAnArcCardWhereItsDriverTellsIt) {
  const auto arc = has_pci("0000:03:00.0", "30000", "8086:56C0", "i915");
  has(arc + "/drm/card1/lmem_total_bytes", "17179869184\n");
  has(arc + "/drm/card1/lmem_avail_bytes", "16000000000\n");
  has(arc + "/drm/renderD128/dev", "226:128\n");
  const auto gpus = survey();
  ASSERT_EQ(gpus.size(), 1U);
  EXPECT_FALSE(gpus[0].integrated);
  EXPECT_EQ(read_sysfs_gpus(directory_.path()).at(0).integrated, false) << "known, not only assumed";
  EXPECT_EQ(gpus[0].memory_total, Bytes(17'179'869'184));
  EXPECT_EQ(gpus[0].memory_free, Bytes(16'000'000'000));
}

TEST_F(GpuSysfs, DoesNotTakeAManagementChipForAGpu) {
  has_pci("0000:02:00.0", "30000", "1A03:2000", "ast");
  has_pci("0000:03:00.0", "30000", "102B:0536", "mgag200");
  has_pci("0000:04:00.0", "30000", "1002:515E", "radeon");
  EXPECT_TRUE(survey().empty());
}

TEST_F(GpuSysfs, DoesNotTakeAVirtualDisplayForAGpu) {
  has_pci("0000:00:01.0", "30000", "1AF4:1050", "virtio-pci");
  has_pci("0000:00:02.0", "30000", "1234:1111", "bochs-drm");
  has_pci("0000:00:0f.0", "30000", "15AD:0405", "vmwgfx");
  has_pci("0000:00:08.0", "30000", "1414:5353", "hyperv_drm");
  EXPECT_TRUE(survey().empty());
}

TEST_F(GpuSysfs, DoesNotTakeOtherDevicesOfTheseMakersForGpus) {
  has_pci("0000:00:0b.0", "120000", "8086:7D1D", "intel_vpu");
  has_pci("0000:00:1f.0", "60100", "8086:7A04", "");
  EXPECT_TRUE(survey().empty());
}

TEST_F(GpuSysfs, KnowsAnInstinctAcceleratorThoughItIsNoDisplay) {
  has_pci("0000:c1:00.0", "120000", "1002:74A1", "amdgpu");
  EXPECT_EQ(survey().size(), 1U);
}

TEST_F(GpuSysfs, CountsVirtualFunctionsWithTheirGpu) {
  has_pci("0000:00:02.0", "30000", "8086:A780", "i915");
  has(has_pci("0000:00:02.1", "30000", "8086:A780", "i915") + "/physfn", "");
  EXPECT_EQ(survey().size(), 1U);
}

TEST_F(GpuSysfs, FindsACardThatNoDriverHasTaken) {
  has_pci("0000:01:00.0", "30000", "10DE:2684", "");
  const auto gpus = survey();
  ASSERT_EQ(gpus.size(), 1U);
  EXPECT_EQ(gpus[0].driver, std::nullopt);
}

TEST_F(GpuSysfs, CountsADeviceThatIsListedTwiceOnce) {
  has_pci("0000:01:00.0", "30000", "10DE:2684", "nouveau");
  const std::string uevent =
      "DRIVER=nouveau\nPCI_CLASS=30000\nPCI_ID=10DE:2684\nPCI_SLOT_NAME=0000:01:00.0\n";
  has("/sys/class/drm/card0/device/uevent", uevent);
  has("/sys/class/drm/card0-HDMI-A-1/device/uevent", uevent);
  EXPECT_EQ(survey().size(), 1U);
}

TEST_F(GpuSysfs, ReadsARootThatHasOnlyTheDisplayClass) {
  has("/sys/class/drm/card1/device/uevent",
      "DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:744C\nPCI_SLOT_NAME=0000:03:00.0\n");
  has("/sys/class/drm/card1/device/mem_info_vram_total", "25753026560\n");
  const auto gpus = survey();
  ASSERT_EQ(gpus.size(), 1U);
  EXPECT_EQ(gpus[0].memory_total, Bytes(25'753'026'560));
  EXPECT_EQ(gpus[0].memory_free, std::nullopt);
}

TEST_F(GpuSysfs, KnowsGraphicsOnAChipByItsDriver) {
  has("/sys/class/drm/card0/device/uevent", "DRIVER=vc4-drm\nOF_NAME=gpu\n");
  has("/sys/class/drm/card1/device/uevent", "DRIVER=v3d\nOF_NAME=v3d\nOF_COMPATIBLE_0=brcm,2712-v3d\n");
  const auto gpus = survey();
  ASSERT_EQ(gpus.size(), 1U);
  EXPECT_EQ(gpus[0].vendor, "Broadcom");
  EXPECT_TRUE(gpus[0].integrated);
}

TEST_F(GpuSysfs, SurvivesNonsenseInItsFiles) {
  const auto card = has_pci("0000:03:00.0", "30000", "1002:744C", "\033[31mamdgpu");
  has(card + "/mem_info_vram_total", "lots");
  has(card + "/mem_info_vram_used", "-1");
  has_pci("0000:04:00.0", "zzz", "1002:744C", "amdgpu");
  has_pci("0000:05:00.0", "30000", "1002", "amdgpu");
  has_pci("0000:06:00.0", "30000", "1002:", "amdgpu");
  has("/sys/bus/pci/devices/bad/uevent", "=\n==\nPCI_SLOT_NAME\n");
  has("/sys/class/drm/card/device/uevent", "DRIVER=v3d\n");
  const auto gpus = survey();
  ASSERT_EQ(gpus.size(), 1U);
  EXPECT_EQ(gpus[0].memory_total, std::nullopt);
  EXPECT_EQ(gpus[0].memory_free, std::nullopt);
  EXPECT_EQ(gpus[0].driver, "?[31mamdgpu");
}

TEST_F(GpuSysfs, DoesNotBelieveMoreMemoryUsedThanThereIs) {
  const auto card = has_pci("0000:03:00.0", "30000", "1002:744C", "amdgpu");
  has(card + "/mem_info_vram_total", "1000");
  has(card + "/mem_info_vram_used", "2000");
  EXPECT_EQ(survey().at(0).memory_free, std::nullopt);
}

TEST_F(GpuSysfs, PointsOutTheWindowsGpuBehindWsl) {
  has("/dev/dxg", "");
  const auto whole = survey_gpus({.root = directory_.path()});
  ASSERT_EQ(whole.troubles.size(), 1U);
  EXPECT_NE(whole.troubles[0].what.find("/dev/dxg"), std::string::npos);
  EXPECT_NE(whole.troubles[0].fix.find("/usr/lib/wsl/lib"), std::string::npos);
}

TEST_F(GpuSysfs, OfAnotherMachineIsNotMixedWithOurLibraries) {
  const auto whole = survey_gpus({.root = directory_.path(), .helper = {"/no/such/helper"}});
  EXPECT_TRUE(whole.troubles.empty()) << "the helper was run";
}

}  // namespace
}  // namespace tokcast
