// Packages from Debian's newest suite, fetched by the system's own apt with a private state.
//
// apt brings the mirror, the proxies and the signature check; its own lists, cache and package database stay
// as they are, and none of its hooks runs.
#ifndef TOKCAST_ENGINE_APT_FETCH_H_
#define TOKCAST_ENGINE_APT_FETCH_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/child.h"
#include "base/result.h"
#include "base/units.h"

namespace tokcast {

// Runs a packaging tool in the C locale. Errors: kUnsupported (no such program, with the alternatives to
// installing), kIo, kInterrupted. How it ended is for the caller.
Result<ChildResult> run_packaging_tool(std::vector<std::string> arguments, Seconds deadline);

// Why such a tool failed, by its own last words: kDiskFull, kChecksum (apt does not trust what it got), else
// `kind`.
Error packaging_error(ErrorKind kind, std::string_view what, const ChildResult& result, std::string place,
                      std::string fix);

// The kUnsupported error: `why`, and every other way to an engine as its fix.
std::unexpected<Error> no_install_here(const std::string& why, std::string place = {});

// The address of a Debian mirror that the system's apt uses: as listed by `apt-get indextargets`, else, when
// no list was ever fetched, from `apt-get update --print-uris`. Errors: kUnsupported (none), kInterrupted.
Result<std::string> debian_mirror();

// Downloads llama.cpp of `suite` and all it needs, its C library included, and returns the archives.
// Everything is written below `work_directory`, which must exist. Errors: as install_engine.
Result<std::vector<std::string>> fetch_packages(const std::string& mirror, const std::string& suite,
                                                const std::string& work_directory);

}  // namespace tokcast

#endif  // TOKCAST_ENGINE_APT_FETCH_H_
