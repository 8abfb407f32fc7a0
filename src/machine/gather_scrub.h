// Takes out of gathered text what names a person, a machine, a container or a device of its own.
//
// Each name is replaced by the same placeholder ("anon1", "anon2" ...) wherever it occurs, so that what
// agreed before agrees afterwards: a control group in /proc/self/cgroup and its folder below /sys/fs/cgroup.
#ifndef TOKCAST_MACHINE_GATHER_SCRUB_H_
#define TOKCAST_MACHINE_GATHER_SCRUB_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace tokcast {

class Scrubber {
 public:
  // Mount points and control groups: every word that is not a well-known one is a name.
  // "/docker/4f0c2a…" becomes "/docker/anon1".
  std::string path(std::string_view path);

  // Text of the kernel: UUIDs, MAC addresses, 32 and more hexadecimal digits, and words with an @ are names.
  std::string text(std::string_view text);

  // The content of the file at `path`, by the rule for that file, then as text().
  std::string file(std::string_view path, std::string_view content);

 private:
  const std::string& placeholder(std::string_view name);
  std::string cgroups(std::string_view content);
  std::string container_variable(std::string_view content);
  std::string mounts(std::string_view content);
  std::string mount(std::string_view line);
  std::string mount_source(std::string_view source);
  std::string mount_options(std::string_view options);

  std::map<std::string, std::string, std::less<>> placeholders_;
};

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_GATHER_SCRUB_H_
