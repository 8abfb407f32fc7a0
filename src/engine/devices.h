// What the engine itself can compute on: its devices and its processor back end, as it lists them.
#ifndef TOKCAST_ENGINE_DEVICES_H_
#define TOKCAST_ENGINE_DEVICES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "engine/engine.h"

namespace tokcast {

struct EngineDevice {
  std::string name;         // "CUDA0", "Vulkan1"
  std::string description;  // "NVIDIA GeForce RTX 4090"
  std::optional<Bytes> memory_total{};
  std::optional<Bytes> memory_free{};
};

struct EngineDevices {
  std::vector<EngineDevice> devices{};  // graphics processors and the like; the processor is not among them
  // ggml's name of the processor back end that it chose ("haswell"); nullopt: built in, or it did not say.
  std::optional<std::string> cpu_variant{};
};

// Runs `llama-bench --list-devices`; 10 s at most. Errors: kUnsupported (this build cannot list),
// kEngineFailed, kInterrupted.
Result<EngineDevices> list_devices(const Engine& engine);

// Its output: standard output names the devices, standard error the back ends loaded.
// Errors: kEngineFailed if there is no list in it.
Result<EngineDevices> parse_devices(std::string_view standard_output, std::string_view standard_error);

}  // namespace tokcast

#endif  // TOKCAST_ENGINE_DEVICES_H_
