#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "machine/contention.h"

namespace tokcast {
namespace {

// "some avg10=0.21 avg60=4.27 avg300=2.64 total=23573152" (microseconds), docs: kernel
// Documentation/accounting/psi
std::optional<Seconds> read_pressure(const std::string& root) {
  const auto text = read_line(root + "/proc/pressure/cpu");
  if (!text) return std::nullopt;
  const auto total = text->find("total=");
  if (total == std::string::npos) return std::nullopt;
  const std::string_view rest = std::string_view(*text).substr(total + 6);
  const auto microseconds = parse_uint(rest.substr(0, rest.find_first_of(" \n")));
  return microseconds ? std::optional(Seconds(static_cast<double>(*microseconds) * 1e-6)) : std::nullopt;
}

double seconds_of(std::uint64_t ticks) {
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// One line of /proc/stat: "cpu user nice system idle iowait irq softirq steal ..." in clock ticks; "cpu0 ..."
// is of one processor.
struct StatLine {
  std::string_view name;
  std::vector<std::uint64_t> ticks{};

  double stolen() const { return seconds_of(ticks[7]); }
  double busy() const { return seconds_of(ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]); }
};

std::optional<StatLine> parse_stat_line(std::string_view line) {
  constexpr std::size_t kColumns = 8;
  StatLine out;
  for (const std::string_view word : split(line, ' ')) {
    if (word.empty()) continue;
    if (out.name.empty()) {
      if (!word.starts_with("cpu")) return std::nullopt;
      out.name = word;
      continue;
    }
    const auto ticks = parse_uint(word);
    if (!ticks) return std::nullopt;
    out.ticks.push_back(*ticks);
    if (out.ticks.size() == kColumns) return out;
  }
  return std::nullopt;
}

// Not on a processor that we may not run on, as far as the kernel says which those are.
bool may_run_on(std::uint64_t cpu, bool this_machine) {
  constexpr std::size_t kMostCpus = 8192;
  std::array<cpu_set_t, kMostCpus / CPU_SETSIZE> mask{};
  if (!this_machine || cpu >= kMostCpus) return true;
  if (sched_getaffinity(0, sizeof mask, mask.data()) != 0) return true;
  return CPU_ISSET_S(cpu, sizeof mask, mask.data());
}

void read_stat(const std::string& root, ContentionCounters& out) {
  const auto text = read_file(root + "/proc/stat");
  if (!text) return;
  double busy = 0;
  std::uint32_t cpus = 0;
  for (const std::string_view line : split(*text, '\n')) {
    const auto stat = parse_stat_line(line);
    if (!stat) continue;
    if (stat->name == "cpu") out.stolen = Seconds(stat->stolen());
    const auto cpu = parse_uint(stat->name.substr(3));
    if (!cpu || !may_run_on(*cpu, root.empty())) continue;
    busy += stat->busy();
    ++cpus;
  }
  if (cpus == 0) return;
  out.busy = Seconds(busy);
  out.cpus = cpus;
}

Seconds cpu_time(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return Seconds(seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

std::optional<double> share(std::optional<Seconds> before, std::optional<Seconds> after, double of_seconds) {
  if (!before || !after || of_seconds <= 0) return std::nullopt;
  return std::clamp((*after - *before).value / of_seconds, 0.0, 1.0);
}

std::optional<double> others(const ContentionCounters& before, const ContentionCounters& after,
                             Seconds wall) {
  if (!before.own || !after.own || before.cpus != after.cpus || !after.cpus) return std::nullopt;
  const Seconds own = *after.own - *before.own;
  if (!before.busy || !after.busy) return std::nullopt;
  return share(*before.busy + own, after.busy, wall.value * *after.cpus);
}

std::optional<double> mean(std::optional<double> a, double a_weight, std::optional<double> b,
                           double b_weight) {
  if (!a || !b) return a ? a : b;
  const double all = a_weight + b_weight;
  return all > 0 ? (*a * a_weight + *b * b_weight) / all : *b;
}

}  // namespace

ContentionCounters read_contention(const std::string& root) {
  ContentionCounters out{.cpu_pressure = read_pressure(root)};
  read_stat(root, out);
  if (root.empty()) out.own = cpu_time(RUSAGE_SELF) + cpu_time(RUSAGE_CHILDREN);
  return out;
}

Contention contention_between(const ContentionCounters& before, const ContentionCounters& after, Seconds wall,
                              std::uint32_t cpus) {
  return {share(before.cpu_pressure, after.cpu_pressure, wall.value),
          share(before.stolen, after.stolen, wall.value * std::max(cpus, 1U)), others(before, after, wall),
          after.cpus};
}

Contention contention_since(const ContentionCounters& before, Seconds wall, std::uint32_t cpus) {
  Contention out = contention_between(before, read_contention(), wall, cpus);
  const char* assumed = std::getenv("TOKCAST_OTHERS_SHARE");
  const auto share = assumed == nullptr ? std::nullopt : parse_double(assumed);
  if (!share || *share < 0 || *share > 1) return out;
  out.others_share = share;
  out.stolen_share = out.stolen_share ? std::optional(0.0) : std::nullopt;
  // Who waited for a processor waited for others.
  out.cpu_pressure_share = out.cpu_pressure_share ? share : std::nullopt;
  return out;
}

Contention joined(const Contention& a, Seconds a_wall, const Contention& b, Seconds b_wall) {
  const auto both = [&](std::optional<double> Contention::* part) {
    return mean(a.*part, a_wall.value, b.*part, b_wall.value);
  };
  return {both(&Contention::cpu_pressure_share), both(&Contention::stolen_share),
          both(&Contention::others_share), b.cpus ? b.cpus : a.cpus};
}

std::optional<double> taken_share(const Contention& contention, std::uint32_t threads) {
  if (!contention.others_share || !contention.cpus || threads == 0) return std::nullopt;
  const double cpus = *contention.cpus;
  const double taken = *contention.others_share + contention.stolen_share.value_or(0);
  // More threads than processors is our own doing.
  const double wanted = std::min(static_cast<double>(threads), cpus);
  return std::clamp((wanted - cpus * (1 - taken)) / wanted, 0.0, 1.0);
}

std::optional<std::uint32_t> undisturbed_threads(const Contention& contention) {
  if (!contention.others_share || !contention.cpus) return std::nullopt;
  for (std::uint32_t threads = *contention.cpus; threads > 1; --threads) {
    if (*taken_share(contention, threads) < kTooBusy / 2) return threads;
  }
  return 1;
}

}  // namespace tokcast
