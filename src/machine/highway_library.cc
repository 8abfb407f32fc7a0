// What Highway's headers ask of its library, which is loaded when a kernel is first run: what it does while
// it is loaded (it times the clock) would be a fifth of the time that every command takes to start.
#include <dlfcn.h>
#include <hwy/targets.h>

#include <cstdint>

namespace hwy {

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

// Without the library: what this file was compiled for, which every processor that runs it has.
std::int64_t SupportedTargets() {
  static const auto ask = [] {
    void* library = dlopen("libhwy.so.1", RTLD_NOW | RTLD_LOCAL);
    return library == nullptr
               ? nullptr
               : reinterpret_cast<std::int64_t (*)()>(dlsym(library, "_ZN3hwy16SupportedTargetsEv"));
  }();
  return ask == nullptr ? HWY_STATIC_TARGET : ask();
}

}  // namespace hwy
