#include "cli/past.h"

#include <utility>

#include "measure/measurement.h"
#include "rehearse/rehearsal.h"

namespace tokcast {

std::optional<Timings> timings_of_bench(const Actual& bench) {
  auto timings = measured_timings({.threads = bench.threads.value_or(1),
                                   .samples = bench.samples,
                                   .load = bench.load_samples,
                                   .cold_load = bench.cold_load_samples,
                                   .compute_bytes = bench.compute_bytes,
                                   .contention = bench.contention});
  return timings ? std::optional(std::move(*timings)) : std::nullopt;
}

Past::Past(const std::string& ledger_path, Site site) : site_(std::move(site)) {
  auto opened = Ledger::open_existing(ledger_path);
  if (!opened) {
    problem_ = describe(opened.error());
  } else if (*opened) {
    ledger_ = std::move(**opened);
  }
}

Correction Past::correction(Evidence evidence, std::uint32_t threads) {
  if (!ledger_) return {};
  auto known = residuals_.find(threads);
  if (known == residuals_.end()) {
    auto read = ledger_->residuals(site_.machine_identity, site_.engine_identity, threads);
    if (!read) problem_ = describe(read.error());
    known = residuals_.emplace(threads, read ? std::move(*read) : std::vector<Residual>{}).first;
  }
  return correction_from(known->second, evidence);
}

Timings Past::learned(Timings timings) {
  const Correction by = correction(timings.evidence, timings.threads);
  return corrected(std::move(timings), by);
}

std::optional<Timings> Past::measured(const Shape& shape, std::uint32_t threads) {
  if (!ledger_) return std::nullopt;
  const auto bench =
      ledger_->newest_bench(shape_key(shape), site_.machine_identity, site_.engine_identity, threads);
  if (!bench) problem_ = describe(bench.error());
  return bench && *bench ? timings_of_bench(**bench) : std::nullopt;
}

}  // namespace tokcast
