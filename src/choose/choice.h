// From a ranking to a choice: the best model that keeps its promise, one that is faster, and the one that is
// just out of reach, with what it would take. Every number comes from the one forecaster.
#ifndef TOKCAST_CHOOSE_CHOICE_H_
#define TOKCAST_CHOOSE_CHOICE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "choose/recommend.h"

namespace tokcast {

enum class RemedyKind { kBudget, kPrompt, kQuantisation, kGpu, kMemory };
// "budget", "prompt", "quantization", "gpu", "memory".
std::string_view remedy_kind_name(RemedyKind kind);

// One change that alone would make a model keep its promise.
struct Remedy {
  RemedyKind kind = RemedyKind::kBudget;
  std::string sentence;  // "a budget of 13 s"
  std::optional<Seconds> turn_budget{};
  std::optional<Seconds> first_token_budget{};
  std::optional<std::uint64_t> prompt_tokens{};
  std::optional<std::string> quantization{};
  std::optional<std::string> gpu{};
  std::optional<Bytes> memory{};
};

struct Pick {
  std::size_t index = 0;               // into the ranking
  std::vector<std::string> reasons{};  // sentences without a full stop
};

struct Choice {
  std::optional<Pick> best{};          // the first that keeps its budget
  std::optional<Pick> faster{};        // the best of those that take at most kFaster of its time
  std::optional<Pick> out_of_reach{};  // of better quality: the one that misses by least
  std::vector<Remedy> remedies{};      // what that one would take, the smallest change first; may be empty
};

constexpr double kFaster = 0.75;

// How another model, or another turn, would do here: the forecaster with what is known of this machine.
using Ask = std::function<Forecast(const Shape& shape, const Workload& workload)>;

// `ranked` is best first, as recommend() gives it. `ask` may be empty: then nothing is asked of other mixes.
Choice choose(std::span<const Candidate> ranked, const Ask& ask);

// The changes that would make this candidate keep its budget.
std::vector<Remedy> remedies_for(const Candidate& candidate, const Ask& ask);

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_CHOICE_H_
