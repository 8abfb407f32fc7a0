// Problem: rates that say what the machine can do, on a machine that others use too, in two to four seconds.
//
// Idea: each rate is sampled in many short stretches, and the stretches of all rates take turns, so that a
// disturbance spoils a few samples of each instead of one rate altogether; the median forgets them. In a
// stretch the threads begin together, work untimed until frequency and prefetchers have settled, then count
// what they do for a fixed time; each divides by its own clock, and the rate is their sum.
//
// Cost: the working set (at most 2 GiB) and all the processors given, for the time given.
#include "machine/rates.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <tuple>
#include <variant>

#include <fmt/format.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "machine/dot_kernels.h"
#include "machine/rates_plan.h"
#include "machine/team.h"
#include "machine/working_set.h"

namespace tokcast {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Seconds kLeadIn{0.001};
constexpr Seconds kBandwidthStretch{0.015};
constexpr Seconds kPiece{100e-6};   // long beside a look at the clock, short beside a stretch
constexpr double kFillShare = 0.4;  // of the budget, at most, goes into filling the working set

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

Clock::time_point after(Clock::time_point begin, Seconds duration) {
  return begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(duration.value));
}

// Does one short piece of work and returns how many units that was.
using Piece = std::function<double(std::uint32_t member)>;

// One rate, its threads, and the samples so far.
struct Point {
  std::variant<BandwidthRate, DotRate> rate;
  std::vector<std::uint32_t> members;
  Piece piece;
  Seconds stretch;
  std::vector<double> samples{};  // units per second, all members together
};

// The members of the team by where they run.
struct Places {
  std::uint32_t cores = 0;             // the first so many members are on cores of their own
  std::vector<std::uint32_t> nodes{};  // of each member; all 0 if unknown
};

std::uint32_t node_of(const RatesOptions& options, std::uint32_t cpu) {
  for (const auto& [node, cpus] : options.numa_cpus) {
    if (std::ranges::find(cpus, cpu) != cpus.end()) return node;
  }
  return 0;
}

Places find_places(const RatesOptions& options, const std::vector<std::uint32_t>& cpus) {
  const std::size_t cores =
      std::min<std::size_t>(options.cores.value_or(options.cpus.size()), options.cpus.size());
  const std::span on_own_core = std::span(options.cpus).first(cores);
  Places places;
  for (const std::uint32_t cpu : cpus) {
    if (std::ranges::find(on_own_core, cpu) != on_own_core.end()) ++places.cores;
    places.nodes.push_back(node_of(options, cpu));
  }
  return places;
}

std::vector<std::uint32_t> first_members(std::uint32_t count) {
  std::vector<std::uint32_t> members(count);
  std::iota(members.begin(), members.end(), 0U);
  return members;
}

void plan_bandwidth(const Team& team, const Places& places, WorkingSet& set, std::vector<Point>& points) {
  if (set.size() == Bytes(0)) return;
  const auto add = [&](std::vector<std::uint32_t> members, std::optional<std::uint32_t> node) {
    const BandwidthRate rate{static_cast<std::uint32_t>(members.size()), node};
    const Piece read = [&set](std::uint32_t member) {
      return static_cast<double>(set.read_chunk(member).value);
    };
    points.push_back({rate, std::move(members), read, kBandwidthStretch});
  };
  for (const auto threads : thread_counts(places.cores, static_cast<std::uint32_t>(team.cpus().size()))) {
    add(first_members(threads), std::nullopt);
  }
  const std::set<std::uint32_t> nodes(places.nodes.begin(), places.nodes.end());
  if (nodes.size() < 2) return;
  for (const std::uint32_t node : nodes) {
    std::vector<std::uint32_t> members = first_members(places.cores);
    std::erase_if(members, [&](std::uint32_t member) { return places.nodes[member] != node; });
    if (!members.empty()) add(std::move(members), node);
  }
}

// A kernel with its operands, and how many iterations make a piece.
struct DotJob {
  explicit DotJob(const DotKernel& of_kernel);

