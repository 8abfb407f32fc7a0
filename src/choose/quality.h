// A quality order of models that is explained, not invented.
//
// There is no one score that all models have. The method, first step that applies:
//
//   1. arena_elo: the rating of the chat arena (people choose blindly between two answers). The scale.
//   2. aa_index_v4.1.1, livebench_2026-01-08, open_llm_lb2_avg, open_llm_lb1_avg (in this order): mapped to
//      that scale by the monotone (isotonic) regression over the catalogue's models that have both, straight
//      between its steps, flat beyond its ends: better than the best of them nobody can tell.
//   3. parameters: a rough sign only, and flagged as that. A straight line in the logarithm of the dense
//      equivalent (the root of all parameters times the active ones) and in the month of release (else the
//      first of its family; else without), over the models of the arena. Never above the upper quartile of
//      the models with a score that are half to twice as large: that a model is new and large does not make
//      it better than most.
//
// Each step has a `spread`, what it misses by: the root mean square of what each model of the fit would have
// got from the others. Models are ordered by points minus spread, in steps of kQualityStep: a rough sign has
// to be clearly better to go before a score, and less than a step is a tie.
//
// Makers' own scores (`_vendor` ...) are used by nobody here. Single tests (mmlu, gpqa ...) are not either:
// the averages contain them. No score says how well a model writes code or calls tools.
#ifndef TOKCAST_CHOOSE_QUALITY_H_
#define TOKCAST_CHOOSE_QUALITY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/catalogue.h"

namespace tokcast {

constexpr double kQualityStep = 15;  // points; two ratings of the arena hardly differ by less

struct Quality {
  double points = 0;
  double spread = 0;
  std::string decided_by;  // "arena_elo", ..., "parameters"
  double value = 0;        // of that score, as published; the parameters
  std::string remark{};    // what to know about it; may be empty

  double cautious() const { return points - spread; }
  // Whole steps: what models are compared by.
  int level() const;
  // "arena_elo 1110", "about 1139 by open_llm_lb2_avg 27.1", "perhaps 1160 by its 4.0 billion parameters".
  std::string sentence() const;
};

// What step 3 needs of a model that may not be in the catalogue.
struct ModelSize {
  double parameters = 0;
  double active = 0;
  std::optional<int> month{};  // since 2023-01
};

// Points of a monotone map: pairs sorted by score.
using MonotoneMap = std::vector<std::pair<double, double>>;

// The least-squares non-decreasing fit (pool adjacent violators), as the centres of its steps. The order of
// `pairs` does not matter; of one score, the mean counts.
MonotoneMap monotone_fit(std::vector<std::pair<double, double>> pairs);
// Straight between the points, flat beyond. `map` is not empty.
double mapped(const MonotoneMap& map, double score);

class QualityScale {
 public:
  // Fitted on these rows: of our catalogue, not of the user's.
  explicit QualityScale(std::span<const CatalogueRow> rows);

  // nullopt: not even a number of parameters is known.
  std::optional<Quality> of(const CatalogueRow& row) const;
  // By step 3.
  std::optional<Quality> of(const ModelSize& size) const;

  struct Step {
    std::string score;
    MonotoneMap map;
    std::size_t models = 0;
    double spread = 0;
  };
  std::span<const Step> steps() const { return steps_; }

 private:
  struct Line {
    double at_zero = 0;
    double per_log_parameter = 0;
    double per_month = 0;
    double spread = 0;
    std::size_t models = 0;
  };
  std::optional<Quality> by_score(const CatalogueRow& row) const;
  ModelSize size_of(const CatalogueRow& row) const;
  // Of the models with a score that are half to twice as large; nullopt: there are none.
  std::optional<double> upper_quartile_near(double parameters) const;
  double fewest_points() const;

  std::vector<Step> steps_{};
  Line with_month_{};
  Line without_month_{};
  std::map<std::string, int> first_month_{};         // of families
  std::vector<std::pair<double, double>> scored_{};  // parameters and cautious points of models with a score
};

// Fitted on the catalogue as it is when first asked; the user's rows do not move it.
const QualityScale& quality_scale();

// Months since 2023-01 of "2024-09"; nullopt for anything else.
std::optional<int> month_number(std::string_view year_month);

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_QUALITY_H_
