#include "cli/registry_text.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "cli/forecast_text.h"
#include "cli/table.h"

namespace tokcast {
namespace {

std::string spread(const Interval<double>& interval) {
  const std::string low = format_number(interval.low), high = format_number(interval.high);
  return low == high ? low : low + "–" + high;
}

std::string verdict_words(PromiseStanding standing) {
  switch (standing) {
    case PromiseStanding::kKept:
      return "kept";
    case PromiseStanding::kAtRisk:
      return "at risk";
    case PromiseStanding::kFalse:
      return "FALSE";
    case PromiseStanding::kNotMade:
      return "not made";
    case PromiseStanding::kUnknown:
      return "not known";
  }
  return "not known";
}

Colour colour_of(PromiseStanding standing) {
  switch (standing) {
    case PromiseStanding::kKept:
      return Colour::kGreen;
    case PromiseStanding::kAtRisk:
      return Colour::kYellow;
    case PromiseStanding::kFalse:
      return Colour::kRed;
    default:
      return Colour::kDim;
  }
}

std::string model_of(const TierCheck& tier) {
  return tier.forecast ? model_label(tier.forecast->shape) : printable(tier.tier->llm->file.name);
}

std::vector<Cell> row_of(const TierCheck& tier, const PromiseCheck& promise) {
  return {{printable(tier.tier->name)},
          {promise.what},
          {format_number(promise.promised)},
          {promise.actual ? spread(*promise.actual) : "-"},
          {promise.factor ? format_number(*promise.factor) : "-"},
          {verdict_words(promise.standing), colour_of(promise.standing)},
          {model_of(tier)}};
}

// Rows that say nothing but that all is well would hide the others.
bool is_shown(const PromiseCheck& promise) {
  const bool is_turn = promise.what == "llm_latency_sec";
  return promise.standing != PromiseStanding::kNotMade &&
         (is_turn || promise.standing != PromiseStanding::kKept);
}

std::string table_of(const CheckedMachine& checked, const Terminal& terminal) {
  const std::vector<Column> columns{{"tier"},
                                    {"promise"},
                                    {.header = "promised", .right = true},
                                    {.header = "forecast", .right = true},
                                    {.header = "times", .right = true, .dropped = 2},
                                    {"verdict"},
                                    {.header = "model", .dropped = 1}};
  std::vector<std::vector<Cell>> rows;
  for (const TierCheck& tier : checked.tiers) {
    for (const PromiseCheck& promise : tier.promises) {
      if (is_shown(promise)) rows.push_back(row_of(tier, promise));
    }
  }
  return rows.empty() ? "" : format_table(columns, std::move(rows), terminal);
}

// Nobody promised anything of loading, and all wait for it.
std::string loading_of(const TierCheck& tier) {
  const auto& turn = tier.forecast->forecast.turn;
  if (!turn || !turn->cold_load) return "";
  return fmt::format(". Before the first one {} are loaded from the disk: {}",
                     format_bytes(tier.forecast->shape.weight_bytes()), seconds_span(*turn->cold_load));
}

// Why tiers are not in the table, and what its figures mean.
std::string remark_of(const TierCheck& tier, const PromiseCheck& promise) {
  if (!promise.actual) return promise.reason;
  const bool broken =
      promise.standing == PromiseStanding::kFalse || promise.standing == PromiseStanding::kAtRisk;
  if (promise.what != "llm_latency_sec" || !broken) return "";
  return fmt::format("{} ({}){}", promise.reason, evidence_name(tier.forecast->forecast.turn->evidence),
                     loading_of(tier));
}

std::string remarks_of(const CheckedMachine& checked, const Terminal& terminal) {
  std::string out;
  for (const TierCheck& tier : checked.tiers) {
    for (const PromiseCheck& promise : tier.promises) {
      const std::string remark = remark_of(tier, promise);
      if (remark.empty()) continue;
      out +=
          wrapped(fmt::format("{}: {}", printable(tier.tier->name), printable(remark)), terminal.width, 2) +
          "\n";
    }
  }
  return out;
}

std::string headline_of(const Registry& registry, const CheckedMachine& checked, const Terminal& terminal) {
  std::size_t made = 0, wrong = 0, at_risk = 0;
  for (const TierCheck& tier : checked.tiers) {
    for (const PromiseCheck& promise : tier.promises) {
      made += promise.standing == PromiseStanding::kNotMade ? 0 : 1;
      wrong += promise.standing == PromiseStanding::kFalse ? 1 : 0;
      at_risk += promise.standing == PromiseStanding::kAtRisk ? 1 : 0;
    }
  }
  const std::string where =
      fmt::format("{} on {}", printable(registry.source), printable(checked.context.machine_name));
  const std::string answer = made == 0 ? "no promise is made to this machine"
                                       : fmt::format("of {} promises {} {} false and {} at risk", made, wrong,
                                                     wrong == 1 ? "is" : "are", at_risk);
  return wrapped(fmt::format("{}: {}.", where, answer), terminal.width) + "\n";
}

Json promise_json(const PromiseCheck& promise) {
  Json actual;
  if (promise.actual) {
    actual = {
        {"low", promise.actual->low}, {"expected", promise.actual->expected}, {"high", promise.actual->high}};
  }
  return {{"promise", promise.what},
          {"promised", promise.promised},
          {"forecast", std::move(actual)},
          {"factor", promise.factor ? Json(*promise.factor) : Json()},
          {"standing", standing_name(promise.standing)},
          {"reason", promise.reason}};
}

Json tier_json(const TierCheck& tier, const ForecastContext& context) {
  Json promises = Json::array();
  for (const PromiseCheck& promise : tier.promises) promises.push_back(promise_json(promise));
  return {
      {"tier", tier.tier->name},
      {"file", tier.tier->llm ? Json(tier.tier->llm->file.name) : Json()},
      {"unmet_requirements", tier.unmet},
      {"promises", std::move(promises)},
      {"forecast",
       tier.forecast ? forecast_to_json(tier.forecast->shape, tier.forecast->forecast, context) : Json()}};
}

}  // namespace

std::string registry_check_text(const Registry& registry, const CheckedMachine& checked,
                                const Terminal& terminal) {
  std::string out = headline_of(registry, checked, terminal);
  const std::string table = table_of(checked, terminal);
  const std::string remarks = remarks_of(checked, terminal);
  if (!table.empty()) out += "\n" + table;
  if (!remarks.empty()) out += "\n" + remarks;
  return out;
}

Json registry_check_json(const Registry& registry, const std::vector<CheckedMachine>& machines) {
  Json all = Json::array();
  for (const CheckedMachine& checked : machines) {
    Json tiers = Json::array();
    for (const TierCheck& tier : checked.tiers) tiers.push_back(tier_json(tier, checked.context));
    all.push_back(
        {{"machine",
          {{"name", checked.context.machine_name}, {"profile_id", checked.context.machine_profile_id}}},
         {"standing", standing_name(worst_of(checked.tiers))},
         {"tiers", std::move(tiers)}});
  }
  return {{"schema", "tokcast.registry-check/1"},
          {"registry", {{"source", registry.source}, {"versioned", registry.versioned}}},
          {"machines", std::move(all)},
          {"notes", registry.notes}};
}

}  // namespace tokcast
