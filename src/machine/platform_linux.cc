#include <algorithm>
#include <array>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "machine/facts_parts.h"
#include "machine/kernel_text.h"

namespace tokcast {
namespace {

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// One line of text for people; device trees end theirs with a NUL.
std::optional<std::string> read_text(const std::string& path) {
  const auto content = read_line(path);
  if (!content) return std::nullopt;
  const std::string_view text =
      trim(std::string_view(*content).substr(0, content->find_first_of(std::string_view("\0\n", 2))));
  return text.empty() ? std::nullopt : std::optional(printable(text));
}

// PRETTY_NAME="Debian GNU/Linux 12 (bookworm)" of os-release(5).
std::optional<std::string> read_distribution(const std::string& root) {
  constexpr std::string_view kKey = "PRETTY_NAME=";
  for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
    const std::string content = read_line(root + path).value_or("");
    for (std::string_view line : split(content, '\n')) {
      if (!line.starts_with(kKey)) continue;
      line = trim(line.substr(kKey.size()));
      if (line.size() >= 2 && line.front() == line.back() && (line.front() == '"' || line.front() == '\'')) {
        line = line.substr(1, line.size() - 2);
      }
      return printable(line);
    }
  }
  return std::nullopt;
}

struct Signature {
  std::string_view text;  // somewhere in the firmware's vendor or product
  std::string_view name;
};

// The texts are those of systemd 252, src/basic/virt.c, detect_vm_dmi_vendor(); names as in
// systemd-detect-virt(1), but "kvm" for the clouds that run on it.
constexpr auto kHypervisors = std::to_array<Signature>({{"KVM", "kvm"},
                                                        {"OpenStack", "kvm"},
                                                        {"KubeVirt", "kvm"},
                                                        {"Amazon EC2", "kvm"},
                                                        {"Google Compute Engine", "kvm"},
                                                        {"QEMU", "qemu"},
                                                        {"VMware", "vmware"},
                                                        {"VMW", "vmware"},
                                                        {"innotek GmbH", "oracle"},
                                                        {"VirtualBox", "oracle"},
                                                        {"Xen", "xen"},
                                                        {"HVM domU", "xen"},
                                                        {"Bochs", "bochs"},
                                                        {"Parallels", "parallels"},
                                                        {"BHYVE", "bhyve"},
                                                        {"Apple Virtualization", "apple"},
                                                        {"Virtual Machine", "microsoft"},
                                                        {"linux,dummy-virt", "qemu"},
                                                        {"linux,kvm", "kvm"}});

// What firmware, device tree and Xen say of the hypervisor.
std::optional<std::string> named_hypervisor(const std::string& root) {
  if (const auto type = read_text(root + "/sys/hypervisor/type")) return type;
  const std::string product = read_text(root + "/sys/class/dmi/id/product_name").value_or("");
  if (product.ends_with(".metal")) return std::nullopt;  // a cloud's machine without a hypervisor
  std::string texts = product;
  for (const char* path : {"/sys/class/dmi/id/sys_vendor", "/proc/device-tree/hypervisor/compatible",
                           "/proc/device-tree/compatible"}) {
    texts += '\n' + read_text(root + path).value_or("");
  }
  const auto found = std::ranges::find_if(
      kHypervisors, [&texts](const Signature& signature) { return texts.contains(signature.text); });
  return found == kHypervisors.end() ? std::nullopt : std::optional<std::string>(found->name);
}

// On x86 the processor itself tells whether there is one; elsewhere only firmware does.
std::optional<std::string> read_hypervisor(const std::string& root, bool wsl) {
  const auto flags = find_field(read_line(root + "/proc/cpuinfo").value_or(""), "flags");
  if (flags && std::ranges::count(words_of(*flags), "hypervisor") == 0) return std::nullopt;
  if (wsl) return "microsoft";
  auto named = named_hypervisor(root);
  return named || !flags ? named : "unknown";
}

// "container=lxc" among the variables that the first process was given; only root may read them.
std::optional<std::string> container_variable(const std::string& root) {
  constexpr std::string_view kKey = "container=";
  const std::string variables = read_line(root + "/proc/1/environ").value_or("");
  for (const std::string_view variable : split(variables, '\0')) {
    if (variable.starts_with(kKey) && variable.size() > kKey.size())
      return printable(variable.substr(kKey.size()));
  }
  return std::nullopt;
}

// By the names of control groups, which tell it with version 1 only: "11:cpu:/docker/4f0c..."
std::optional<std::string> container_of_groups(const std::string& root) {
  constexpr auto kNames = std::to_array<Signature>(
      {{"/kubepods", "kubernetes"}, {"/libpod", "podman"}, {"/docker", "docker"}, {"/lxc", "lxc"}});
  const std::string groups = read_line(root + "/proc/1/cgroup").value_or("");
  const auto found = std::ranges::find_if(
      kNames, [&groups](const Signature& signature) { return groups.contains(signature.text); });
  return found == kNames.end() ? std::nullopt : std::optional<std::string>(found->name);
}

// The most telling first: Kubernetes runs on top of one of the others.
std::optional<std::string> read_container(const std::string& root) {
  if (exists(root + "/run/secrets/kubernetes.io") || exists(root + "/var/run/secrets/kubernetes.io"))
    return "kubernetes";
  auto by_groups = container_of_groups(root);
  if (by_groups) return by_groups;
  if (exists(root + "/.dockerenv")) return "docker";
  if (exists(root + "/run/.containerenv")) return "podman";
  if (auto told = read_text(root + "/run/systemd/container")) return told;
  return container_variable(root);
}

// What assemblers leave in when they should not.
bool is_placeholder(std::string_view text) {
  constexpr auto kTexts = std::to_array<std::string_view>({"System Product Name", "To Be Filled By O.E.M.",
                                                           "To be filled by O.E.M.", "Default string",
                                                           "Not Specified", "None", "Not Applicable"});
  return std::ranges::find(kTexts, text) != kTexts.end();
}

std::optional<std::string> read_board(const std::string& root) {
  for (const char* path : {"/proc/device-tree/model", "/sys/firmware/devicetree/base/model",
                           "/sys/class/dmi/id/product_name", "/sys/class/dmi/id/board_name"}) {
    auto text = read_text(root + path);
    if (text && !is_placeholder(*text)) return text;
  }
  return std::nullopt;
}

}  // namespace

PlatformFacts read_platform_facts(const std::string& root, UnknownFacts& unknown) {
  PlatformFacts facts;
  facts.kernel = read_text(root + "/proc/sys/kernel/osrelease").value_or("");
  facts.distribution = read_distribution(root);
  facts.wsl = lower(facts.kernel).contains("microsoft");
  facts.hypervisor = read_hypervisor(root, facts.wsl);
  facts.container = read_container(root);
  facts.board = read_board(root);
  note_unless(!facts.kernel.empty(), unknown, "platform.kernel", "/proc/sys/kernel/osrelease cannot be read");
  note_unless(facts.distribution.has_value(), unknown, "platform.distribution", "os-release does not tell");
  note_unless(facts.board.has_value(), unknown, "platform.board",
              reason_in_sys(root, "neither device tree nor firmware tell"));
  return facts;
}

}  // namespace tokcast
