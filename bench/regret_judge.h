// Was the choice the best that keeps its budget? Judged against every candidate measured in full.
#ifndef TOKCAST_BENCH_REGRET_JUDGE_H_
#define TOKCAST_BENCH_REGRET_JUDGE_H_

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/units.h"
#include "choose/recommend.h"

namespace tokcast {

struct MeasuredTurn {
  Seconds least{};
  Seconds middle{};  // median
  Seconds most{};
};

struct Regret {
  Seconds budget{};
  std::optional<std::string> chosen{};  // nullopt: nothing was promised
  std::optional<std::string> best{};    // in truth: the most preferred whose median keeps the budget
  bool chosen_keeps = false;            // in truth
  double points_lost = 0;               // of quality, between the best and the chosen (cautious points)
  std::string why{};                    // the best one was passed over: its forecast; empty if it was not
};

// `ranked` as recommend() gave it for this budget; `truth` by label (model_key).
Regret judge(std::span<const Candidate> ranked, const std::map<std::string, MeasuredTurn>& truth,
             Seconds budget);

// "qwen3-4b Q4_K_M".
std::string model_key(const Shape& shape);

// A row of Markdown for each, after the table of what was measured.
std::string regret_report(std::span<const Regret> all, std::span<const Candidate> ranked,
                          const std::map<std::string, MeasuredTurn>& truth);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_REGRET_JUDGE_H_
