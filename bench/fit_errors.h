// What the fit leaves: errors of machines that it did not see, intervals made from them, and the table for
// people.
#ifndef TOKCAST_BENCH_FIT_ERRORS_H_
#define TOKCAST_BENCH_FIT_ERRORS_H_

#include <map>
#include <string>
#include <vector>

#include "bench/fit_factors.h"
#include "bench/published.h"
#include "forecast/efficiency.h"

namespace tokcast {

struct RowError {
  const PublishedRow* row = nullptr;
  double log = 0;  // natural logarithm of measured by forecast seconds
  // What levels of the hierarchy may differ by that no or few other machines tell of (unseen_variance).
  double unseen = 0;
};

// Of each row from the factors that all other machines give (leave one machine out).
std::vector<RowError> errors_without_own_machine(const Fit& fit, const std::vector<PublishedRow>& rows);

// 90 % intervals for each phase, class and kind of model, from the errors of all machines but `without`. A
// class's scale leans on that of its phase as if that were three machines more; shapes are those of the
// phase.
std::map<std::string, Spread> spreads_of(const std::vector<RowError>& errors,
                                         const std::string& without = "");

// A known part's own factor: what its rows have in common beyond the levels above, shrunk towards none.
std::map<std::string, Factor> part_factors(const Fit& fit, const std::vector<PublishedRow>& rows);

// Errors by class, phase and kind of model as Markdown: a machine's rows are averaged first. Coverage is that
// of intervals made without the machine.
std::string error_table(const std::vector<RowError>& errors);

// Every row with its error, for a closer look: comma-separated, one line each.
std::string error_rows(const std::vector<RowError>& errors);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_FIT_ERRORS_H_
