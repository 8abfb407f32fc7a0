#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "bench/serve_load/load_parts.h"
#include "bench/serve_load/load_pinger.h"
#include "bench/serve_load/load_socket.h"
#include "bench/serve_load/saturation.h"
#include "bench/serve_load/siege.h"

namespace tokcast {
namespace {

constexpr std::string_view kGoal = "p99.9 ≤ 5 ms, longest ≤ 25 ms";
// A supervisor kills what does not answer for half a minute.
constexpr double kFrozenSeconds = 20;

// The smallest bound of the histogram that so large a share is below.
std::string lag_bound(const std::string& metrics, double share) {
  const auto count = metric_in(metrics, "tokcast_loop_lag_seconds_count");
  std::string_view rest = metrics;
  constexpr std::string_view kBucket = "tokcast_loop_lag_seconds_bucket{le=\"";
  for (auto at = rest.find(kBucket); count && at != std::string_view::npos; at = rest.find(kBucket)) {
    rest = rest.substr(at + kBucket.size());
    const auto bound = parse_double(rest.substr(0, rest.find('"')));
    const auto value = rest.find(' ') + 1;
    const auto below = parse_double(trim(rest.substr(value, rest.find('\n') - value)));
    if (bound && below && *below >= share * *count) return "≤ " + in_milliseconds(*bound);
  }
  return "> 1 s";
}

std::string lag_inside(const LoadServer& server) {
  const std::string metrics = server.metrics();
  return fmt::format("p99.9 {}, longest {} ({:.0f})", lag_bound(metrics, 0.999),
                     in_milliseconds(metric_in(metrics, "tokcast_loop_lag_max_seconds")),
                     metric_in(metrics, "tokcast_loop_lag_seconds_count").value_or(0));
}

void sleep_for(double seconds) {
  usleep(static_cast<useconds_t>(seconds * 1e6));
}

// What happens to a server for so many seconds; what it returns is added to the row.
using Condition = std::function<std::string(const LoadServer&, double seconds)>;

std::string saturate(const LoadOptions& options, const LoadServer& server, double seconds) {
  const Saturation saturation(server.port(), 4, {.tokens = options.tokens, .stream = true, .deadline = 600});
  sleep_for(seconds);
  return fmt::format("{} turns", saturation.done());
}

std::string freeze(const LoadServer& server, double seconds) {
  const auto engine = server.engine_pid();
  if (!engine) return "no engine";
  const Saturation saturation(server.port(), 4, {.stream = true, .deadline = 600});
  sleep_for(1);
  kill(*engine, SIGSTOP);
  sleep_for(std::min(seconds, kFrozenSeconds));
  kill(*engine, SIGCONT);
  return "";
}

void forget_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  fdatasync(descriptor);
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  close(descriptor);
}

// The engine is killed, and what its successor has to read is not in memory any more.
std::string load_cold(const LoadOptions& options, const LoadServer& server, double seconds) {
  int loads = 0;
  for (const double until = load_now() + seconds; load_now() < until; ++loads) {
    const auto engine = server.engine_pid();
    if (!engine) return "no engine";
    kill(*engine, SIGKILL);
    while (server.engine_pid() == engine) usleep(1000);
    forget_file(options.model);
    while (load_ask(server.port(), get_request("/readyz"), 5).status != 200) {
      if (load_now() > until + 120) return "it was never ready again";
      usleep(20'000);
    }
  }
  return fmt::format("{} loads", loads);
}

LoadRows under(const LoadOptions& options, const std::string& name, const Condition& condition) {
  const auto server = start_tokcast(options);
  if (!server) return std::unexpected(server.error());
  LoadPinger pinger((*server)->port());
  const std::string also = condition(**server, options.seconds);
  const PingerResult outside = pinger.stop();
  const std::string what = also.empty() ? name : fmt::format("{} ({})", name, also);
  return std::vector<LoadRow>{{"loop lag, " + what, std::string(kGoal), lag_inside(**server)},
                              {"`/healthz` meanwhile", "", summary(outside)}};
}

}  // namespace

LoadRows lag_part(const LoadOptions& options) {
  const std::vector<std::pair<std::string, Condition>> conditions{
      {"at rest", [](const LoadServer&, double seconds) { return sleep_for(seconds), std::string(); }},
      {"model saturated",
       [&](const LoadServer& server, double seconds) { return saturate(options, server, seconds); }},
      {"engine stopped (SIGSTOP)", freeze},
      {"model loaded from the disk",
       [&](const LoadServer& server, double seconds) { return load_cold(options, server, seconds); }},
      {fmt::format("{} half-sent requests", options.half_open),
       [&](const LoadServer& server, double seconds) {
         const Siege siege(server.port(), options.half_open, {SiegeKind::kHalfHeader, SiegeKind::kSlowBody});
         sleep_for(seconds);
         return std::string();
       }}};
  std::vector<LoadRow> out;
  for (const auto& [name, condition] : conditions) {
    auto rows = under(options, name, condition);
    if (!rows) return rows;
    out.insert(out.end(), rows->begin(), rows->end());
  }
  return out;
}

LoadRows front_end_part(const LoadOptions& options) {
  const auto ours = start_tokcast(options);
  if (!ours) return std::unexpected(ours.error());
  const auto engines = start_engine(options);
  if (!engines) return std::unexpected(engines.error());
  std::vector<LoadRow> out;
  const auto both = [&](const std::string& what, const auto& make_load) {
    for (const bool is_ours : {true, false}) {
      const LoadServer& server = is_ours ? **ours : **engines;
      const auto load = make_load(server.port());
      sleep_for(0.5);
      LoadPinger pinger(server.port(), is_ours ? "/healthz" : "/health");
      sleep_for(options.seconds / 2);
      out.push_back({fmt::format("{}, {}", is_ours ? "`tokcast serve`" : "llama-server", what), "",
                     summary(pinger.stop())});
    }
  };
  for (const int count : {50, 200, 600}) {
    both(fmt::format("{} half-sent requests", count), [&](std::uint16_t port) {
      return std::make_unique<Siege>(port, count, std::vector{SiegeKind::kHalfHeader});
    });
  }
  both("model saturated", [&](std::uint16_t port) {
    return std::make_unique<Saturation>(port, 4,
                                        ChatWish{.tokens = options.tokens, .stream = true, .deadline = 600});
  });
  return out;
}

}  // namespace tokcast
