// hwloc reads a directory tree as if it were this machine's. It trusts that a kernel wrote it: a list like
// "3-1" ends the process in an assertion, a processor number like 4000000000 takes gigabytes. So the lists
// that it reads are checked first, and what no kernel writes does not reach it.
#include <fmt/format.h>
#include <hwloc.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "machine/kernel_text.h"
#include "machine/topology.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

using Variables = std::vector<std::pair<const char*, std::optional<std::string>>>;

// Sets variables of the environment, or removes those without a value, until it goes out of scope.
class Environment {
 public:
  explicit Environment(const Variables& wanted) {
    for (const auto& [name, value] : wanted) {
      const char* before = getenv(name);
      before_.emplace_back(name, before == nullptr ? std::nullopt : std::optional<std::string>(before));
      apply(name, value);
    }
  }
  ~Environment() {
    for (const auto& [name, value] : before_) apply(name, value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  static void apply(const char* name, const std::optional<std::string>& value) {
    if (value) setenv(name, value->c_str(), 1);
    if (!value) unsetenv(name);
  }

  Variables before_;
};

Variables hwloc_settings(const std::string& root) {
  return {
      // Neither the x86 component, which asks the processor that we run on, nor any other: what holds for a
      // fixture holds for the real machine.
      {"HWLOC_COMPONENTS", "linux,stop"},
      {"HWLOC_FSROOT", root.empty() ? std::nullopt : std::optional(root)},
      {"HWLOC_THISSYSTEM", root.empty() ? std::nullopt : std::optional<std::string>("0")},
      // Plugins load the drivers of graphics cards, which may hang.
      {"HWLOC_PLUGINS_PATH", ""},
      {"HWLOC_HIDE_ERRORS", "2"},
      {"HWLOC_XMLFILE", std::nullopt},
      {"HWLOC_SYNTHETIC", std::nullopt},
      {"HWLOC_DEBUG_CHECK", std::nullopt},
  };
}

struct Destroyer {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using TopologyPointer = std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, Destroyer>;

TopologyPointer load(const std::string& root) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  const Environment environment(hwloc_settings(root));
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return nullptr;
  TopologyPointer topology(raw);
  // The whole machine, also what a control group keeps from us; and nothing that is not asked for below.
  constexpr unsigned long kFlags = HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED | HWLOC_TOPOLOGY_FLAG_NO_DISTANCES |
                                   HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS | HWLOC_TOPOLOGY_FLAG_NO_CPUKINDS;
  if (hwloc_topology_set_flags(raw, kFlags) != 0 || hwloc_topology_load(raw) != 0) return nullptr;
  return topology;
}

// "cpu0", "node12": every entry of `folder` with this prefix and a digit has a number that kernels give.
bool has_sane_entries(const std::string& folder, std::string_view prefix) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    const std::string_view digits = std::string_view(name).substr(std::min(prefix.size(), name.size()));
    if (!name.starts_with(prefix) || digits.empty() || digits.find_first_of("0123456789") != 0) continue;
    const auto list = parse_cpu_list(digits);
    if (!list || list->size() != 1) return false;
  }
  return !error;
}

// hwloc reads lines up to 127 bytes, and at a processor without a number forgets to free those before it.
bool has_sane_processors(const std::string& root) {
  constexpr std::size_t kLongestLine = 127;
  const std::string cpuinfo = read_line(root + "/proc/cpuinfo").value_or("");
  return std::ranges::all_of(split(cpuinfo, '\n'), [](std::string_view line) {
    const auto number = find_field(line, "processor");
    if (!number) return true;
    const auto list = parse_cpu_list(*number);
    return line.size() < kLongestLine && list && list->size() == 1;
  });
}

bool is_absent_or_list(const std::string& path) {
  std::error_code error;
  return !fs::exists(path, error) || read_cpu_list(path).has_value();
}

