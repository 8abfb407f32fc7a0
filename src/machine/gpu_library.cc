#include "machine/gpu_library.h"

#include <algorithm>

#include "base/text.h"
#include "machine/gpu.h"

namespace tokcast {

const std::vector<GpuLibrary>& gpu_library_table() {
  static const std::vector<GpuLibrary> table = {
      {.name = "nvml",
       .file = "libnvidia-ml.so.1",
       .vendor = "NVIDIA",
       .check = "Check `nvidia-smi`; reload the driver or reboot.",
       .install = "Install NVIDIA's driver, which brings libnvidia-ml.so.1.",
       .ask = ask_nvml},
      {.name = "rocm-smi",
       .file = "librocm_smi64.so",
       .vendor = "AMD",
       .check = "Check `rocm-smi` and what `dmesg` says of amdgpu; reload the driver or reboot.",
       .install = "Install a Vulkan driver (Mesa's RADV) or ROCm.",
       .ask = ask_rocm_smi},
      {.name = "level-zero",
       .file = "libze_loader.so.1",
       .vendor = "Intel",
       .check = "Check what `dmesg` says of xe and i915; update Intel's compute runtime or reboot.",
       .install = "Install a Vulkan driver (Mesa's ANV) or Intel's compute runtime with Level Zero.",
       .ask = ask_level_zero},
      {.name = "vulkan",
       .file = "libvulkan.so.1",
       .vendor = "",
       .check = "Check `vulkaninfo --summary`; update or remove the Vulkan driver that fails.",
       .install = "",
       .ask = ask_vulkan},
  };
  return table;
}

const GpuLibrary* find_gpu_library(std::string_view name) {
  const auto& table = gpu_library_table();
  const auto found = std::ranges::find(table, name, &GpuLibrary::name);
  return found == table.end() ? nullptr : &*found;
}

std::optional<std::string> text_of(std::span<const char> buffer) {
  const auto end = std::ranges::find(buffer, '\0');
  const std::string_view raw(buffer.data(), static_cast<std::size_t>(end - buffer.begin()));
  const std::string text = printable(trim(raw));
  return text.empty() ? std::nullopt : std::optional(text);
}

const std::vector<std::string>& gpu_libraries() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const GpuLibrary& library : gpu_library_table()) all.push_back(library.name);
    return all;
  }();
  return names;
}

Result<Json> ask_gpu_library(const std::string& name) {
  const GpuLibrary* library = find_gpu_library(name);
  if (library == nullptr) {
    return fail(ErrorKind::kUsage, "no GPU library is called '" + printable(name) + "'", printable(name),
                "Use one of nvml, rocm-smi, level-zero, vulkan.");
  }
  const auto answers = library->ask();
  if (!answers) return std::unexpected(answers.error());
  return gpu_answers_to_json(*answers);
}

std::string gpu_library_answer(const std::string& library) {
  const auto answer = ask_gpu_library(library);
  const Json document = answer ? *answer : gpu_error_to_json(answer.error());
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tokcast
