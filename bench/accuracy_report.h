// The accuracy suite's result: forecasts against truths, as Markdown. A pure function of the records.
#ifndef TOKCAST_BENCH_ACCURACY_REPORT_H_
#define TOKCAST_BENCH_ACCURACY_REPORT_H_

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"
#include "bench/accuracy_record.h"
#include "forecast/interval.h"
#include "forecast/timings.h"

namespace tokcast {

// One quantity of one model: what a rung of the ladder said and what the full model did.
struct Comparison {
  Evidence evidence = Evidence::kRehearsed;
  std::string model;
  std::uint32_t threads = 1;
  std::string test;  // "prefill 128", "decode at 1024"
  bool prefill = false;
  Interval<Seconds> forecast{};
  double quiet_forecast = 0;    // seconds: without what others took at the time
  std::vector<double> truth{};  // seconds, in the order measured
  bool too_busy = false;        // the tool said so and promised nothing

  double truth_median() const;
  // Of what a user sees: expected against the median.
  double error() const { return forecast.expected.value / truth_median() - 1; }
  // Of the machine's own speed: both sides without disturbance.
  double quiet_error() const;
  bool inside() const;
};

// The four quantities of a record, for each rung that it has. Errors: those of full_shape, extend and
// rates_from.
Result<std::vector<Comparison>> compare(const AccuracyRecord& record);

// Records by part (accuracy_parts.h).
using MeasuredParts = std::map<std::string, std::vector<AccuracyRecord>>;

// A part without a file is left out. Errors: those of read_records.
Result<MeasuredParts> read_parts(const std::string& directory);

// The blocks of docs/ACCURACY.md that rest on them: "measured" sums up all rungs of all parts, "measured
// NAME" tells of one. Errors: those of compare.
Result<std::map<std::string, std::string>> measured_blocks(const MeasuredParts& parts);

// "measured" as data, for the page of `tokcast report`: docs/schemas/accuracy.schema.json. Errors: those of
// compare.
Result<Json> measured_json(const MeasuredParts& parts);

// The same as pictures: file name -> SVG. Errors: those of compare.
Result<std::map<std::string, std::string>> measured_plots(const MeasuredParts& parts);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_ACCURACY_REPORT_H_
