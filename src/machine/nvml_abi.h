// The few declarations of NVML that we use, under our own names: NVIDIA's header is not free to ship.
//
// Layouts and numbers as in nvml.h of CUDA 11 to 13 (nvmlReturn_t, nvmlPciInfo_t, nvmlMemory_t). nvmlMemory_t
// and not its second version: that one only tells reserved memory apart, total and free are the same, and
// every driver has the first.
#ifndef TOKCAST_MACHINE_NVML_ABI_H_
#define TOKCAST_MACHINE_NVML_ABI_H_

#include <cstddef>

namespace tokcast::nvml_abi {

using Return = int;  // nvmlReturn_t, an enum
constexpr Return kSuccess = 0;
constexpr Return kNotSupported = 3;
constexpr Return kNoPermission = 4;
constexpr Return kDriverNotLoaded = 9;
constexpr Return kGpuIsLost = 15;
constexpr Return kVersionMismatch = 18;

using Device = struct OpaqueDevice*;  // nvmlDevice_t

constexpr unsigned kNameSize = 96;           // NVML_DEVICE_NAME_V2_BUFFER_SIZE
constexpr unsigned kDriverVersionSize = 80;  // NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE

struct PciInfo {  // nvmlPciInfo_t, as of nvmlDeviceGetPciInfo_v3
  char bus_id_legacy[16];
  unsigned domain;
  unsigned bus;
  unsigned device;
  unsigned pci_device_id;
  unsigned pci_subsystem_id;
  char bus_id[32];
};
static_assert(sizeof(PciInfo) == 68 && offsetof(PciInfo, bus_id) == 36);

struct Memory {  // nvmlMemory_t, bytes
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};
static_assert(sizeof(Memory) == 24);

}  // namespace tokcast::nvml_abi

#endif  // TOKCAST_MACHINE_NVML_ABI_H_
