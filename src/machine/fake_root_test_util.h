// A machine made of a few files below a temporary directory, for the tests of what reads them.
#ifndef TOKCAST_MACHINE_FAKE_ROOT_TEST_UTIL_H_
#define TOKCAST_MACHINE_FAKE_ROOT_TEST_UTIL_H_

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/temporary_directory_test_util.h"
#include "machine/facts_parts.h"
#include "machine/kernel_text.h"

namespace tokcast {

// The directory is gone when this is.
class FakeRoot {
 public:
  const std::string& path() const { return directory_.path(); }

  void has(std::string_view file, std::string_view content) const {
    write_text(path() + std::string(file), content);
  }

  // Where one logical processor lies, as sysfs tells it: its core, its package.
  struct Place {
    std::uint32_t cpu = 0;
    std::uint32_t first_sibling = 0;  // of its core
    std::uint32_t last_sibling = 0;   // the same for cores of one thread
    std::uint32_t core = 0;
    std::uint32_t package = 0;
    std::string package_mask;  // "ff": hexadecimal
  };

  void has_cpu(const Place& place) const {
    const std::string folder = cpu_folder("", place.cpu) + "/topology/";
    const std::uint64_t siblings = (1ULL << place.first_sibling) | (1ULL << place.last_sibling);
    const bool alone = place.first_sibling == place.last_sibling;
    const std::string list = alone ? fmt::format("{}", place.first_sibling)
                                   : fmt::format("{},{}", place.first_sibling, place.last_sibling);
    has(folder + "thread_siblings_list", list);
    for (const char* name : {"core_cpus", "thread_siblings"})
      has(folder + name, fmt::format("{:x}", siblings));
    for (const char* name : {"package_cpus", "core_siblings"}) has(folder + name, place.package_mask);
    has(folder + "core_id", fmt::format("{}", place.core));
    has(folder + "physical_package_id", fmt::format("{}", place.package));
  }

  struct CacheFiles {
    std::uint32_t cpu = 0;
    std::uint32_t index = 0;
    std::uint32_t level = 1;
    std::string type;  // "Data", "Instruction", "Unified"
    std::string size;  // "32K"
    std::string mask;  // of the processors that share it
  };

  void has_cache(const CacheFiles& cache) const {
    const std::string folder = fmt::format("{}/cache/index{}/", cpu_folder("", cache.cpu), cache.index);
    has(folder + "level", fmt::format("{}", cache.level));
    has(folder + "type", cache.type);
    has(folder + "size", cache.size);
    has(folder + "shared_cpu_map", cache.mask);
  }

  struct NodeFiles {
    std::uint32_t node = 0;
    std::string mask;  // of its processors
    std::string list;  // the same: "0-3"
    std::uint64_t kibibytes = 0;
  };

  void has_node(const NodeFiles& node) const {
    const std::string folder = fmt::format("/sys/devices/system/node/node{}/", node.node);
    has(folder + "cpumap", node.mask);
    has(folder + "cpulist", node.list + "\n");
    has(folder + "meminfo", fmt::format("Node {} MemTotal: {} kB\n", node.node, node.kibibytes));
  }

 private:
  TemporaryDirectory directory_;
};

// Why this fact is unknown; "" if it is not among them.
inline std::string reason_of(const UnknownFacts& unknown, std::string_view fact) {
  const auto found = std::ranges::find(unknown, fact, &UnknownFact::fact);
  return found == unknown.end() ? "" : found->reason;
}

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_FAKE_ROOT_TEST_UTIL_H_
