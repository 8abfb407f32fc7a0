// Intel's Level Zero, by its system management functions: they need no context and tell the free memory.
#include <fmt/format.h>

#include <vector>

#include "machine/gpu_library.h"
#include "machine/level_zero_abi.h"
#include "machine/pci.h"
#include "machine/shared_library.h"

namespace tokcast {
namespace {

using namespace level_zero_abi;

struct LevelZero {
  Return (*init)(std::uint32_t) = nullptr;
  Return (*drivers)(std::uint32_t*, Driver*) = nullptr;
  Return (*devices)(Driver, std::uint32_t*, Device*) = nullptr;
  Return (*properties)(Device, DeviceProperties*) = nullptr;
  Return (*pci_properties)(Device, PciProperties*) = nullptr;
  Return (*memories)(Device, std::uint32_t*, Memory*) = nullptr;
  Return (*memory_state)(Memory, MemoryState*) = nullptr;
};

Result<LevelZero> load() {
  auto library = SharedLibrary::open({"libze_loader.so.1"});
  if (!library) return std::unexpected(library.error());
  LevelZero ze;
  library->bind(ze.init, "zesInit");
  library->bind(ze.drivers, "zesDriverGet");
  library->bind(ze.devices, "zesDeviceGet");
  library->bind(ze.properties, "zesDeviceGetProperties");
  library->bind(ze.pci_properties, "zesDevicePciGetProperties");
  library->bind(ze.memories, "zesDeviceEnumMemoryModules");
  library->bind(ze.memory_state, "zesMemoryGetState");
  if (auto complete = library->check(); !complete) return std::unexpected(complete.error());
  return ze;
}

Error refusal(Return code) {
  const bool no_driver = code == kUninitialized || code == kUnsupportedFeature;
  const std::string fix =
      code == kInsufficientPermissions ? "Add this user to the groups render and video." : std::string();
  return {
      no_driver ? ErrorKind::kNotFound : ErrorKind::kUnsupported,
      no_driver ? "libze_loader.so.1 has no driver" : fmt::format("libze_loader.so.1 refused: {:#x}", code),
      "libze_loader.so.1", fix};
}

// Level Zero's way to list: asked with a count of 0 it tells the count, asked again it fills the list.
template <typename Handle, typename List>
Result<std::vector<Handle>> handles(List list) {
  std::uint32_t count = 0;
  if (const Return code = list(&count, nullptr); code != kSuccess) return std::unexpected(refusal(code));
  if (count > kMostGpus) {
    return fail(ErrorKind::kUnsupported, fmt::format("libze_loader.so.1 claims {} devices", count));
  }
  std::vector<Handle> all(count);
  if (const Return code = list(&count, all.data()); code != kSuccess) return std::unexpected(refusal(code));
  if (count < all.size()) all.resize(count);
  return all;
}

// Sysman writes "unknown" where it knows nothing; which of the two has the name depends on its age.
std::optional<std::string> name_of(const DeviceProperties& properties) {
  for (const auto& text : {text_of(properties.core.name), text_of(properties.model_name)}) {
    if (text && *text != "unknown") return text;
  }
  return std::nullopt;
}

// One module a tile.
void add_memory(const LevelZero& ze, Device device, GpuAnswer& gpu) {
  const auto tiles =
      handles<Memory>([&](std::uint32_t* count, Memory* list) { return ze.memories(device, count, list); });
  if (!tiles) return;
  std::uint64_t total = 0;
  std::uint64_t free = 0;
  for (const Memory tile : *tiles) {
    MemoryState state;
    if (ze.memory_state(tile, &state) != kSuccess) return;
    total += state.size;
    free += state.free;
  }
  if (total == 0) return;
  gpu.memory_total = Bytes(total);
  gpu.memory_free = Bytes(free);
}

std::optional<GpuAnswer> describe(const LevelZero& ze, Device device) {
  DeviceProperties properties;
  if (ze.properties(device, &properties) != kSuccess || properties.core.type != kGpuType) return std::nullopt;
  GpuAnswer gpu{.name = name_of(properties),
                .vendor = gpu_vendor(properties.core.vendor_id).value_or("Intel"),
                .integrated = (properties.core.flags & kIntegratedFlag) != 0};
  PciProperties pci;
  if (ze.pci_properties(device, &pci) == kSuccess) {
    gpu.pci_address = format_pci_address(pci.domain, pci.bus, pci.device, pci.function);
  }
  if (!*gpu.integrated) add_memory(ze, device, gpu);  // an integrated one reports the main memory
  return gpu;
}

}  // namespace

Result<GpuAnswers> ask_level_zero() {
  const auto ze = load();
  if (!ze) return std::unexpected(ze.error());
  if (const Return code = ze->init(0); code != kSuccess) return std::unexpected(refusal(code));
  const auto drivers =
      handles<Driver>([&](std::uint32_t* count, Driver* list) { return ze->drivers(count, list); });
  if (!drivers) return std::unexpected(drivers.error());
  GpuAnswers answers;
  for (const Driver driver : *drivers) {
    const auto devices =
        handles<Device>([&](std::uint32_t* count, Device* list) { return ze->devices(driver, count, list); });
    if (!devices) return std::unexpected(devices.error());
    for (const Device device : *devices) {
      if (auto gpu = describe(*ze, device)) answers.gpus.push_back(*std::move(gpu));
    }
  }
  return answers;
}

}  // namespace tokcast
