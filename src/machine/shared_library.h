// A library of the system that is looked for at run time and may be missing.
#ifndef TOKCAST_MACHINE_SHARED_LIBRARY_H_
#define TOKCAST_MACHINE_SHARED_LIBRARY_H_

#include <string>
#include <vector>

#include "base/result.h"

namespace tokcast {

// Stays loaded until the process ends: graphics drivers are known to crash when they are unloaded.
class SharedLibrary {
 public:
  // The first of `files` that the dynamic loader finds. Errors: kNotFound (none is installed), kUnsupported
  // (one is, but does not load).
  static Result<SharedLibrary> open(const std::vector<std::string>& files);

  // Points `function` at the exported function `name`, or at nothing.
  template <typename Function>
  void bind(Function*& function, const char* name) {
    function = reinterpret_cast<Function*>(find(name));
  }

  // Errors: kNotFound, naming a function that bind() did not find: the library is of another age.
  Result<void> check() const;

 private:
  SharedLibrary(void* handle, std::string file) : handle_(handle), file_(std::move(file)) {}
  void* find(const char* name);

  void* handle_;
  std::string file_;
  std::string missing_{};
};

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_SHARED_LIBRARY_H_