// The processors online, if what hwloc reads is in order.
Result<std::vector<std::uint32_t>> check(const std::string& root) {
  const std::string cpus = root + "/sys/devices/system/cpu";
  const std::string nodes = root + "/sys/devices/system/node";
  std::error_code error;
  if (!fs::exists(cpus + "/online", error)) {
    return fail(ErrorKind::kNotFound, "the kernel's files on processors are not there", cpus);
  }
  auto online = read_cpu_list(cpus + "/online");
  if (!online || online->empty()) {
    return fail(ErrorKind::kBadInput, "the list of processors is out of order", cpus + "/online");
  }
  const std::string first = cpu_folder(root, online->front()) + "/topology";
  if (!fs::exists(first + "/core_cpus", error) && !fs::exists(first + "/thread_siblings", error)) {
    return fail(ErrorKind::kNotFound, "the kernel does not tell which processors share a core", first);
  }
  if (!has_sane_entries(cpus, "cpu") || !is_absent_or_list(root + "/sys/devices/cpu_atom/cpus") ||
      !is_absent_or_list(root + "/sys/devices/cpu_core/cpus")) {
    return fail(ErrorKind::kBadInput, "the numbers of processors are out of order", cpus);
  }
  if (!has_sane_processors(root)) {
    return fail(ErrorKind::kBadInput, "the numbers of processors are out of order", root + "/proc/cpuinfo");
  }
  const auto nodes_online = read_cpu_list(nodes + "/online");
  if (fs::exists(nodes, error) &&
      (!nodes_online || nodes_online->empty() || !has_sane_entries(nodes, "node"))) {
    return fail(ErrorKind::kBadInput, "the list of memory nodes is missing or out of order",
                nodes + "/online");
  }
  return std::move(*online);
}

std::optional<std::uint32_t> count(hwloc_topology_t topology, hwloc_obj_type_t type) {
  const int number = hwloc_get_nbobjs_by_type(topology, type);
  return number > 0 ? std::optional(static_cast<std::uint32_t>(number)) : std::nullopt;
}

std::vector<Cache> caches_of(hwloc_topology_t topology) {
  // By level and, descending, size.
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint32_t, std::greater<>> instances;
  for (const hwloc_obj_type_t type :
       {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L4CACHE}) {
    for (hwloc_obj_t cache = nullptr;
         (cache = hwloc_get_next_obj_by_type(topology, type, cache)) != nullptr;) {
      const auto& attributes = cache->attr->cache;
      if (attributes.size != 0)
        ++instances[{attributes.depth, attributes.size}];  // 0: the kernel does not tell
    }
  }
  std::vector<Cache> caches;
  for (const auto& [key, number] : instances) caches.push_back({key.first, Bytes(key.second), number});
  std::ranges::stable_sort(caches, {}, &Cache::level);
  return caches;
}

std::vector<std::uint32_t> members(hwloc_const_bitmap_t set) {
  std::vector<std::uint32_t> ids;
  if (set == nullptr || hwloc_bitmap_weight(set) < 0) return ids;  // negative: endless
  for (int id = hwloc_bitmap_first(set); id >= 0; id = hwloc_bitmap_next(set, id)) {
    ids.push_back(static_cast<std::uint32_t>(id));
  }
  return ids;
}

std::vector<NumaNode> nodes_of(const std::string& root, hwloc_topology_t topology) {
  std::vector<NumaNode> nodes;
  for (hwloc_obj_t node = nullptr;
       (node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node)) != nullptr;) {
    // To a node without processors hwloc gives the nearest ones; the kernel's own list is empty then.
    const auto own =
        read_cpu_list(fmt::format("{}/sys/devices/system/node/node{}/cpulist", root, node->os_index));
    NumaNode& added = nodes.emplace_back();
    added.id = node->os_index;
    added.cpus = own ? *own : members(node->cpuset);
    const std::uint64_t memory = node->attr->numanode.local_memory;
    if (memory != 0) added.memory = Bytes(memory);
  }
  std::ranges::sort(nodes, {}, &NumaNode::id);
  return nodes;
}

}  // namespace

Result<Topology> read_topology(const std::string& root) {
  const auto online = check(root);
  if (!online) return std::unexpected(online.error());
  const TopologyPointer topology = load(root);
  if (!topology)
    return fail(ErrorKind::kUnsupported, "hwloc cannot make sense of this machine", root + "/sys");
  if (count(topology.get(), HWLOC_OBJ_PU) != online->size()) {
    return fail(ErrorKind::kBadInput, "the kernel's files on processors contradict each other",
                root + "/sys/devices/system/cpu");
  }
  return Topology{.sockets = count(topology.get(), HWLOC_OBJ_PACKAGE),
                  .cores = count(topology.get(), HWLOC_OBJ_CORE),
                  .caches = caches_of(topology.get()),
                  .numa_nodes = nodes_of(root, topology.get())};
}

}  // namespace tokcast
