// What a load showed: durations summed up, rows of a Markdown table.
#ifndef TOKCAST_BENCH_SERVE_LOAD_LOAD_REPORT_H_
#define TOKCAST_BENCH_SERVE_LOAD_LOAD_REPORT_H_

#include <optional>
#include <string>
#include <vector>

namespace tokcast {

class LoadSamples {
 public:
  void add(double seconds) { seconds_.push_back(seconds); }
  std::size_t count() const { return seconds_.size(); }
  // The smallest that so large a share does not exceed; nullopt: there are none.
  std::optional<double> quantile(double share) const;
  std::optional<double> most() const { return quantile(1); }

 private:
  std::vector<double> seconds_{};
};

struct LoadRow {
  std::string what;
  std::string goal;    // "": none was set
  std::string figure;  // what was measured
};

// "0.4 ms", "12 ms", "none".
std::string in_milliseconds(std::optional<double> seconds);
// "p99 0.4 ms, p99.9 0.6 ms, longest 2 ms (2000)".
std::string summary(const LoadSamples& samples);

// The head of the table, and rows of it.
std::string markdown_head();
std::string markdown_rows(const std::vector<LoadRow>& rows);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_SERVE_LOAD_LOAD_REPORT_H_
