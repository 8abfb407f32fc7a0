// The few declarations of ROCm SMI that we use, under our own names, so that it is not needed to build.
//
// As in rocm_smi/rocm_smi.h of ROCm 5 to 7 (rsmi_status_t, rsmi_memory_type_t, rsmi_sw_component_t).
#ifndef TOKCAST_MACHINE_ROCM_SMI_ABI_H_
#define TOKCAST_MACHINE_ROCM_SMI_ABI_H_

namespace tokcast::rocm_smi_abi {

enum class Status : unsigned { kSuccess = 0, kPermission = 4, kInitError = 8 };
enum class MemoryType : unsigned { kVram = 0 };
enum class Component : unsigned { kDriver = 0 };

}  // namespace tokcast::rocm_smi_abi

#endif  // TOKCAST_MACHINE_ROCM_SMI_ABI_H_
