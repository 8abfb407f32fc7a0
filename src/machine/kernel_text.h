// The small text formats that files of /proc and /sys share.
//
// All take any bytes at all, in time linear in their size: such a file may come from another machine.
#ifndef TOKCAST_MACHINE_KERNEL_TEXT_H_
#define TOKCAST_MACHINE_KERNEL_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace tokcast {

// No kernel counts processors or memory nodes beyond this; a larger number is nonsense.
constexpr std::uint32_t kMostCpus = 65'536;

// The trimmed value behind "key<white space>:" (/proc/cpuinfo, /proc/meminfo): of the first such line.
std::optional<std::string> find_field(std::string_view text, std::string_view key);

// The same of every such line, in order.
std::vector<std::string> find_fields(std::string_view text, std::string_view key);

// "MemTotal:  16302832 kB".
std::optional<Bytes> find_kibibytes(std::string_view meminfo, std::string_view key);

// The words between blanks.
std::vector<std::string_view> words_of(std::string_view text);

// "0-3,8": ascending, as kernels write it. Empty for empty text; nullopt for anything else that is no such
// list.
std::optional<std::vector<std::uint32_t>> parse_cpu_list(std::string_view text);

// A file that holds one such list; nullopt if there is none that makes sense.
std::optional<std::vector<std::uint32_t>> read_cpu_list(const std::string& path);

// "32K", "25600K", "12M", "512".
std::optional<Bytes> parse_cache_size(std::string_view text);

// A file that holds one number.
std::optional<std::uint64_t> read_number(const std::string& path);

// "/sys/devices/system/cpu/cpu7" below `root`.
std::string cpu_folder(const std::string& root, std::uint32_t cpu);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_KERNEL_TEXT_H_
