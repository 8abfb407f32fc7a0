// AMD's management library. It reads amdgpu's sysfs files too, but knows more names and every ROCm device.
#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "machine/gpu_library.h"
#include "machine/pci.h"
#include "machine/rocm_smi_abi.h"
#include "machine/shared_library.h"

namespace tokcast {
namespace {

using namespace rocm_smi_abi;

struct RocmSmi {
  Status (*init)(std::uint64_t) = nullptr;
  Status (*status_string)(Status, const char**) = nullptr;
  Status (*version)(Component, char*, std::uint32_t) = nullptr;
  Status (*device_count)(std::uint32_t*) = nullptr;
  Status (*name)(std::uint32_t, char*, std::size_t) = nullptr;
  Status (*pci_id)(std::uint32_t, std::uint64_t*) = nullptr;
  Status (*memory_total)(std::uint32_t, MemoryType, std::uint64_t*) = nullptr;
  Status (*memory_used)(std::uint32_t, MemoryType, std::uint64_t*) = nullptr;
};

Result<RocmSmi> load() {
  // Its version numbers, newest first (1 is Debian's); AMD's packages leave it outside the loader's path.
  auto library = SharedLibrary::open({"librocm_smi64.so.7", "librocm_smi64.so.6", "librocm_smi64.so.5",
                                      "librocm_smi64.so.1", "/opt/rocm/lib/librocm_smi64.so"});
  if (!library) return std::unexpected(library.error());
  RocmSmi smi;
  library->bind(smi.init, "rsmi_init");
  library->bind(smi.status_string, "rsmi_status_string");
  library->bind(smi.version, "rsmi_version_str_get");
  library->bind(smi.device_count, "rsmi_num_monitor_devices");
  library->bind(smi.name, "rsmi_dev_name_get");
  library->bind(smi.pci_id, "rsmi_dev_pci_id_get");
  library->bind(smi.memory_total, "rsmi_dev_memory_total_get");
  library->bind(smi.memory_used, "rsmi_dev_memory_usage_get");
  if (auto complete = library->check(); !complete) return std::unexpected(complete.error());
  return smi;
}

Error refusal(const RocmSmi& smi, Status status) {
  const char* text = nullptr;
  smi.status_string(status, &text);
  const std::string reason = text == nullptr ? fmt::format("error {}", static_cast<unsigned>(status)) : text;
  // rsmi_init fails so where there is no /sys/class/drm: no driver at all.
  const auto kind = status == Status::kInitError ? ErrorKind::kNotFound : ErrorKind::kUnsupported;
  const std::string fix =
      status == Status::kPermission ? "Add this user to the groups render and video." : std::string();
  return {kind, "librocm_smi64.so refused: " + printable(reason), "librocm_smi64.so", fix};
}

std::optional<std::string> driver_of(const RocmSmi& smi) {
  std::array<char, 128> version{};
  if (smi.version(Component::kDriver, version.data(), version.size()) != Status::kSuccess)
    return std::nullopt;
  const auto text = text_of(version);
  return text ? std::optional("amdgpu " + *text) : std::nullopt;
}

std::optional<std::string> name_of(const RocmSmi& smi, std::uint32_t index) {
  std::array<char, 256> buffer{};
  if (smi.name(index, buffer.data(), buffer.size()) != Status::kSuccess) return std::nullopt;
  const auto text = text_of(buffer);
  if (!text || text->starts_with("0x")) return std::nullopt;  // not in its pci.ids: the device number
  return gpu_product_name("AMD", *text);
}

// rsmi_dev_pci_id_get: domain in bits 63 to 32, bus 15 to 8, device 7 to 3, function 2 to 0.
std::optional<std::string> address_of(const RocmSmi& smi, std::uint32_t index) {
  std::uint64_t id = 0;
  if (smi.pci_id(index, &id) != Status::kSuccess) return std::nullopt;
  return format_pci_address(static_cast<std::uint32_t>(id >> 32U), (id >> 8U) & 0xffU, (id >> 3U) & 0x1fU,
                            id & 7U);
}

GpuAnswer describe(const RocmSmi& smi, std::uint32_t index) {
  GpuAnswer gpu{.name = name_of(smi, index),
                .vendor = "AMD",
                .pci_address = address_of(smi, index),
                .driver = driver_of(smi)};
  std::uint64_t total = 0;
  std::uint64_t used = 0;
  if (smi.memory_total(index, MemoryType::kVram, &total) != Status::kSuccess || total == 0) return gpu;
  gpu.memory_total = Bytes(total);
  const bool known = smi.memory_used(index, MemoryType::kVram, &used) == Status::kSuccess && used <= total;
  if (known) gpu.memory_free = Bytes(total - used);
  return gpu;
}

}  // namespace

Result<GpuAnswers> ask_rocm_smi() {
  const auto smi = load();
  if (!smi) return std::unexpected(smi.error());
  if (const Status status = smi->init(0); status != Status::kSuccess) {
    return std::unexpected(refusal(*smi, status));
  }
  std::uint32_t count = 0;
  if (const Status status = smi->device_count(&count); status != Status::kSuccess) {
    return std::unexpected(refusal(*smi, status));
  }
  if (count > kMostGpus) {
    return fail(ErrorKind::kUnsupported, fmt::format("librocm_smi64.so claims {} GPUs", count));
  }
  GpuAnswers answers;
  for (std::uint32_t index = 0; index < count; ++index) answers.gpus.push_back(describe(*smi, index));
  return answers;
}

}  // namespace tokcast
