// One list of graphics processors and of troubles from what all sources said. Pure: values in, values out.
//
// Several sources see the same device. Answers are joined by PCI address; where one has none, by name, or as
// the one integrated processor of a vendor. For each field the first source that knows it is believed, in the
// order NVML, ROCm SMI, Level Zero, sysfs, Vulkan: a vendor's own library knows its devices best, Vulkan's
// heaps are the driver's view of memory rather than the memory.
#ifndef TOKCAST_MACHINE_GPU_MERGE_H_
#define TOKCAST_MACHINE_GPU_MERGE_H_

#include <string>
#include <vector>

#include "base/result.h"
#include "machine/gpu.h"
#include "machine/gpu_answer.h"

namespace tokcast {

struct GpuSource {
  std::string name;  // "sysfs", or one of gpu_libraries()
  // kNotFound: it is not installed, or there is nothing that it could see. kInterrupted: we were stopped.
  Result<GpuAnswers> said{};
};

// `windows_gpu`: Windows offers its GPU to this Linux (WSL 2, machine/gpu_sysfs.h).
GpuSurvey merge_gpus(std::vector<GpuSource> sources, bool windows_gpu = false);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_GPU_MERGE_H_
