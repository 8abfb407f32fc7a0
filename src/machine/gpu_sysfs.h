// Graphics processors as the kernel shows them: the source that is always there, and asks no driver's
// library.
//
// Read below `root`: /sys/bus/pci/devices/*/uevent and /sys/class/drm/card*/device/uevent (which devices
// there are, and their drivers); mem_info_vram_total, mem_info_vram_used, drm/card*/lmem_total_bytes,
// lmem_avail_bytes and hwmon/*/ beside them (AMD, Intel); /proc/driver/nvidia/version and gpus/*/information
// (NVIDIA; holds the GPU's UUID, which is not read out); pci.ids in /usr/share/misc or /usr/share/hwdata
// (names); /dev/dxg (WSL).
#ifndef TOKCAST_MACHINE_GPU_SYSFS_H_
#define TOKCAST_MACHINE_GPU_SYSFS_H_

#include <string>
#include <vector>

#include "machine/gpu_answer.h"

namespace tokcast {

// Left out: virtual displays, remote-management chips, and the virtual functions of a GPU that is itself
// here. Never fails; empty if nothing can be read.
std::vector<GpuAnswer> read_sysfs_gpus(const std::string& root);

// Whether this is WSL 2 with a GPU of Windows behind /dev/dxg: such a GPU has no entry in sysfs.
bool has_windows_gpu(const std::string& root);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_GPU_SYSFS_H_
