// A fake libnvidia-ml.so.1. TOKCAST_FAKE_NVML is its play; without one, its driver is not loaded.
#include "machine/fake_gpu/play.h"
#include "machine/nvml_abi.h"

// NOLINTBEGIN(readability-identifier-naming): the names are NVML's
namespace {

using namespace tokcast::nvml_abi;

std::string_view play() {
  return tokcast::fake_gpu::play("TOKCAST_FAKE_NVML");
}

struct Card {
  const char* name;
  const char* bus_id;
  Memory memory;
  int major;
  int minor;
};

constexpr unsigned long long kGib = 1ULL << 30;
Card rtx_4090{"NVIDIA GeForce RTX 4090", "0000FA4E:01:00.0", {24 * kGib, 23 * kGib, kGib}, 8, 9};
Card rtx_3060{"NVIDIA GeForce RTX 3060", "0000FA4E:0A:00.0", {12 * kGib, 2 * kGib, 10 * kGib}, 8, 6};
Card laptop{"NVIDIA GeForce RTX 4090 Laptop GPU", "0000FA4E:01:00.0", {16 * kGib, 15 * kGib, kGib}, 8, 9};
Card absurd{"NVIDIA absurd", "0000FA4E:01:00.0", {~0ULL, 1, 1}, 8, 9};

Card* card_of(Device device) {
  return reinterpret_cast<Card*>(device);
}

}  // namespace

extern "C" {

Return nvmlInit_v2() {
  if (play().empty()) return kDriverNotLoaded;
  if (play() == "mismatch") return kVersionMismatch;
  if (play() == "no-permission") return kNoPermission;
  if (play() == "chatter-and-late-crash") {
    std::puts("NVRM: a driver that talks");
    std::atexit([] {
      std::fflush(stdout);
      std::abort();
    });
  }
  return kSuccess;
}

const char* nvmlErrorString(Return code) {
  switch (code) {
    case kDriverNotLoaded:
      return "Driver Not Loaded";
    case kVersionMismatch:
      return "Driver/library version mismatch";
    case kNoPermission:
      return "Insufficient Permissions";
    case kGpuIsLost:
      return "GPU is lost";
    default:
      return nullptr;
  }
}

Return nvmlSystemGetDriverVersion(char* version, unsigned length) {
  tokcast::fake_gpu::write_text({version, length}, "550.54.14");
  return kSuccess;
}

Return nvmlDeviceGetCount_v2(unsigned* count) {
  *count = play() == "huge-count" ? ~0U : play() == "two-cards" || play() == "lost-card" ? 2 : 1;
  return kSuccess;
}

Return nvmlDeviceGetHandleByIndex_v2(unsigned index, Device* device) {
  if (index == 1 && play() == "lost-card") return kGpuIsLost;
  Card* card = index == 1 ? &rtx_3060 : &rtx_4090;
  if (play() == "laptop") card = &laptop;
  if (play() == "absurd-numbers") card = &absurd;
  *device = reinterpret_cast<Device>(card);
  return kSuccess;
}

Return nvmlDeviceGetName(Device device, char* name, unsigned length) {
  if (play() == "garbage-text") {
    std::memset(name, 0xff, length);  // neither UTF-8 nor ended
    std::ranges::copy(std::string_view("\033[31mRTX"), name);
  } else {
    tokcast::fake_gpu::write_text({name, length}, card_of(device)->name);
  }
  return kSuccess;
}

Return nvmlDeviceGetPciInfo_v3(Device device, PciInfo* info) {
  if (play() == "garbage-text") {
    std::memset(info, 'Z', sizeof *info);
  } else {
    tokcast::fake_gpu::write_text(info->bus_id, card_of(device)->bus_id);
  }
  return kSuccess;
}

Return nvmlDeviceGetMemoryInfo(Device device, Memory* memory) {
  if (play() == "no-own-memory") return kNotSupported;
  *memory = card_of(device)->memory;
  return kSuccess;
}

Return nvmlDeviceGetCudaComputeCapability(Device device, int* major, int* minor) {
  *major = card_of(device)->major;
  *minor = card_of(device)->minor;
  return kSuccess;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
