#include <dlfcn.h>

#include <string_view>
#include <utility>

#include "base/text.h"
#include "machine/shared_library.h"

namespace tokcast {
namespace {

// glibc says this of the file that it does not find: the library itself, or one that the library needs.
bool is_absent(std::string_view complaint, const std::string& file) {
  return complaint.starts_with(file + ": cannot open shared object file: No such file");
}

}  // namespace

Result<SharedLibrary> SharedLibrary::open(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    // RTLD_NOW: a symbol that is missing is an error here, not a crash at the first call.
    if (void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) return SharedLibrary(handle, file);
    const char* complaint = dlerror();
    if (complaint != nullptr && !is_absent(complaint, file)) {
      return fail(ErrorKind::kUnsupported, file + " does not load: " + printable(complaint), file,
                  "Reinstall the package that it is from.");
    }
  }
  return fail(ErrorKind::kNotFound, files.front() + " is not installed");
}

void* SharedLibrary::find(const char* name) {
  void* function = dlsym(handle_, name);
  if (function == nullptr) missing_ = name;
  return function;
}

Result<void> SharedLibrary::check() const {
  if (missing_.empty()) return {};
  return fail(ErrorKind::kNotFound, file_ + " is too old: it has no " + missing_, file_,
              "Update the package that it is from.");
}

}  // namespace tokcast