  double run() const {
    std::array<float, kMostDotSums> sums;
    kernel.run(a[0].bytes.data(), b[0].bytes.data(), sums.data(), iterations);
    return kernel.operations() * static_cast<double>(iterations);
  }
  double time() const {
    const Clock::time_point begin = Clock::now();
    run();
    return seconds_since(begin);
  }

  DotKernel kernel;
  std::vector<DotLine> a, b;
  std::uint64_t iterations = 1;
};

// Of either sign if `least` is negative. How much power a multiplier draws, and with that its frequency,
// depends on the data, so they are as irregular as real ones.
std::vector<DotLine> random_elements(const DotKernel& kernel, std::uint32_t lines, int least) {
  std::minstd_rand random(1);
  const float unit = kernel.type == "int8" ? 1.0F : 1.0F / 64;
  std::vector<float> values(lines * kernel.depth());
  for (float& value : values) {
    value =
        unit * static_cast<float>(least + static_cast<int>(random() % static_cast<unsigned>(128 - least)));
  }
  return encode_elements(kernel.type, values);
}

DotJob::DotJob(const DotKernel& of_kernel)
    : kernel(of_kernel),
      a(random_elements(of_kernel, of_kernel.rows, 0)),
      b(random_elements(of_kernel, of_kernel.columns, -127)) {
  // The best of three: a disturbance must not pass for a long piece.
  while (std::min({time(), time(), time()}) < kPiece.value) iterations *= 2;
}

void plan_dot(const RatesOptions& options, const Team& team, const Places& places,
              std::vector<Point>& points) {
  std::vector<DotKernel> kernels = dot_kernels();
  std::erase_if(kernels, [](const DotKernel& kernel) { return !kernel.available(); });
  std::ranges::sort(kernels, {}, [](const DotKernel& kernel) { return std::tie(kernel.type, kernel.path); });
  std::vector<std::uint32_t> counts =
      thread_counts(places.cores, static_cast<std::uint32_t>(team.cpus().size()));
  // Multiplication scales more evenly than bandwidth: in a hurry, the ends will do.
  if (options.quick) std::erase_if(counts, [&](auto count) { return count > 1 && count < places.cores; });
  const Seconds stretch = dot_stretch(sampling_budget(options), kernels.size() * counts.size());
  for (const DotKernel& kernel : kernels) {
    const auto job = std::make_shared<const DotJob>(kernel);
    for (const std::uint32_t threads : counts) {
      const DotRate rate{std::string(kernel.type), std::string(kernel.path), threads};
      points.push_back({rate, first_members(threads), [job](std::uint32_t) { return job->run(); }, stretch});
    }
  }
}

// Units per second over at least the given time.
double repeat(const Piece& piece, std::uint32_t member, Seconds least) {
  const Clock::time_point begin = Clock::now();
  double units = 0;
  double seconds = 0;
  while (seconds < least.value) {
    units += piece(member);
    seconds = seconds_since(begin);
  }
  return units / seconds;
}

double sample(Team& team, const Point& point) {
  std::vector<double> rates(team.cpus().size());
  team.run(point.members, [&](std::uint32_t member) {
    repeat(point.piece, member, kLeadIn);
    rates[member] = repeat(point.piece, member, point.stretch);
  });
  return std::accumulate(rates.begin(), rates.end(), 0.0);
}

void sample_until(Clock::time_point end, Team& team, std::vector<Point>& points,
                  const RatesOptions& options) {
  for (int round = 1; !points.empty(); ++round) {
    if (options.progress) options.progress(fmt::format("reading and multiplying, round {}", round));
    for (Point& point : points) {
      if (Clock::now() >= end || interrupt_signal()) return;
      point.samples.push_back(sample(team, point));
    }
  }
}

void add_rate(BandwidthRate rate, const Rate& summary, Rates& rates) {
  rate.bytes_per_second = summary;
  rates.bandwidth.push_back(rate);
}

