#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>

#include "base/file.h"
#include "base/text.h"
#include "machine/gpu_sysfs.h"
#include "machine/pci.h"

namespace tokcast {
namespace {

using Fields = std::map<std::string, std::string, std::less<>>;

// "KEY=value" or "Key:   value" a line.
Fields read_fields(const std::string& path, char separator) {
  const std::string text = read_line(path).value_or("");
  Fields fields;
  for (const std::string_view line : split(text, '\n')) {
    const auto at = line.find(separator);
    if (at != std::string_view::npos) fields.emplace(trim(line.substr(0, at)), trim(line.substr(at + 1)));
  }
  return fields;
}

std::optional<std::string> find(const Fields& fields, std::string_view key) {
  const auto found = fields.find(key);
  return found == fields.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  const std::filesystem::directory_iterator none;
  for (std::filesystem::directory_iterator entry(folder, error); !error && entry != none;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// All PCI devices, then all display devices: those of DRM drivers that are no PCI devices, and everything in
// a root that has only /sys/class/drm.
std::vector<std::string> device_folders(const std::string& root) {
  std::vector<std::string> folders;
  const std::string pci = root + "/sys/bus/pci/devices/";
  for (const std::string& name : names_in(pci)) folders.push_back(pci + name);
  const std::string drm = root + "/sys/class/drm/";
  for (const std::string& name : names_in(drm)) {
    const bool card = name.starts_with("card") && parse_uint(name.substr(4));  // not "card0-HDMI-A-1"
    if (card) folders.push_back(drm + name + "/device");
  }
  return folders;
}

struct PciDevice {
  std::string folder;
  std::string address;
  std::uint32_t vendor = 0;
  std::uint32_t product = 0;
  std::uint32_t base_class = 0;  // the highest of the class code's three bytes
  std::optional<std::string> driver{};
};

std::optional<PciDevice> as_pci_device(const std::string& folder, const Fields& uevent) {
  const auto address = normal_pci_address(find(uevent, "PCI_SLOT_NAME").value_or(""));
  const auto class_code = parse_hex(find(uevent, "PCI_CLASS").value_or(""));
  const std::string id = find(uevent, "PCI_ID").value_or("");  // "10DE:2684"
  const auto colon = id.find(':');
  if (!address || !class_code || colon == std::string::npos) return std::nullopt;
  const auto vendor = parse_hex(std::string_view(id).substr(0, colon));
  const auto product = parse_hex(std::string_view(id).substr(colon + 1));
  if (!vendor || !product) return std::nullopt;
  return PciDevice{folder, *address, *vendor, *product, *class_code >> 16U, find(uevent, "DRIVER")};
}

// ATI's old chips live on as displays of servers' management controllers.
bool is_management_chip(const PciDevice& device) {
  constexpr std::array<std::uint32_t, 3> kRageXlAndEs1000 = {0x4752, 0x515e, 0x5969};
  return device.vendor == kPciVendorAmd &&
         std::ranges::find(kRageXlAndEs1000, device.product) != kRageXlAndEs1000.end();
}

bool is_gpu(const PciDevice& device) {
  constexpr std::uint32_t kDisplay = 0x03;
  constexpr std::uint32_t kAccelerator = 0x12;  // AMD's Instinct MI300; others' are no GPUs (Intel's NPU)
  const bool right_class =
      device.base_class == kDisplay || (device.base_class == kAccelerator && device.vendor == kPciVendorAmd);
  const bool virtual_function = exists(device.folder + "/physfn");
  return right_class && gpu_vendor(device.vendor) && !virtual_function && !is_management_chip(device);
}

bool has_sensor(const PciDevice& device, const std::string& file) {
  const std::string folder = device.folder + "/hwmon/";
  return std::ranges::any_of(names_in(folder),
                             [&](const std::string& name) { return exists(folder + name + "/" + file); });
}

// amdgpu shows a north bridge voltage for APUs only and a memory clock for the others only
// (hwmon_attributes_visible in amdgpu_pm.c: "only APUs have vddnb", "no mclk on APUs"; MI300A counts as a
// card).
std::optional<bool> is_integrated_amd(const PciDevice& device) {
  if (has_sensor(device, "in1_label")) return true;
  if (has_sensor(device, "freq2_label")) return false;
  return std::nullopt;
}

std::optional<Bytes> read_bytes(const std::string& path) {
  const auto number = parse_uint(read_line(path).value_or(""));
  return number && *number > 0 ? std::optional(Bytes(*number)) : std::nullopt;
}

void add_amd(const PciDevice& device, GpuAnswer& gpu) {
  gpu.integrated = is_integrated_amd(device);
  gpu.memory_total = read_bytes(device.folder + "/mem_info_vram_total");
  const auto used = parse_uint(read_line(device.folder + "/mem_info_vram_used").value_or(""));
  const bool possible = gpu.memory_total && used && *used <= gpu.memory_total->value;
  if (possible) gpu.memory_free = Bytes(gpu.memory_total->value - *used);
}

// i915 and xe register sensors for cards only (i915_hwmon_register, xe_hwmon_register: "hwmon is available
// only for dGfx"); the processor's own graphics is always device 2 of the first bus. A card's memory is told
// by Intel's separately packaged i915 alone; the kernel's own i915 and xe leave it to ioctls and Vulkan.
void add_intel(const PciDevice& device, GpuAnswer& gpu) {
  if (device.address == "0000:00:02.0") gpu.integrated = true;
  for (const std::string& name : names_in(device.folder + "/drm")) {
    const std::string card = device.folder + "/drm/" + name;
    if (!gpu.memory_total) gpu.memory_total = read_bytes(card + "/lmem_total_bytes");
    if (!gpu.memory_free) gpu.memory_free = read_bytes(card + "/lmem_avail_bytes");
  }
  if (gpu.memory_total || has_sensor(device, "name")) gpu.integrated = false;
}

// "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024": the first word
// that is made of numbers and dots.
std::optional<std::string> nvidia_driver_version(const std::string& root) {
  const std::string text = read_line(root + "/proc/driver/nvidia/version").value_or("");
  for (const std::string_view word : split(split(text, '\n').front(), ' ')) {
    const bool version = word.find('.') != std::string_view::npos &&
                         word.find_first_not_of("0123456789.") == std::string_view::npos;
    if (version) return std::string(word);
  }
  return std::nullopt;
}

void add_nvidia(const PciDevice& device, const std::string& root, GpuAnswer& gpu) {
  if (device.driver != "nvidia") return;  // nouveau, vfio-pci
  const auto fields = read_fields(root + "/proc/driver/nvidia/gpus/" + device.address + "/information", ':');
  const auto model = find(fields, "Model");
  if (model && *model != "Unknown") gpu.name = printable(*model);
  if (const auto version = nvidia_driver_version(root)) gpu.driver = "NVIDIA " + *version;
}

GpuAnswer describe(const PciDevice& device, const std::string& root, std::string_view pci_ids) {
  const std::string vendor = gpu_vendor(device.vendor).value_or("unknown");
  const auto entry = find_pci_entry(pci_ids, device.vendor, device.product);
  GpuAnswer gpu{.name = entry ? gpu_product_name(vendor, *entry)
                              : fmt::format("{} device {:#06x}", vendor, device.product),
                .vendor = vendor,
                .pci_address = device.address};
  if (device.driver) gpu.driver = printable(*device.driver);
  if (device.vendor == kPciVendorAmd) add_amd(device, gpu);
  if (device.vendor == kPciVendorIntel) add_intel(device, gpu);
  if (device.vendor == kPciVendorNvidia) add_nvidia(device, root, gpu);
  return gpu;
}

// Graphics inside a system on a chip, known by the kernel driver alone.
std::optional<GpuAnswer> on_chip_gpu(const Fields& uevent) {
  constexpr std::array<std::array<const char*, 3>, 4> kDrivers = {
      {{"asahi", "Apple", "Apple GPU"},
       {"panfrost", "Arm", "Arm Mali GPU"},
       {"panthor", "Arm", "Arm Mali GPU"},
       {"v3d", "Broadcom", "Broadcom VideoCore GPU"}}};
  const auto driver = find(uevent, "DRIVER");
  for (const auto& [name, vendor, product] : kDrivers) {
    if (driver == name)
      return GpuAnswer{.name = product, .vendor = vendor, .integrated = true, .driver = driver};
  }
  return std::nullopt;
}

}  // namespace

std::vector<GpuAnswer> read_sysfs_gpus(const std::string& root) {
  const std::string pci_ids = read_pci_ids(root);
  std::vector<GpuAnswer> gpus;
  std::set<std::string> seen;
  for (const std::string& folder : device_folders(root)) {
    const Fields uevent = read_fields(folder + "/uevent", '=');
    const auto device = as_pci_device(folder, uevent);
    const bool new_gpu = device && is_gpu(*device) && seen.insert(device->address).second;
    if (new_gpu) gpus.push_back(describe(*device, root, pci_ids));
    if (device) continue;
    if (auto gpu = on_chip_gpu(uevent)) gpus.push_back(*std::move(gpu));
  }
  return gpus;
}

bool has_windows_gpu(const std::string& root) {
  return exists(root + "/dev/dxg");
}

}  // namespace tokcast
