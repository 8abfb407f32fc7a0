#include "cli/probe_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "cli/table.h"

namespace tokcast {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kUnknown = "not known";

template <typename T>
std::string or_unknown(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : std::string(kUnknown);
}

std::string bytes_or_unknown(const std::optional<Bytes>& value) {
  return value ? format_bytes(*value) : std::string(kUnknown);
}

std::string counted(std::uint32_t number, std::string_view thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

std::string giga(double rate, std::string_view unit) {
  return fmt::format("{:.{}f} {}", rate / 1e9, rate < 99.5e9 ? 1 : 0, unit);
}

std::string spread(const Rate& rate) {
  const double half = rate.median > 0 ? 50 * (rate.high - rate.low) / rate.median : 0;
  return fmt::format("±{:.0f} %", half);
}

std::string cores_in_words(const CpuFacts& cpu) {
  std::vector<std::string> parts;
  if (cpu.sockets && *cpu.sockets > 1) parts.push_back(counted(*cpu.sockets, "socket"));
  if (cpu.performance_cores && cpu.efficiency_cores) {
    parts.push_back(
        fmt::format("{} performance and {} efficiency cores", *cpu.performance_cores, *cpu.efficiency_cores));
  } else if (cpu.cores) {
    parts.push_back(counted(*cpu.cores, "core"));
  }
  if (cpu.logical_cpus && cpu.logical_cpus != cpu.cores)
    parts.push_back(counted(*cpu.logical_cpus, "thread"));
  return parts.empty() ? "cores not known" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string caches_in_words(const CpuFacts& cpu) {
  std::vector<std::string> parts;
  for (const Cache& cache : cpu.caches) {
    parts.push_back(fmt::format("L{} {}{}", cache.level,
                                cache.instances > 1 ? fmt::format("{} × ", cache.instances) : "",
                                format_bytes(cache.size)));
  }
  return parts.empty() ? std::string(kUnknown) : fmt::format("{}", fmt::join(parts, ", "));
}

std::string clock_in_words(const CpuFacts& cpu) {
  std::string out;
  if (cpu.most_megahertz) out = fmt::format("up to {:.0f} MHz", *cpu.most_megahertz);
  if (cpu.current_megahertz) {
    out += fmt::format("{}{:.0f} MHz now", out.empty() ? "" : ", ", *cpu.current_megahertz);
  }
  if (cpu.governor) out += fmt::format(", governor {}", printable(*cpu.governor));
  return out.empty() ? std::string(kUnknown) : out;
}

std::string modules_in_words(const MemoryFacts& memory) {
  const MemoryModule& first = memory.modules.front();
  std::string out = fmt::format("{} × {}", memory.modules.size(), format_bytes(first.size));
  if (first.type) out += " " + printable(*first.type);
  if (first.megatransfers) out += fmt::format("-{}", *first.megatransfers);
  return out;
}

std::string memory_in_words(const MemoryFacts& memory) {
  std::string out =
      fmt::format("{}, {} available", bytes_or_unknown(memory.total), bytes_or_unknown(memory.available));
  if (!memory.modules.empty()) out += "; " + modules_in_words(memory);
  if (memory.swap_used && memory.swap_used->value > 0) out += "; swapped " + format_bytes(*memory.swap_used);
  return out;
}

std::string platform_in_words(const PlatformFacts& platform) {
  std::vector<std::string> parts;
  if (platform.distribution) parts.push_back(printable(*platform.distribution));
  if (!platform.kernel.empty()) parts.push_back("kernel " + printable(platform.kernel));
  if (platform.wsl) parts.emplace_back("WSL");
  if (platform.hypervisor) {
    parts.push_back(*platform.hypervisor == "unknown" ? "a virtual machine"
                                                      : "a guest of " + printable(*platform.hypervisor));
  }
  if (platform.container) parts.push_back("in a container (" + printable(*platform.container) + ")");
  if (platform.board) parts.push_back(printable(*platform.board));
  return parts.empty() ? std::string(kUnknown) : fmt::format("{}", fmt::join(parts, ", "));
}

std::string limits_in_words(const Machine& limits) {
  const auto memory = limits.memory_limit();
  return fmt::format("{} ({}); {}", counted(limits.usable_threads(), "thread"), limits.threads_from,
                     memory ? fmt::format("{} of memory ({})", format_bytes(memory->bytes), memory->from)
                            : std::string("memory not known"));
}

std::string card_in_words(const Gpu& gpu) {
  std::string out = printable(gpu.name);
  if (gpu.integrated) out += ", integrated: shares the main memory";
  if (!gpu.integrated && gpu.memory_total) {
    out += fmt::format(", {}", format_bytes(*gpu.memory_total));
    if (gpu.memory_free) out += fmt::format(", {} free", format_bytes(*gpu.memory_free));
  }
  if (gpu.driver) out += ", " + printable(*gpu.driver);
  return out;
}

std::string disk_in_words(const DiskFacts& disk) {
  std::string out = fmt::format("{} free in {}", bytes_or_unknown(disk.free), printable(disk.path));
  if (disk.kind) out += ", " + printable(*disk.kind);
  if (disk.read_rate) out += fmt::format(", reads {}", giga(disk.read_rate->value, "GB/s"));
  return out;
}

void add_bandwidth(Lines& lines, const Rates& rates) {
  for (const BandwidthRate& rate : rates.bandwidth) {
    const std::string node = rate.numa_node ? fmt::format(", node {}", *rate.numa_node) : "";
    lines.emplace_back(&rate == &rates.bandwidth.front() ? "Reads memory at" : "",
                       fmt::format("{} {} with {}{}", giga(rate.bytes_per_second.median, "GB/s"),
                                   spread(rate.bytes_per_second), counted(rate.threads, "thread"), node));
  }
}

// The best path of each type with all threads; the rest is in the JSON.
void add_dot(Lines& lines, const Rates& rates) {
  bool first = true;
  for (const char* type : {"int8", "bf16", "fp16", "fp32"}) {
    const auto best = best_dot(rates, type);
    if (!best) continue;
    lines.emplace_back(
        first ? "Multiplies at" : "",
        fmt::format("{} {} {} with {} ({})", giga(best->operations_per_second.median, "GOPS"),
                    spread(best->operations_per_second), type, counted(best->threads, "thread"), best->path));
    first = false;
  }
}

// Facts that are unknown for one reason are named together.
std::string unknown_in_words(const std::vector<UnknownFact>& unknown) {
  std::vector<std::pair<std::string, std::string>> by_reason;  // reason, facts
  for (const UnknownFact& one : unknown) {
    const auto found = std::ranges::find(by_reason, one.reason, &std::pair<std::string, std::string>::first);
    if (found == by_reason.end()) {
      by_reason.emplace_back(one.reason, one.fact);
    } else {
      found->second += ", " + one.fact;
    }
  }
  std::vector<std::string> parts;
  for (const auto& [reason, facts] : by_reason) parts.push_back(fmt::format("{} ({})", facts, reason));
  return fmt::format("{}", fmt::join(parts, "; "));
}

Lines lines_of(const Profile& profile, const std::optional<ProbedEngine>& engine) {
  const CpuFacts& cpu = profile.facts.cpu;
  Lines lines{
      {"Processor", cores_in_words(cpu) +
                        (cpu.microarchitecture ? "; " + printable(*cpu.microarchitecture) : std::string())},
      {"Instructions", cpu.isa.empty() ? std::string(kUnknown) : fmt::format("{}", fmt::join(cpu.isa, " "))},
      {"Caches", caches_in_words(cpu)},
      {"Clock", clock_in_words(cpu)},
      {"Memory", memory_in_words(profile.facts.memory)},
      {"Platform", platform_in_words(profile.facts.platform)},
      {"Disk", disk_in_words(profile.facts.disk)}};
  if (profile.gpus.gpus.empty()) lines.emplace_back("Graphics", "none found");
  for (const Gpu& gpu : profile.gpus.gpus) lines.emplace_back("Graphics", card_in_words(gpu));
  lines.emplace_back("Ours of it", limits_in_words(profile.limits));
  if (profile.rates) add_bandwidth(lines, *profile.rates);
  if (profile.rates) add_dot(lines, *profile.rates);
  lines.emplace_back("Engine", !engine
                                   ? std::string("none found: `tokcast engine install`")
                                   : engine->name + (engine->view.cpu_variant
                                                         ? ", kernels " + printable(*engine->view.cpu_variant)
                                                         : std::string()));
  if (!profile.facts.unknown.empty())
    lines.emplace_back("Not known", unknown_in_words(profile.facts.unknown));
  return lines;
}

std::string findings_text(const std::vector<Finding>& findings, const Terminal& terminal) {
  if (findings.empty()) return "Nothing was found that holds it back.\n";
  std::string out = "What holds it back:\n";
  for (const Finding& finding : findings) {
    const std::string mark =
        coloured(finding.grave ? "!" : "-", finding.grave ? Colour::kRed : Colour::kYellow, terminal.colour);
    out += fmt::format("  {} {}\n", mark, wrapped(finding.what, terminal.width, 4, 4));
    if (!finding.fix.empty()) out += fmt::format("    {}\n", wrapped(finding.fix, terminal.width, 4, 4));
  }
  return out;
}

std::string headline(const Profile& profile) {
  const CpuFacts& cpu = profile.facts.cpu;
  const auto memory = profile.limits.memory_limit();
  return fmt::format("{}: {} and {} may be used", printable(cpu.name),
                     counted(profile.limits.usable_threads(), "thread"),
                     memory ? format_bytes(memory->bytes) : "an unknown amount of memory");
}

}  // namespace

std::string probe_page(const Profile& profile, const std::optional<ProbedEngine>& engine,
                       const std::vector<Finding>& findings, const Terminal& terminal) {
  return coloured(wrapped(headline(profile), terminal.width), Colour::kBold, terminal.colour) + "\n\n" +
         format_definitions(lines_of(profile, engine), terminal) + "\n" + findings_text(findings, terminal) +
         "\nWhat runs here: tokcast recommend\n";
}

}  // namespace tokcast
