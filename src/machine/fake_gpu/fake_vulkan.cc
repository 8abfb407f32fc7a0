// A fake libvulkan.so.1. TOKCAST_FAKE_VULKAN is its play; without one, it has no driver.
#include <vulkan/vulkan_core.h>

#include <vector>

#include "machine/fake_gpu/play.h"

namespace {

using tokcast::fake_gpu::write_text;

std::string_view play() {
  return tokcast::fake_gpu::play("TOKCAST_FAKE_VULKAN");
}

struct Card {
  const char* name;
  std::uint32_t vendor;
  VkPhysicalDeviceType type;
  std::uint32_t bus;
  std::uint32_t slot;
  bool has_extensions;  // VK_EXT_pci_bus_info, VK_EXT_memory_budget
};

Card intel{
    "Intel(R) UHD Graphics 770 (ADL-S GT1)", 0x8086, VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU, 0, 2, true};
Card nvidia{"NVIDIA GeForce RTX 4090", 0x10de, VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, 1, 0, true};
Card radeon{
    "AMD Radeon RX 7900 XTX (RADV NAVI31)", 0x1002, VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, 0x83, 0, true};
Card software{"llvmpipe (LLVM 15.0.6, 256 bits)", 0x10005, VK_PHYSICAL_DEVICE_TYPE_CPU, 0, 0, false};
Card venus{"Virtio-GPU Venus (something)", 0x1af4, VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU, 0, 0, false};
Card windows{"Microsoft Direct3D12 (NVIDIA GeForce RTX 4090)",
             0x10de,
             VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU,
             0,
             0,
             false};

std::vector<Card*> cards() {
  if (play() == "hybrid") return {&intel, &nvidia, &software};
  if (play() == "radeon") return {&radeon};
  if (play() == "windows") return {&windows, &software};
  return {&software, &venus};
}

const Card& card_of(VkPhysicalDevice device) {
  return *reinterpret_cast<const Card*>(device);
}

// The structure of that type in a chain, or nullptr.
template <typename Structure>
Structure* in_chain(void* next, VkStructureType type) {
  for (auto* link = static_cast<VkBaseOutStructure*>(next); link != nullptr; link = link->pNext) {
    if (link->sType == type) return reinterpret_cast<Structure*>(link);
  }
  return nullptr;
}

VkResult create_instance(const VkInstanceCreateInfo*, const VkAllocationCallbacks*, VkInstance* instance) {
  static char something = 0;
  *instance = reinterpret_cast<VkInstance>(&something);
  return play().empty()        ? VK_ERROR_INCOMPATIBLE_DRIVER
         : play() == "refuses" ? VK_ERROR_INITIALIZATION_FAILED
                               : VK_SUCCESS;
}

VkResult enumerate_devices(VkInstance, std::uint32_t* count, VkPhysicalDevice* devices) {
  const auto all = cards();
  *count = std::min(*count, static_cast<std::uint32_t>(all.size()));
  for (std::uint32_t i = 0; i < *count; ++i) devices[i] = reinterpret_cast<VkPhysicalDevice>(all[i]);
  return *count < all.size() ? VK_INCOMPLETE : VK_SUCCESS;
}

VkResult enumerate_extensions(VkPhysicalDevice device, const char*, std::uint32_t* count,
                              VkExtensionProperties* extensions) {
  const std::uint32_t there = card_of(device).has_extensions ? 2 : 0;
  *count = extensions == nullptr ? there : std::min(*count, there);
  for (std::uint32_t i = 0; extensions != nullptr && i < *count; ++i) {
    write_text(extensions[i].extensionName,
               i == 0 ? VK_EXT_PCI_BUS_INFO_EXTENSION_NAME : VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  }
  return VK_SUCCESS;
}

void get_properties(VkPhysicalDevice device, VkPhysicalDeviceProperties2* all) {
  const Card& card = card_of(device);
  write_text(all->properties.deviceName, card.name);
  all->properties.vendorID = card.vendor;
  all->properties.deviceType = card.type;
  if (auto* driver = in_chain<VkPhysicalDeviceDriverProperties>(
          all->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES)) {
    write_text(driver->driverName, "fake");
    write_text(driver->driverInfo, "1.2.3");
  }
  if (auto* pci = in_chain<VkPhysicalDevicePCIBusInfoPropertiesEXT>(
          all->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT)) {
    pci->pciDomain = 0xfa4e;
    pci->pciBus = card.bus;
    pci->pciDevice = card.slot;
    pci->pciFunction = 0;
  }
}

// Two heaps on the device as a small PCI window makes them, one of main memory.
void get_memory(VkPhysicalDevice, VkPhysicalDeviceMemoryProperties2* all) {
  constexpr VkDeviceSize kGib = 1ULL << 30U;
  all->memoryProperties.memoryHeapCount = 3;
  all->memoryProperties.memoryHeaps[0] = {23 * kGib, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
  all->memoryProperties.memoryHeaps[1] = {64 * kGib, 0};
  all->memoryProperties.memoryHeaps[2] = {1 * kGib, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
  if (auto* budget = in_chain<VkPhysicalDeviceMemoryBudgetPropertiesEXT>(
          all->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT)) {
    budget->heapBudget[0] = 20 * kGib;
    budget->heapBudget[1] = 60 * kGib;
    budget->heapBudget[2] = kGib / 2;
    budget->heapUsage[2] = kGib;  // more than its share
  }
}

template <typename Function>
PFN_vkVoidFunction as_void(Function* function) {
  return reinterpret_cast<PFN_vkVoidFunction>(function);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name is Vulkan's
extern "C" PFN_vkVoidFunction vkGetInstanceProcAddr(VkInstance, const char* name) {
  const std::string_view wanted = name;
  if (wanted == "vkCreateInstance") return as_void(create_instance);
  if (wanted == "vkEnumeratePhysicalDevices") return as_void(enumerate_devices);
  if (wanted == "vkEnumerateDeviceExtensionProperties") return as_void(enumerate_extensions);
  if (wanted == "vkGetPhysicalDeviceProperties2") return as_void(get_properties);
  if (wanted == "vkGetPhysicalDeviceMemoryProperties2") return as_void(get_memory);
  return nullptr;
}
