// The drivers' own libraries: what they are called, what to do when they fail, and how each is asked.
//
// The ask_ functions load foreign code that may hang, crash or leak: they belong into a helper process
// (gpu_library_answer in machine/gpu.h) that ends after one answer, so nothing is ever unloaded or shut down.
#ifndef TOKCAST_MACHINE_GPU_LIBRARY_H_
#define TOKCAST_MACHINE_GPU_LIBRARY_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "machine/gpu_answer.h"

namespace tokcast {

struct GpuLibrary {
  std::string name;     // "nvml"
  std::string file;     // "libnvidia-ml.so.1"
  std::string vendor;   // whose devices it knows; empty: everybody's
  std::string check;    // what to do if it hangs, crashes or refuses
  std::string install;  // what to do if it is not there
  // Errors: kNotFound (not installed, or it has no driver or device to speak for), kUnsupported (it refuses).
  Result<GpuAnswers> (*ask)();
};

const std::vector<GpuLibrary>& gpu_library_table();

// nullptr if there is none of that name.
const GpuLibrary* find_gpu_library(std::string_view name);

// Each is in a file of its own, gpu_library_<name>.cc.
Result<GpuAnswers> ask_nvml();
Result<GpuAnswers> ask_rocm_smi();
Result<GpuAnswers> ask_level_zero();
Result<GpuAnswers> ask_vulkan();

// What a library wrote into a buffer: up to the first zero, which may be missing, as printable text; nullopt
// if that is empty.
std::optional<std::string> text_of(std::span<const char> buffer);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_GPU_LIBRARY_H_
