#include "serve/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

#include "base/text.h"

namespace tokcast {
namespace {

struct Family {
  std::string_view name;
  std::string_view help;
  std::string_view label = {};
};

constexpr std::array<Family, 9> kCounters{{
    {"tokcast_http_requests_total", "Answered HTTP requests by status code.", "code"},
    {"tokcast_turns_total", "Turns that were taken in, by what became of them.", "outcome"},
    {"tokcast_refusals_total", "Turns that were refused, by reason.", "reason"},
    {"tokcast_reply_tokens_total", "Tokens that the engine wrote."},
    {"tokcast_prompt_tokens_total", "Tokens that the engine read, cached ones included."},
    {"tokcast_promises_total", "Finished turns by whether they ended within their deadline.", "kept"},
    {"tokcast_engine_starts_total", "Starts of the engine's process."},
    {"tokcast_log_lines_dropped_total", "Log lines dropped because the log could not keep up."},
    {"tokcast_accounts_dropped_total", "Turns not written to the ledger because it could not keep up."},
}};

constexpr std::array<Family, 12> kGauges{{
    {"tokcast_connections", "Open connections."},
    {"tokcast_web_sockets", "Open WebSockets."},
    {"tokcast_queued_turns", "Turns that wait for the engine."},
    {"tokcast_queued_tokens", "Tokens of the turns that wait."},
    {"tokcast_running_turns", "Turns that the engine works on."},
    {"tokcast_engine_ready", "1 if the engine takes requests."},
    {"tokcast_recogniser_starts", "Starts of the recogniser's process, where it is one."},
    {"tokcast_loop_lag_max_seconds", "Longest lag of the event loop since the start."},
    {"tokcast_loop_lag_recent_max_seconds", "Longest lag of the last five to ten seconds."},
    {"tokcast_forecast_correction_ratio", "Middle of recent turns' actual divided by forecast time."},
    {"tokcast_resident_bytes", "Memory of the server's own process."},
    {"tokcast_open_descriptors", "Descriptors of the server's own process."},
}};

constexpr std::array<Family, 8> kHistograms{{
    {"tokcast_queue_wait_seconds", "From taken in to started."},
    {"tokcast_first_token_seconds", "From taken in to the first token."},
    {"tokcast_turn_seconds", "From taken in to the end, of turns that ended by themselves."},
    {"tokcast_turn_forecast_seconds", "What was forecast of the same turns, wait included."},
    {"tokcast_loop_lag_seconds", "How much later than asked the event loop came round."},
    {"tokcast_recognition_seconds", "From the end of speech to its text."},
    {"tokcast_synthesis_seconds", "From text to the end of its speech."},
    {"tokcast_first_audio_seconds", "From the end of speech to the first sound of the answer."},
}};

constexpr std::array<double, 14> kTurnBounds{0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 30, 60, 120};
constexpr std::array<double, 11> kLagBounds{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
                                            0.025,  0.05,  0.1,   0.25,  1};

std::span<const double> bounds_of(Histogram histogram) {
  const bool is_short = histogram == Histogram::kLoopLag;
  return is_short ? std::span<const double>(kLagBounds) : std::span<const double>(kTurnBounds);
}

void header(std::string& out, const Family& family, std::string_view type) {
  out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", family.name, family.help, type);
}

}  // namespace

Metrics::Metrics() {
  for (std::size_t i = 0; i < kHistograms.size(); ++i) {
    const auto histogram = static_cast<Histogram>(i);
    histograms_[histogram].counts.assign(bounds_of(histogram).size() + 1, 0);
  }
}

void Metrics::count(Counter counter, std::string_view label, double by) {
  counters_[counter][std::string(label)] += by;
}

void Metrics::set(Gauge gauge, double value) {
  gauges_[gauge] = value;
}

void Metrics::observe(Histogram histogram, Seconds value) {
  Buckets& buckets = histograms_[histogram];
  const auto bounds = bounds_of(histogram);
  const auto found = std::ranges::lower_bound(bounds, value.value);
  ++buckets.counts[static_cast<std::size_t>(found - bounds.begin())];
  buckets.sum += value.value;
  ++buckets.count;
}

double Metrics::value(Counter counter, std::string_view label) const {
  const auto family = counters_.find(counter);
  if (family == counters_.end()) return 0;
  const auto found = family->second.find(std::string(label));
  return found == family->second.end() ? 0 : found->second;
}

double Metrics::total(Counter counter) const {
  double out = 0;
  const auto family = counters_.find(counter);
  if (family == counters_.end()) return out;
  for (const auto& [label, number] : family->second) out += number;
  return out;
}

std::optional<double> Metrics::value(Gauge gauge) const {
  const auto found = gauges_.find(gauge);
  return found == gauges_.end() ? std::nullopt : std::optional(found->second);
}

std::string Metrics::text(std::string_view version) const {
  std::string out = fmt::format(
      "# HELP tokcast_build_info The server's version.\n# TYPE tokcast_build_info gauge\n"
      "tokcast_build_info{{version=\"{}\"}} 1\n",
      version);
  for (std::size_t i = 0; i < kCounters.size(); ++i) {
    const Family& family = kCounters[i];
    header(out, family, "counter");
    const auto values = counters_.find(static_cast<Counter>(i));
    if (family.label.empty()) {
      out += fmt::format("{} {}\n", family.name, value(static_cast<Counter>(i)));
    } else if (values != counters_.end()) {
      for (const auto& [label, number] : values->second) {
        out += fmt::format("{}{{{}=\"{}\"}} {}\n", family.name, family.label, label, number);
      }
    }
  }
  for (const auto& [gauge, number] : gauges_) {
    const Family& family = kGauges.at(static_cast<std::size_t>(gauge));
    header(out, family, "gauge");
    out += fmt::format("{} {}\n", family.name, number);
  }
  for (const auto& [histogram, buckets] : histograms_) {
    const Family& family = kHistograms.at(static_cast<std::size_t>(histogram));
    header(out, family, "histogram");
    std::uint64_t below = 0;
    const auto bounds = bounds_of(histogram);
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      below += buckets.counts[i];
      out += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", family.name, bounds[i], below);
    }
    out += fmt::format("{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n", family.name,
                       buckets.count, buckets.sum);
  }
  return out;
}

}  // namespace tokcast
