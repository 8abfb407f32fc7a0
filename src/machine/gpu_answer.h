// What one source says about graphics processors, and how a helper process writes it down.
//
//   {"gpus": [{"name": "NVIDIA H200", "vendor": "NVIDIA", "pci_address": "0000:01:00.0", "integrated": false,
//              "memory_total_bytes": 150754820096, "memory_free_bytes": 150000000000,
//              "driver": "NVIDIA 570.86.15", "compute_capability": "9.0"}],
//    "troubles": [{"what": "GPU 1 did not answer: GPU is lost", "fix": "Reboot."}]}
//   {"error": {"code": "not-found", "message": "libnvidia-ml.so.1 is not installed", "fix": ""}}
//
// What is unknown is left out.
#ifndef TOKCAST_MACHINE_GPU_ANSWER_H_
#define TOKCAST_MACHINE_GPU_ANSWER_H_

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"
#include "machine/gpu.h"

namespace tokcast {

// A Gpu as one source sees it: each field may be unknown.
struct GpuAnswer {
  std::optional<std::string> name{};
  std::optional<std::string> vendor{};
  std::optional<std::string> pci_address{};  // normal_pci_address (machine/pci.h)
  std::optional<bool> integrated{};
  std::optional<Bytes> memory_total{};
  std::optional<Bytes> memory_free{};
  std::optional<std::string> driver{};
  std::optional<std::string> compute_capability{};
};

struct GpuAnswers {
  std::vector<GpuAnswer> gpus{};
  std::vector<GpuTrouble> troubles{};  // single devices that could not be asked
};

// A source that claims more devices than this talks nonsense.
constexpr std::size_t kMostGpus = 64;

Json gpu_answers_to_json(const GpuAnswers& answers);
Json gpu_error_to_json(const Error& error);

// Reads either document. Errors: kNotFound if the document says so; kUnsupported for every other error that
// it tells; kBadInput if it is neither document, or has a field of another kind, or an impossible number.
Result<GpuAnswers> gpu_answers_from_json(const Json& document, const std::string& source);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_GPU_ANSWER_H_