void add_rate(DotRate rate, const Rate& summary, Rates& rates) {
  rate.operations_per_second = summary;
  rates.dot.push_back(std::move(rate));
}

void collect(const std::vector<Point>& points, Rates& rates) {
  for (const Point& point : points) {
    if (point.samples.empty()) continue;
    const Rate summary = summarise(point.samples);
    std::visit([&](const auto& rate) { add_rate(rate, summary, rates); }, point.rate);
  }
  std::ranges::sort(rates.bandwidth, {},
                    [](const BandwidthRate& rate) { return std::tie(rate.threads, rate.numa_node); });
}

// All that is measured; the threads and the memory live no longer than this.
void measure(const RatesOptions& options, Clock::time_point begin, Rates& rates) {
  const Seconds budget = sampling_budget(options);
  Team team(options.cpus);
  if (team.cpus().empty()) return;
  const Places places = find_places(options, team.cpus());
  const Bytes size = working_set_size(options);
  if (options.progress) options.progress(fmt::format("filling {} to read", format_bytes(size)));
  WorkingSet set(team, places.nodes, size, after(begin, budget * kFillShare));
  rates.working_set = set.size();
  std::vector<Point> points;
  plan_bandwidth(team, places, set, points);
  plan_dot(options, team, places, points);
  sample_until(after(begin, budget), team, points, options);
  collect(points, rates);
}

// What is recorded before and after.
struct Surroundings {
  std::optional<double> megahertz{};  // mean over the CPUs
  std::uint64_t involuntary_switches = 0;
  ContentionCounters contention{};
};

std::optional<double> mean_megahertz(const std::vector<std::uint32_t>& cpus) {
  std::uint64_t sum = 0;  // in kilohertz, and so is their mean: the kernel knows no finer
  for (const std::uint32_t cpu : cpus) {
    const auto text = read_line(fmt::format("/sys/devices/system/cpu/cpu{}/cpufreq/scaling_cur_freq", cpu));
    const auto kilohertz = text ? parse_uint(*text) : std::nullopt;
    if (!kilohertz) return std::nullopt;
    sum += *kilohertz;
  }
  if (cpus.empty()) return std::nullopt;
  const std::uint64_t mean = sum / cpus.size();  // whole kilohertz
  return static_cast<double>(mean) / 1000;
}

Surroundings look_around(const std::vector<std::uint32_t>& cpus) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {mean_megahertz(cpus), static_cast<std::uint64_t>(usage.ru_nivcsw), read_contention()};
}

}  // namespace

Rates measure_rates(const RatesOptions& options) {
  const Clock::time_point begin = Clock::now();
  Rates rates;
  const Surroundings before = look_around(options.cpus);
  measure(options, begin, rates);
  const Surroundings afterwards = look_around(options.cpus);
  rates.wall = Seconds(seconds_since(begin));
  rates.megahertz_before = before.megahertz;
  rates.megahertz_after = afterwards.megahertz;
  rates.involuntary_switches = afterwards.involuntary_switches - before.involuntary_switches;
  rates.contention = contention_between(before.contention, afterwards.contention, rates.wall,
                                        static_cast<std::uint32_t>(sysconf(_SC_NPROCESSORS_ONLN)));
  return rates;
}

std::optional<BandwidthRate> best_bandwidth(const Rates& rates) {
  std::optional<BandwidthRate> best;
  for (const BandwidthRate& rate : rates.bandwidth) {
    if (rate.numa_node) continue;
    if (!best || rate.bytes_per_second.median > best->bytes_per_second.median) best = rate;
  }
  return best;
}

std::optional<DotRate> best_dot(const Rates& rates, std::string_view type) {
  std::optional<DotRate> best;
  for (const DotRate& rate : rates.dot) {
    if (rate.type != type) continue;
    if (!best || rate.operations_per_second.median > best->operations_per_second.median) best = rate;
  }
  return best;
}

}  // namespace tokcast
