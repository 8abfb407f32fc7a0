// A fake libze_loader.so.1. TOKCAST_FAKE_LEVEL_ZERO is its play; without one, it has no driver.
#include "machine/fake_gpu/play.h"
#include "machine/level_zero_abi.h"

// NOLINTBEGIN(readability-identifier-naming): the names are Level Zero's
namespace {

using namespace tokcast::level_zero_abi;

std::string_view play() {
  return tokcast::fake_gpu::play("TOKCAST_FAKE_LEVEL_ZERO");
}

// Lists `there` handles as Level Zero does: a count of 0 asks for the count.
template <typename Handle>
Return list(std::uint32_t there, std::uint32_t* count, Handle* handles) {
  *count = *count == 0 ? there : std::min(*count, there);
  static char something = 0;
  for (std::uint32_t i = 0; handles != nullptr && i < *count; ++i)
    handles[i] = reinterpret_cast<Handle>(&something);
  return kSuccess;
}

}  // namespace

extern "C" {

Return zesInit(std::uint32_t) {
  if (play() == "no-permission") return kInsufficientPermissions;
  return play().empty() ? kUninitialized : kSuccess;
}

Return zesDriverGet(std::uint32_t* count, Driver* drivers) {
  return list(1, count, drivers);
}

Return zesDeviceGet(Driver, std::uint32_t* count, Device* devices) {
  return list(play() == "huge-count" ? ~0U : 1, count, devices);
}

Return zesDeviceGetProperties(Device, DeviceProperties* properties) {
  properties->core.type = kGpuType;
  properties->core.vendor_id = 0x8086;
  if (play() == "integrated") {
    properties->core.flags = kIntegratedFlag;
    tokcast::fake_gpu::write_text(properties->core.name, "Intel(R) Iris(R) Xe Graphics");
  } else {
    tokcast::fake_gpu::write_text(properties->core.name, "unknown");
    tokcast::fake_gpu::write_text(properties->model_name, "Intel(R) Arc(TM) A770 Graphics");
  }
  return kSuccess;
}

Return zesDevicePciGetProperties(Device, PciProperties* properties) {
  properties->domain = 0xfa4e;
  properties->bus = play() == "integrated" ? 0 : 3;
  properties->device = play() == "integrated" ? 2 : 0;
  return kSuccess;
}

Return zesDeviceEnumMemoryModules(Device, std::uint32_t* count, Memory* memories) {
  return list(2, count, memories);
}

Return zesMemoryGetState(Memory, MemoryState* state) {
  state->size = 8ULL << 30U;
  state->free = 7ULL << 30U;
  return kSuccess;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
