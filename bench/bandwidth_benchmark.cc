// Checks the probe's read bandwidth against an independent measurement, in one run.
//
// The independent one is in the manner of STREAM, reduced to reading: each thread sums up an array of its
// own, from end to end, in a plain loop over vectors of 64 bytes that the compiler lowers (built with -O3
// -march=native), and the rate is the bytes of all arrays over the time from the common start to the last
// thread's end. It shares no code with measure_rates: other vectors, other threads, another division of the
// memory, another clock interval.
//
// In each repetition the independent read runs before and after measure_rates, so that what others do on the
// machine meets both alike. For every thread count T the counters are
//   stream_T  GB/s, the median pass of those before and after
//   rates_T   GB/s, the median of measure_rates
//   ratio_T   rates_T / stream_T; to be within 0.95 and 1.05
// The medians over the repetitions are the result.
#include <benchmark/benchmark.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include <barrier>
#include <chrono>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/statistics.h"
#include "machine/facts.h"
#include "machine/machine.h"
#include "machine/profile_rates.h"
#include "machine/rates.h"
#include "machine/rates_plan.h"

namespace tokcast {
namespace {

using Vector [[gnu::vector_size(64)]] = double;

constexpr std::size_t kHugePage = 2 << 20;
constexpr int kPasses = 8;

std::vector<std::uint32_t> allowed_cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  sched_getaffinity(0, sizeof mask, &mask);
  std::vector<std::uint32_t> cpus;
  for (std::uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &mask)) cpus.push_back(cpu);
  }
  return cpus;
}

void pin(std::uint32_t cpu) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(cpu, &mask);
  pthread_setaffinity_np(pthread_self(), sizeof mask, &mask);
}

// Filled by the thread that makes it. `bytes` is a multiple of kHugePage.
class Array {
 public:
  explicit Array(std::size_t bytes)
      : count_(bytes / sizeof(Vector)), data_(static_cast<Vector*>(std::aligned_alloc(kHugePage, bytes))) {
    if (data_ == nullptr) std::abort();
    madvise(data_, bytes, MADV_HUGEPAGE);
    for (std::size_t i = 0; i < count_; ++i) data_[i] = Vector{} + static_cast<double>(i);
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() { std::free(data_); }

  void read() const {
    Vector first{}, second{}, third{}, fourth{};
    for (std::size_t i = 0; i < count_; i += 4) {
      first += data_[i];
      second += data_[i + 1];
      third += data_[i + 2];
      fourth += data_[i + 3];
    }
    const Vector sum = first + second + third + fourth;
    benchmark::DoNotOptimize(sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7]);
  }

 private:
  std::size_t count_;
  Vector* data_;
};

// Appends the rate of each pass, in GB/s. One thread on each of `cpus`.
void stream_read(std::span<const std::uint32_t> cpus, Bytes total, std::vector<double>& rates) {
  const std::size_t bytes = total.value / cpus.size() / kHugePage * kHugePage;
  std::barrier<> line(static_cast<std::ptrdiff_t>(cpus.size()) + 1);
  std::vector<std::jthread> readers;
  for (const std::uint32_t cpu : cpus) {
    readers.emplace_back([&line, cpu, bytes] {
      pin(cpu);
      const Array array(bytes);
      for (int pass = 0; pass < kPasses; ++pass) {
        line.arrive_and_wait();
        array.read();
        line.arrive_and_wait();
      }
    });
  }
  for (int pass = 0; pass < kPasses; ++pass) {
    line.arrive_and_wait();
    const auto begin = std::chrono::steady_clock::now();
    line.arrive_and_wait();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    rates.push_back(static_cast<double>(bytes * cpus.size()) / time.count() / 1e9);
  }
}

// The independent rates by thread count, added to those before.
using Streams = std::map<std::uint32_t, std::vector<double>>;

void stream_all(const RatesOptions& options, std::span<const std::uint32_t> counts, Bytes size,
                Streams& streams) {
  for (const std::uint32_t threads : counts) {
    stream_read(std::span(options.cpus).first(threads), size, streams[threads]);
  }
}

RatesOptions options_for_this_machine() {
  return rates_options({.limits = read_machine(), .facts = read_facts("", "/")}, false);
}

void bandwidth_against_stream(benchmark::State& state) {
  const RatesOptions options = options_for_this_machine();
  const auto cpus = static_cast<std::uint32_t>(options.cpus.size());
  const std::vector<std::uint32_t> counts = thread_counts(cpus, cpus);
  for ([[maybe_unused]] auto _ : state) {
    Streams streams;
    stream_all(options, counts, working_set_size(options), streams);
    const Rates rates = measure_rates(options);
    stream_all(options, counts, working_set_size(options), streams);
    for (const BandwidthRate& rate : rates.bandwidth) {
      if (rate.numa_node) continue;
      const double stream = quantile(streams[rate.threads], 0.5);
      const double ours = rate.bytes_per_second.median / 1e9;
      const std::string threads = std::to_string(rate.threads);
      state.counters["stream_" + threads] = stream;
      state.counters["rates_" + threads] = ours;
      state.counters["ratio_" + threads] = ours / stream;
    }
  }
}
BENCHMARK(bandwidth_against_stream)->Iterations(1)->Repetitions(5)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace tokcast

BENCHMARK_MAIN();
