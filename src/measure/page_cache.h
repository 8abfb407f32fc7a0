// A file out of the page cache, so that loading it is as slow as after a start of the machine.
#ifndef TOKCAST_MEASURE_PAGE_CACHE_H_
#define TOKCAST_MEASURE_PAGE_CACHE_H_

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace tokcast {

// Asks the kernel to forget what it holds of these files, after writing out what is not on the disk yet. What
// another process has mapped stays, and a file system in memory keeps everything: the return value is the
// share of the bytes that are still in memory, 0 to 1; nullopt if that cannot be told. Errors: kNotFound,
// kIo (a file cannot be opened).
Result<std::optional<double>> drop_from_page_cache(const std::vector<std::string>& paths);

}  // namespace tokcast

#endif  // TOKCAST_MEASURE_PAGE_CACHE_H_
