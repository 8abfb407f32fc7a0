// Graphics processors, from every source that knows them, each asked in a child process that may be killed.
#ifndef TOKCAST_MACHINE_GPU_H_
#define TOKCAST_MACHINE_GPU_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"

namespace tokcast {

struct Gpu {
  std::string name;                          // "NVIDIA GeForce RTX 4090 Laptop GPU"; "unknown GPU"
  std::string vendor;                        // "NVIDIA", "AMD", "Intel", "Apple" ...; "unknown"
  std::optional<std::string> pci_address{};  // "0000:01:00.0": tells the sources' answers apart
  bool integrated = false;                   // shares the main memory; its memory is not counted again
  std::optional<Bytes> memory_total{};       // of its own; for integrated ones what the driver carved out
  std::optional<Bytes> memory_free{};
  std::optional<std::string> driver{};              // "NVIDIA 550.54.14", "amdgpu", "xe"
  std::optional<std::string> compute_capability{};  // NVIDIA: "9.0"
  std::vector<std::string> sources{};               // "nvml", "sysfs", "vulkan", "rocm-smi", "level-zero"
};

// A source that did not answer well: a finding for the user, never a failure of the probe.
struct GpuTrouble {
  std::string source;
  std::string what;  // "libnvidia-ml.so.1 did not answer within 3 s"
  std::string fix;   // "Check `nvidia-smi`; reload the driver or reboot."
};

struct GpuSurvey {
  std::vector<Gpu> gpus{};  // one entry a device, by PCI address, then name
  std::vector<GpuTrouble> troubles{};
};

struct GpuSurveyOptions {
  std::string root{};  // for sysfs and /proc; with a root other than "" no library is loaded
  // The command that runs ask_gpu_library in a process of its own; the library's name is appended. Empty:
  // libraries are not asked.
  std::vector<std::string> helper{};
  std::vector<std::pair<std::string, std::string>> helper_environment{};
  Seconds deadline{3};  // for each library; they are asked at the same time
};

// Never fails.
GpuSurvey survey_gpus(const GpuSurveyOptions& options);

// The libraries that ask_gpu_library knows: "nvml", "rocm-smi", "level-zero", "vulkan".
const std::vector<std::string>& gpu_libraries();

// Inside the helper process: loads the library and answers with JSON for the survey. May hang or crash, as
// drivers do. Errors: kUsage (unknown name), kNotFound (not installed), kUnsupported (it refused, and why).
Result<Json> ask_gpu_library(const std::string& library);

// The same as one line of JSON, errors included: all that the helper process prints. Its format is in
// machine/gpu_answer.h.
std::string gpu_library_answer(const std::string& library);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_GPU_H_
