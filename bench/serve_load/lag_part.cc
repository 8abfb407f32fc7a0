#include <fmt/format.h>

#include "base/text.h"
#include "bench/serve_load/lag_conditions.h"
#include "bench/serve_load/load_parts.h"
#include "bench/serve_load/load_pinger.h"

namespace tokcast {
namespace {

constexpr std::string_view kGoal = "p99.9 ≤ 5 ms, longest ≤ 25 ms";

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

LoadRows under(const LoadOptions& options, const LagCondition& condition) {
  const auto server = start_tokcast(options, condition.arguments, condition.environment);
  if (!server) return std::unexpected(server.error());
  LoadPinger pinger((*server)->port());
  const std::string also = condition.act(**server);
  const PingerResult outside = pinger.stop();
  const std::string what = also.empty() ? condition.name : fmt::format("{} ({})", condition.name, also);
  return std::vector<LoadRow>{{"loop lag, " + what, std::string(kGoal), lag_inside(**server)},
                              {"`/healthz` meanwhile", "", summary(outside)}};
}

}  // namespace

LoadRows lag_part(const LoadOptions& options) {
  const auto engine = start_engine(options);
  if (!engine) return std::unexpected(engine.error());
  std::vector<LoadRow> out;
  for (const LagCondition& condition :
       lag_conditions(options, fmt::format("http://localhost:{}/v1", (*engine)->port()))) {
    auto rows = under(options, condition);
    if (!rows) return rows;
    out.insert(out.end(), rows->begin(), rows->end());
  }
  return out;
}

}  // namespace tokcast
