// Vulkan: what every vendor's driver tells, and the only source where no vendor library is.
#include <fmt/format.h>
#include <vulkan/vulkan_core.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/text.h"
#include "machine/gpu_library.h"
#include "machine/pci.h"
#include "machine/shared_library.h"

namespace tokcast {
namespace {

struct Vulkan {
  VkInstance instance = nullptr;
  PFN_vkEnumeratePhysicalDevices devices = nullptr;
  PFN_vkEnumerateDeviceExtensionProperties extensions = nullptr;
  PFN_vkGetPhysicalDeviceProperties2 properties = nullptr;
  PFN_vkGetPhysicalDeviceMemoryProperties2 memory = nullptr;
};

Error refusal(VkResult result) {
  // What the loader says if there is no driver (VK_ERROR_INCOMPATIBLE_DRIVER).
  const bool no_driver = result == VK_ERROR_INCOMPATIBLE_DRIVER;
  return {no_driver ? ErrorKind::kNotFound : ErrorKind::kUnsupported,
          no_driver ? "libvulkan.so.1 has no driver"
                    : fmt::format("libvulkan.so.1 refused: VkResult {}", static_cast<int>(result)),
          "libvulkan.so.1"};
}

Result<VkInstance> make_instance(PFN_vkGetInstanceProcAddr find) {
  const auto create = reinterpret_cast<PFN_vkCreateInstance>(find(nullptr, "vkCreateInstance"));
  if (create == nullptr) return fail(ErrorKind::kUnsupported, "libvulkan.so.1 has no vkCreateInstance");
  const VkApplicationInfo application{.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                      .pApplicationName = "tokcast",
                                      .apiVersion = VK_API_VERSION_1_1};
  const VkInstanceCreateInfo info{.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                  .pApplicationInfo = &application};
  VkInstance instance = nullptr;
  const VkResult result = create(&info, nullptr, &instance);
  if (result != VK_SUCCESS) return std::unexpected(refusal(result));
  return instance;
}

Result<Vulkan> load() {
  auto library = SharedLibrary::open({"libvulkan.so.1"});
  if (!library) return std::unexpected(library.error());
  PFN_vkGetInstanceProcAddr find = nullptr;
  library->bind(find, "vkGetInstanceProcAddr");
  if (auto complete = library->check(); !complete) return std::unexpected(complete.error());
  const auto instance = make_instance(find);
  if (!instance) return std::unexpected(instance.error());
  const auto get = [&](const char* name) { return find(*instance, name); };
  const Vulkan vulkan{
      .instance = *instance,
      .devices = reinterpret_cast<PFN_vkEnumeratePhysicalDevices>(get("vkEnumeratePhysicalDevices")),
      .extensions = reinterpret_cast<PFN_vkEnumerateDeviceExtensionProperties>(
          get("vkEnumerateDeviceExtensionProperties")),
      .properties =
          reinterpret_cast<PFN_vkGetPhysicalDeviceProperties2>(get("vkGetPhysicalDeviceProperties2")),
      .memory = reinterpret_cast<PFN_vkGetPhysicalDeviceMemoryProperties2>(
          get("vkGetPhysicalDeviceMemoryProperties2"))};
  const bool complete = vulkan.devices && vulkan.extensions && vulkan.properties && vulkan.memory;
  if (!complete) return fail(ErrorKind::kNotFound, "libvulkan.so.1 is too old: it is not of Vulkan 1.1");
  return vulkan;
}

using Extensions = std::vector<VkExtensionProperties>;

Extensions extensions_of(const Vulkan& vulkan, VkPhysicalDevice device) {
  constexpr std::uint32_t kMost = 4096;
  std::uint32_t count = 0;
  if (vulkan.extensions(device, nullptr, &count, nullptr) != VK_SUCCESS || count > kMost) return {};
  Extensions extensions(count);
  if (vulkan.extensions(device, nullptr, &count, extensions.data()) < VK_SUCCESS) return {};
  extensions.resize(std::min<std::size_t>(count, extensions.size()));
  return extensions;
}

bool has(const Extensions& extensions, std::string_view name) {
  return std::ranges::any_of(extensions, [&](const VkExtensionProperties& extension) {
    return name == std::string_view(extension.extensionName,
                                    strnlen(extension.extensionName, VK_MAX_EXTENSION_NAME_SIZE));
  });
}

// Mesa's driver over Direct3D 12 (WSL) wraps the name: "Microsoft Direct3D12 (NVIDIA GeForce RTX 3080)".
std::optional<std::string> unwrap(std::optional<std::string> name) {
  constexpr std::string_view kWrapper = "Microsoft Direct3D12 (";
  const bool wrapped = name && name->starts_with(kWrapper) && name->ends_with(')');
  return wrapped ? name->substr(kWrapper.size(), name->size() - kWrapper.size() - 1) : name;
}

std::optional<std::string> driver_of(const VkPhysicalDeviceDriverProperties& driver) {
  const auto name = text_of(driver.driverName);
  const auto version = text_of(driver.driverInfo);
  return name && version ? *name + " " + *version : name;
}

// The heaps on the device, together. The budget is what this process may still take of a heap, its own use
// included: the nearest that Vulkan comes to free memory.
void add_memory(const Vulkan& vulkan, VkPhysicalDevice device, bool has_budget, GpuAnswer& gpu) {
  VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
  VkPhysicalDeviceMemoryProperties2 memory{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2,
                                           .pNext = has_budget ? &budget : nullptr};
  vulkan.memory(device, &memory);
  const auto& heaps = memory.memoryProperties;
  std::uint64_t total = 0;
  std::uint64_t free = 0;
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(heaps.memoryHeapCount, VK_MAX_MEMORY_HEAPS); ++i) {
    if ((heaps.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) == 0) continue;
    total += heaps.memoryHeaps[i].size;
    free += budget.heapBudget[i] - std::min(budget.heapBudget[i], budget.heapUsage[i]);
  }
  if (total == 0) return;
  gpu.memory_total = Bytes(total);
  if (has_budget) gpu.memory_free = Bytes(free);
}

// nullopt for what is no GPU: processors that draw (llvmpipe, SwiftShader) and virtual displays.
std::optional<GpuAnswer> describe(const Vulkan& vulkan, VkPhysicalDevice device) {
  const Extensions extensions = extensions_of(vulkan, device);
  VkPhysicalDevicePCIBusInfoPropertiesEXT pci{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT};
  const bool has_pci = has(extensions, VK_EXT_PCI_BUS_INFO_EXTENSION_NAME);
  VkPhysicalDeviceDriverProperties driver{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES,
                                          .pNext = has_pci ? &pci : nullptr};
  VkPhysicalDeviceProperties2 all{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &driver};
  vulkan.properties(device, &all);
  const VkPhysicalDeviceProperties& basic = all.properties;
  const bool integrated = basic.deviceType == VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU;
  if (!integrated && basic.deviceType != VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU) return std::nullopt;
  GpuAnswer gpu{.name = unwrap(text_of(basic.deviceName)),
                .vendor = gpu_vendor(basic.vendorID),
                .integrated = integrated,
                .driver = driver_of(driver)};
  if (has_pci)
    gpu.pci_address = format_pci_address(pci.pciDomain, pci.pciBus, pci.pciDevice, pci.pciFunction);
  // An integrated one's heaps are shares of the main memory.
  if (!integrated) add_memory(vulkan, device, has(extensions, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME), gpu);
  return gpu;
}

}  // namespace

Result<GpuAnswers> ask_vulkan() {
  const auto vulkan = load();
  if (!vulkan) return std::unexpected(vulkan.error());
  std::vector<VkPhysicalDevice> devices(kMostGpus);
  auto count = static_cast<std::uint32_t>(devices.size());
  const VkResult result = vulkan->devices(vulkan->instance, &count, devices.data());
  if (result < VK_SUCCESS) return std::unexpected(refusal(result));
  devices.resize(std::min<std::size_t>(count, devices.size()));
  GpuAnswers answers;
  for (VkPhysicalDevice device : devices) {
    if (auto gpu = describe(*vulkan, device)) answers.gpus.push_back(*std::move(gpu));
  }
  return answers;
}

}  // namespace tokcast
