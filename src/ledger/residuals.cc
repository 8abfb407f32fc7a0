// Ledger::residuals: actuals against the forecasts that were made for them.
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "ledger/database.h"
#include "ledger/ledger.h"

namespace tokcast {
namespace {

// A turn of the promised tokens is compared with the promise, any other with the forecast kept beside it.
// What ran beside others, or on a machine that was busy most of the time, tells of them and not of the model.
constexpr const char* kSelect = R"(
SELECT promise.shape_key, promise.evidence, promise.prefill_factor, promise.prefill_reach,
  promise.decode_factor, promise.decode_reach,
  actual.prefill_tokens_per_second, coalesce(fp.low, pp.low), coalesce(fp.expected, pp.expected),
  coalesce(fp.high, pp.high),
  actual.decode_tokens_per_second, coalesce(fd.low, pd.low), coalesce(fd.expected, pd.expected),
  coalesce(fd.high, pd.high)
FROM actual
JOIN site ON site.id = actual.site
JOIN promise ON promise.id = actual.promise
JOIN site AS promised_at ON promised_at.id = promise.site
LEFT JOIN forecast AS fp ON fp.actual = actual.id AND fp.quantity = 'prefill'
LEFT JOIN forecast AS fd ON fd.actual = actual.id AND fd.quantity = 'decode'
LEFT JOIN promised AS pp ON pp.promise = promise.id AND pp.quantity = 'prefill'
  AND coalesce(actual.prompt_tokens, promise.prompt_tokens) = promise.prompt_tokens
  AND coalesce(actual.cached_tokens, promise.cached_tokens) = promise.cached_tokens
  AND coalesce(actual.depth_tokens, promise.depth_tokens) = promise.depth_tokens
LEFT JOIN promised AS pd ON pd.promise = promise.id AND pd.quantity = 'decode'
  AND coalesce(actual.prompt_tokens, promise.prompt_tokens) = promise.prompt_tokens
  AND coalesce(actual.reply_tokens, promise.reply_tokens) = promise.reply_tokens
  AND coalesce(actual.depth_tokens, promise.depth_tokens) = promise.depth_tokens
WHERE site.machine_identity = ?1 AND site.engine_identity = ?2 AND site.engine_identity != ''
  AND promised_at.machine_identity = ?1 AND promised_at.engine_identity = ?2
  AND promise.threads = ?3 AND coalesce(actual.threads, ?3) = ?3 AND promise.shape_key != ''
  AND actual.concurrency = 1
  AND coalesce(actual.cpu_pressure_share, 0) <= 0.5 AND coalesce(actual.stolen_share, 0) <= 0.5
ORDER BY actual.id DESC LIMIT 2000)";

constexpr double kSigmas = 1.645;

std::optional<Evidence> find_rung(const std::string& name) {
  using enum Evidence;
  for (const Evidence rung : {kLookedUp, kEstimated, kCalibrated, kRehearsed, kMeasured}) {
    if (evidence_name(rung) == name) return rung;
  }
  return std::nullopt;
}

// Four columns from `first` on: the actual rate, and the forecast's low, expected and high one.
std::optional<Residual> residual_at(const Statement& row, int first, Phase phase, int correction) {
  const auto rung = find_rung(row.text(1).value_or(""));
  const auto actual = row.real(first);
  const auto low = row.real(first + 1);
  const auto expected = row.real(first + 2);
  const auto high = row.real(first + 3);
  const double factor = row.real(correction).value_or(1);
  const double reach = row.real(correction + 1).value_or(1);
  const bool usable = rung && actual && low && expected && high && *actual > 0 && *low > 0 && *expected > 0 &&
                      *high > *low && factor > 0 && reach > 0;
  if (!usable) return std::nullopt;
  return Residual{.evidence = *rung,
                  .phase = phase,
                  .model = row.text(0).value_or(""),
                  .log_ratio = std::log(*expected / *actual * factor),
                  .deviation = std::log(*high / *low) / 2 / kSigmas / reach};
}

}  // namespace

Result<std::vector<Residual>> Ledger::residuals(const std::string& machine_identity,
                                                const std::string& engine_identity,
                                                std::uint32_t threads) const {
  std::vector<Residual> out;
  Statement select = database_->prepare(kSelect);
  select.bind(std::string_view(machine_identity)).bind(std::string_view(engine_identity));
  select.bind(std::int64_t{threads});
  auto row = select.step();
  for (; row && *row; row = select.step()) {
    if (auto prefill = residual_at(select, 6, Phase::kPrefill, 2)) out.push_back(std::move(*prefill));
    if (auto decode = residual_at(select, 10, Phase::kDecode, 4)) out.push_back(std::move(*decode));
  }
  if (!row) return std::unexpected(row.error());
  return out;
}

}  // namespace tokcast
