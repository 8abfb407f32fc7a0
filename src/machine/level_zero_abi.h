// The few declarations of Level Zero's system management ("Sysman") that we use, under our own names, so that
// it is not needed to build.
//
// Layouts and numbers as in ze_api.h and zes_api.h of the specification 1.5 to 1.15 (ze_device_properties_t,
// zes_device_properties_t, zes_pci_properties_t, zes_mem_state_t).
#ifndef TOKCAST_MACHINE_LEVEL_ZERO_ABI_H_
#define TOKCAST_MACHINE_LEVEL_ZERO_ABI_H_

#include <cstddef>
#include <cstdint>

namespace tokcast::level_zero_abi {

using Return = std::uint32_t;  // ze_result_t, an enum
constexpr Return kSuccess = 0;
constexpr Return kInsufficientPermissions = 0x70010000;
constexpr Return kUninitialized = 0x78000001;
constexpr Return kUnsupportedFeature = 0x78000003;

using Driver = struct OpaqueDriver*;  // zes_driver_handle_t
using Device = struct OpaqueDevice*;  // zes_device_handle_t
using Memory = struct OpaqueMemory*;  // zes_mem_handle_t

constexpr std::uint32_t kGpuType = 1;         // ZE_DEVICE_TYPE_GPU
constexpr std::uint32_t kIntegratedFlag = 1;  // ZE_DEVICE_PROPERTY_FLAG_INTEGRATED

// ze_device_properties_t, the part of DeviceProperties that is not Sysman's own.
struct CoreProperties {
  std::uint32_t structure_type = 0x3;  // ZE_STRUCTURE_TYPE_DEVICE_PROPERTIES
  void* next = nullptr;
  std::uint32_t type = 0;
  std::uint32_t vendor_id = 0;
  std::uint32_t device_id = 0;
  std::uint32_t flags = 0;
  std::uint32_t subdevice_id = 0;
  std::uint32_t core_clock_rate = 0;
  std::uint64_t max_mem_alloc_size = 0;
  std::uint32_t max_hardware_contexts = 0;
  std::uint32_t max_command_queue_priority = 0;
  std::uint32_t threads_per_eu = 0;
  std::uint32_t simd_width = 0;
  std::uint32_t eus_per_subslice = 0;
  std::uint32_t subslices_per_slice = 0;
  std::uint32_t slices = 0;
  std::uint64_t timer_resolution = 0;
  std::uint32_t timestamp_bits = 0;
  std::uint32_t kernel_timestamp_bits = 0;
  std::uint8_t uuid[16] = {};
  char name[256] = {};
};
static_assert(sizeof(CoreProperties) == 368 && offsetof(CoreProperties, name) == 112);

struct DeviceProperties {              // zes_device_properties_t
  std::uint32_t structure_type = 0x1;  // ZES_STRUCTURE_TYPE_DEVICE_PROPERTIES
  void* next = nullptr;
  CoreProperties core{};
  std::uint32_t subdevices = 0;
  char serial_number[64] = {};
  char board_number[64] = {};
  char brand_name[64] = {};
  char model_name[64] = {};
  char vendor_name[64] = {};
  char driver_version[64] = {};
};
static_assert(sizeof(DeviceProperties) == 776 && offsetof(DeviceProperties, model_name) == 580);

struct PciProperties {                 // zes_pci_properties_t
  std::uint32_t structure_type = 0x2;  // ZES_STRUCTURE_TYPE_PCI_PROPERTIES
  void* next = nullptr;
  std::uint32_t domain = 0;
  std::uint32_t bus = 0;
  std::uint32_t device = 0;
  std::uint32_t function = 0;
  std::int32_t speed_generation = 0;
  std::int32_t speed_width = 0;
  std::int64_t speed_bandwidth = 0;
  std::uint8_t has_bandwidth_counters = 0;
  std::uint8_t has_packet_counters = 0;
  std::uint8_t has_replay_counters = 0;
};
static_assert(sizeof(PciProperties) == 56 && offsetof(PciProperties, speed_bandwidth) == 40);

struct MemoryState {                    // zes_mem_state_t
  std::uint32_t structure_type = 0x1e;  // ZES_STRUCTURE_TYPE_MEM_STATE
  const void* next = nullptr;
  std::uint32_t health = 0;
  std::uint64_t free = 0;  // bytes
  std::uint64_t size = 0;  // bytes
};
static_assert(sizeof(MemoryState) == 40);

}  // namespace tokcast::level_zero_abi

#endif  // TOKCAST_MACHINE_LEVEL_ZERO_ABI_H_
