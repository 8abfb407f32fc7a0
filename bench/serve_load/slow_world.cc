// Preloaded, it makes a machine whose disk takes half a second to flush or cut a file and whose name server
// takes five to answer.
#include <dlfcn.h>
#include <netdb.h>
#include <sys/types.h>
#include <unistd.h>

namespace {

constexpr unsigned kDiskMicroseconds = 500'000;
constexpr unsigned kNamesSeconds = 5;

template <typename Call>
Call* next(const char* name) {
  return reinterpret_cast<Call*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int fsync(int descriptor) {
  usleep(kDiskMicroseconds);
  return next<int(int)>("fsync")(descriptor);
}

extern "C" int fdatasync(int descriptor) {
  usleep(kDiskMicroseconds);
  return next<int(int)>("fdatasync")(descriptor);
}

extern "C" int ftruncate64(int descriptor, off64_t size) {
  usleep(kDiskMicroseconds);
  return next<int(int, off64_t)>("ftruncate64")(descriptor, size);
}

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** out) {
  sleep(kNamesSeconds);
  return next<int(const char*, const char*, const addrinfo*, addrinfo**)>("getaddrinfo")(node, service, hints,
                                                                                         out);
}
