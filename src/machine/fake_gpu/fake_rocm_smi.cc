// A fake librocm_smi64.so.7. TOKCAST_FAKE_ROCM_SMI is its play; without one, there is no amdgpu.
#include <cstdint>

#include "machine/fake_gpu/play.h"
#include "machine/rocm_smi_abi.h"

// NOLINTBEGIN(readability-identifier-naming): the names are ROCm SMI's
namespace {

using namespace tokcast::rocm_smi_abi;

std::string_view play() {
  return tokcast::fake_gpu::play("TOKCAST_FAKE_ROCM_SMI");
}

}  // namespace

extern "C" {

Status rsmi_init(std::uint64_t) {
  if (play() == "no-permission") return Status::kPermission;
  return play().empty() ? Status::kInitError : Status::kSuccess;
}

Status rsmi_status_string(Status, const char** text) {
  *text = "RSMI_STATUS_OF_A_FAKE";
  return Status::kSuccess;
}

Status rsmi_version_str_get(Component, char* text, std::uint32_t length) {
  tokcast::fake_gpu::write_text({text, length}, "6.8.5");
  return Status::kSuccess;
}

Status rsmi_num_monitor_devices(std::uint32_t* count) {
  *count = play() == "huge-count" ? ~0U : 1;
  return Status::kSuccess;
}

Status rsmi_dev_name_get(std::uint32_t, char* name, std::size_t length) {
  tokcast::fake_gpu::write_text({name, length},
                                play() == "unnamed" ? "0x744c" : "Navi 31 [Radeon RX 7900 XT/7900 XTX]");
  return Status::kSuccess;
}

Status rsmi_dev_pci_id_get(std::uint32_t, std::uint64_t* id) {
  *id = (0xfa4eULL << 32U) | (0x83U << 8U);
  return Status::kSuccess;
}

Status rsmi_dev_memory_total_get(std::uint32_t, MemoryType, std::uint64_t* total) {
  *total = 24ULL << 30U;
  return Status::kSuccess;
}

Status rsmi_dev_memory_usage_get(std::uint32_t, MemoryType, std::uint64_t* used) {
  *used = 1ULL << 30U;
  return Status::kSuccess;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
