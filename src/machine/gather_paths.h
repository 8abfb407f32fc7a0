// The paths that gather may read: what the probe reads, and nothing else.
#ifndef TOKCAST_MACHINE_GATHER_PATHS_H_
#define TOKCAST_MACHINE_GATHER_PATHS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tokcast {

// Absolute paths in which components may hold a '*' (any name) or a '#' (any number): "cpu#" is cpu0, cpu12
// and not cpufreq. The important ones come first, for machines with more files than an archive may hold.
std::span<const std::string_view> gathered_paths();

// The same for every logical CPU, which may be many.
std::span<const std::string_view> gathered_cpu_paths();

// Below the folder of a device that may be a graphics processor.
std::span<const std::string_view> gathered_display_files();

// The files of a control group, of version 1 and 2.
std::span<const std::string_view> gathered_cgroup_files();

// Absolute, of plain names only: what an entry of an archive may be called.
bool is_normal_path(std::string_view path);

// Whether it can be told from the text alone that a link at `link` stays below the root: its target is "../"
// some times, then plain names. All links of /sys are such.
bool leads_inside(std::string_view link, std::string_view target);

// Every path below `root` that fits `pattern`, without the root, in natural order (cpu2 before cpu10).
std::vector<std::string> expand(const std::string& root, std::string_view pattern);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_GATHER_PATHS_H_
