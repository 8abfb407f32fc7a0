#include <algorithm>
#include <cmath>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "machine/cpuinfo.h"
#include "machine/facts_parts.h"
#include "machine/kernel_text.h"
#include "machine/logical_cpus.h"
#include "machine/topology.h"

namespace tokcast {
namespace {

// Kernels tell whole kilohertz; the digits beyond are of the arithmetic.
double in_whole_kilohertz(double megahertz) {
  return std::round(megahertz * 1000) / 1000;
}

std::optional<double> mean_megahertz(const std::vector<double>& all) {
  if (all.empty()) return std::nullopt;
  double sum = 0;
  for (const double megahertz : all) sum += megahertz;
  return in_whole_kilohertz(sum / static_cast<double>(all.size()));
}

// Of each processor that has this file with a frequency in it, `unit` of which are a megahertz.
std::vector<double> megahertz_of(const std::string& root, const std::vector<LogicalCpu>& cpus,
                                 const char* file, double unit = 1000) {
  std::vector<double> all;
  for (const LogicalCpu& cpu : cpus) {
    const auto number = read_number(cpu_folder(root, cpu.id) + file);
    if (number && *number > 0) all.push_back(static_cast<double>(*number) / unit);
  }
  return all;
}

std::optional<double> most(const std::vector<double>& numbers) {
  return numbers.empty() ? std::nullopt : std::optional(std::ranges::max(numbers));
}

// "Intel(R) Xeon(R) CPU E5-2660 v3 @ 2.60GHz".
std::optional<double> megahertz_in_name(std::string_view name) {
  const auto at = name.rfind("@ ");
  if (at == std::string_view::npos || !name.ends_with("GHz")) return std::nullopt;
  const auto gigahertz = parse_double(name.substr(at + 2, name.size() - at - 5));
  return gigahertz && *gigahertz > 0 ? std::optional(in_whole_kilohertz(*gigahertz * 1000)) : std::nullopt;
}

std::optional<double> base_megahertz(const std::string& root, const std::vector<LogicalCpu>& cpus,
                                     std::string_view name) {
  if (const auto intel = most(megahertz_of(root, cpus, "/cpufreq/base_frequency"))) return intel;
  if (const auto named = megahertz_in_name(name)) return named;
  return most(megahertz_of(root, cpus, "/acpi_cppc/nominal_freq", 1));
}

std::optional<double> current_megahertz(const std::string& root, const std::vector<LogicalCpu>& cpus,
                                        std::string_view cpuinfo) {
  std::vector<double> all;
  // x86 first: some kernels take 10 ms for each scaling_cur_freq there, and one such wait for all of cpuinfo.
  for (const std::string& text : find_fields(cpuinfo, "cpu MHz")) {
    const auto megahertz = parse_double(text);
    if (megahertz && *megahertz > 0) all.push_back(*megahertz);
  }
  return mean_megahertz(all.empty() ? megahertz_of(root, cpus, "/cpufreq/scaling_cur_freq") : all);
}

std::optional<std::string> read_word(const std::string& path) {
  const auto line = read_line(path);
  return line && !line->empty() ? std::optional(printable(*line)) : std::nullopt;
}

void read_frequencies(const std::string& root, const std::vector<LogicalCpu>& cpus, std::string_view cpuinfo,
                      CpuFacts& facts) {
  facts.base_megahertz = base_megahertz(root, cpus, facts.name);
  facts.most_megahertz = most(megahertz_of(root, cpus, "/cpufreq/cpuinfo_max_freq"));
  facts.current_megahertz = current_megahertz(root, cpus, cpuinfo);
  if (cpus.empty()) return;
  const std::string first = cpu_folder(root, cpus.front().id) + "/cpufreq";
  facts.governor = read_word(first + "/scaling_governor");
  facts.frequency_driver = read_word(first + "/scaling_driver");
}

void count_kinds_of_cores(const std::vector<LogicalCpu>& cpus, CpuFacts& facts) {
  std::vector<LogicalCpu> performance;
  std::vector<LogicalCpu> efficiency;
  for (const LogicalCpu& cpu : cpus) (cpu.efficiency ? efficiency : performance).push_back(cpu);
  if (performance.empty() || efficiency.empty()) return;
  facts.performance_cores = count_cores(performance);
  facts.efficiency_cores = count_cores(efficiency);
}

std::optional<std::uint32_t> count_packages(std::string_view cpuinfo) {
  const std::vector<std::string> ids = find_fields(cpuinfo, "physical id");
  const std::set<std::string> packages(ids.begin(), ids.end());
  return packages.empty() ? std::nullopt : std::optional(static_cast<std::uint32_t>(packages.size()));
}

// What /proc/cpuinfo tells must do where /sys does not tell.
void read_shape(const std::string& root, const std::vector<LogicalCpu>& cpus, std::string_view cpuinfo,
                CpuFacts& facts, UnknownFacts& unknown) {
  Result<Topology> topology = read_topology(root);
  const std::string reason =
      topology ? "the kernel does not tell" : reason_in_sys(root, topology.error().message);
  if (topology) {
    facts.caches = std::move(topology->caches);
    facts.numa_nodes = std::move(topology->numa_nodes);
  }
  facts.sockets = topology && topology->sockets ? topology->sockets : count_packages(cpuinfo);
  facts.cores = topology && topology->cores ? topology->cores : count_cores(cpus);
  if (!cpus.empty()) facts.logical_cpus = static_cast<std::uint32_t>(cpus.size());
  note_unless(facts.logical_cpus.has_value(), unknown, "cpu.logical_cpus", reason);
  note_unless(facts.sockets.has_value(), unknown, "cpu.sockets", reason);
  note_unless(facts.cores.has_value(), unknown, "cpu.cores", reason);
  note_unless(!facts.caches.empty(), unknown, "cpu.caches", reason);
  note_unless(!facts.numa_nodes.empty(), unknown, "cpu.numa_nodes", reason);
}

void note_unknown_identity(const CpuFacts& facts, bool has_cpuinfo, UnknownFacts& unknown) {
  const std::string reason = has_cpuinfo ? "/proc/cpuinfo does not tell" : "/proc/cpuinfo cannot be read";
  note_unless(facts.name != "unknown processor", unknown, "cpu.name", reason);
  note_unless(facts.vendor.has_value(), unknown, "cpu.vendor", reason);
  note_unless(facts.microarchitecture.has_value(), unknown, "cpu.microarchitecture",
              has_cpuinfo ? "its number is not in the tables, or that of a processor without its instructions"
                          : reason);
  note_unless(facts.architecture != "unknown", unknown, "cpu.isa", reason);  // empty may be the truth
}

void note_unknown_frequencies(const std::string& root, const CpuFacts& facts, UnknownFacts& unknown) {
  const std::string reason =
      facts.frequency_driver ? "its driver does not tell"
                             : reason_in_sys(root, "no driver for frequencies, as in most virtual machines");
  note_unless(facts.base_megahertz.has_value(), unknown, "cpu.base_megahertz", reason);
  note_unless(facts.most_megahertz.has_value(), unknown, "cpu.most_megahertz", reason);
  note_unless(facts.current_megahertz.has_value(), unknown, "cpu.current_megahertz", reason);
  note_unless(facts.governor.has_value(), unknown, "cpu.governor", reason);
  note_unless(facts.frequency_driver.has_value(), unknown, "cpu.frequency_driver", reason);
}

}  // namespace

CpuFacts read_cpu_facts(const std::string& root, UnknownFacts& unknown) {
  const std::string cpuinfo = read_line(root + "/proc/cpuinfo").value_or("");
  const std::vector<LogicalCpu> cpus = read_logical_cpus(root);
  CpuFacts facts = identify_processor(cpuinfo);
  note_unknown_identity(facts, !cpuinfo.empty(), unknown);
  if (auto architecture = read_word(root + "/proc/sys/kernel/arch"))
    facts.architecture = std::move(*architecture);
  note_unless(facts.architecture != "unknown", unknown, "cpu.architecture", "the kernel does not tell");
  read_shape(root, cpus, cpuinfo, facts, unknown);
  count_kinds_of_cores(cpus, facts);
  read_frequencies(root, cpus, cpuinfo, facts);
  note_unknown_frequencies(root, facts, unknown);
  return facts;
}

}  // namespace tokcast
