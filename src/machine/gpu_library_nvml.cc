// NVIDIA's management library, libnvidia-ml.so.1. It comes with the driver and must be of its version.
#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "machine/gpu_library.h"
#include "machine/nvml_abi.h"
#include "machine/pci.h"
#include "machine/shared_library.h"

namespace tokcast {
namespace {

using namespace nvml_abi;

struct Nvml {
  Return (*init)() = nullptr;
  const char* (*error_string)(Return) = nullptr;
  Return (*driver_version)(char*, unsigned) = nullptr;
  Return (*device_count)(unsigned*) = nullptr;
  Return (*device_by_index)(unsigned, Device*) = nullptr;
  Return (*name)(Device, char*, unsigned) = nullptr;
  Return (*pci_info)(Device, PciInfo*) = nullptr;
  Return (*memory_info)(Device, Memory*) = nullptr;
  Return (*compute_capability)(Device, int*, int*) = nullptr;
};

Result<Nvml> load() {
  // WSL 2 keeps the Windows driver's libraries where not every distribution's loader looks.
  auto library = SharedLibrary::open({"libnvidia-ml.so.1", "/usr/lib/wsl/lib/libnvidia-ml.so.1"});
  if (!library) return std::unexpected(library.error());
  Nvml nvml;
  library->bind(nvml.init, "nvmlInit_v2");
  library->bind(nvml.error_string, "nvmlErrorString");
  library->bind(nvml.driver_version, "nvmlSystemGetDriverVersion");
  library->bind(nvml.device_count, "nvmlDeviceGetCount_v2");
  library->bind(nvml.device_by_index, "nvmlDeviceGetHandleByIndex_v2");
  library->bind(nvml.name, "nvmlDeviceGetName");
  library->bind(nvml.pci_info, "nvmlDeviceGetPciInfo_v3");
  library->bind(nvml.memory_info, "nvmlDeviceGetMemoryInfo");
  library->bind(nvml.compute_capability, "nvmlDeviceGetCudaComputeCapability");
  if (auto complete = library->check(); !complete) return std::unexpected(complete.error());
  return nvml;
}

std::string reason(const Nvml& nvml, Return code) {
  const char* text = nvml.error_string(code);
  return text == nullptr ? fmt::format("error {}", code) : printable(text);
}

std::string remedy(Return code) {
  switch (code) {
    case kDriverNotLoaded:
      return "Load the driver with `modprobe nvidia`, or install it for the kernel that runs.";
    case kVersionMismatch:
      return "The driver was updated while an older one is loaded: reboot, or reload the driver.";
    case kNoPermission:
      return "Let this user open /dev/nvidia*; start a container with the GPU passed to it.";
    case kGpuIsLost:
      return "The GPU fell off the bus: reboot; if it comes again, check its power and seat.";
    default:
      return "";
  }
}

Error refusal(const Nvml& nvml, Return code) {
  const auto kind = code == kDriverNotLoaded ? ErrorKind::kNotFound : ErrorKind::kUnsupported;
  return {kind, "libnvidia-ml.so.1 refused: " + reason(nvml, code), "libnvidia-ml.so.1", remedy(code)};
}

std::optional<std::string> driver_of(const Nvml& nvml) {
  std::array<char, kDriverVersionSize> version{};
  if (nvml.driver_version(version.data(), version.size()) != kSuccess) return std::nullopt;
  const auto text = text_of(version);
  return text ? std::optional("NVIDIA " + *text) : std::nullopt;
}

GpuAnswer describe(const Nvml& nvml, Device device) {
  GpuAnswer gpu{.vendor = "NVIDIA", .driver = driver_of(nvml)};
  std::array<char, kNameSize> name{};
  if (nvml.name(device, name.data(), name.size()) == kSuccess) gpu.name = text_of(name);
  PciInfo pci{};
  if (nvml.pci_info(device, &pci) == kSuccess) {
    gpu.pci_address = normal_pci_address(text_of(pci.bus_id).value_or(""));
  }
  Memory memory{};  // stays unknown where the GPU has none of its own (Tegra, GB10)
  if (nvml.memory_info(device, &memory) == kSuccess && memory.total > 0) {
    gpu.memory_total = Bytes(memory.total);
    gpu.memory_free = Bytes(memory.free);
  }
  int major = 0;
  int minor = 0;
  if (nvml.compute_capability(device, &major, &minor) == kSuccess) {
    gpu.compute_capability = fmt::format("{}.{}", major, minor);
  }
  return gpu;
}

}  // namespace

Result<GpuAnswers> ask_nvml() {
  const auto nvml = load();
  if (!nvml) return std::unexpected(nvml.error());
  if (const Return code = nvml->init(); code != kSuccess) return std::unexpected(refusal(*nvml, code));
  unsigned count = 0;
  if (const Return code = nvml->device_count(&count); code != kSuccess) {
    return std::unexpected(refusal(*nvml, code));
  }
  if (count > kMostGpus) {
    return fail(ErrorKind::kUnsupported, fmt::format("libnvidia-ml.so.1 claims {} GPUs", count));
  }
  GpuAnswers answers;
  for (unsigned index = 0; index < count; ++index) {
    Device device = nullptr;
    const Return code = nvml->device_by_index(index, &device);
    if (code == kSuccess) {
      answers.gpus.push_back(describe(*nvml, device));
    } else {
      answers.troubles.push_back({"nvml",
                                  fmt::format("NVIDIA GPU {} did not answer: {}", index, reason(*nvml, code)),
                                  remedy(code)});
    }
  }
  return answers;
}

}  // namespace tokcast
