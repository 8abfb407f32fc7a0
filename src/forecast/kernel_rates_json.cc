#include "forecast/kernel_rates_json.h"

namespace tokcast {
namespace {

Json reach_to_json(const Reach& reach) {
  return {{"low", reach.low}, {"high", reach.high}};
}

Json head_rest_to_json(const std::optional<HeadRest>& rest) {
  if (!rest) return {};
  return {{"vector_values", rest->vector_values},
          {"decode_value_seconds", rest->decode_seconds},
          {"prefill_value_seconds", rest->prefill_seconds}};
}

Json factors_to_json(const std::vector<RowFactor>& factors) {
  Json out = Json::array();
  for (const RowFactor& one : factors) out.push_back({{"rows", one.rows}, {"factor", one.factor}});
  return out;
}

Json type_to_json(GgmlType type, const TypeCost& cost) {
  Json rows = Json::array();
  for (const RowCost& point : cost) {
    rows.push_back({{"rows", point.rows}, {"seconds_per_parameter", point.seconds}});
  }
  return {{"type", geometry(type).name},
          {"decode_bytes_per_second", decode_bytes_per_second(type, cost)},
          {"prefill_operations_per_second", operations_per_second(cost, cost.back().rows)},
          {"costs", std::move(rows)}};
}

}  // namespace

double decode_bytes_per_second(GgmlType type, const TypeCost& cost) {
  const TypeGeometry& is = geometry(type);
  return static_cast<double>(is.block_bytes) / static_cast<double>(is.block_elements) / cost_at(cost, 1);
}

double operations_per_second(const TypeCost& cost, double rows) {
  return 2 * rows / cost_at(cost, rows);
}

Json kernel_rates_to_json(const KernelRates& rates) {
  Json types = Json::array();
  for (const auto& [type, cost] : rates.types) types.push_back(type_to_json(type, cost));
  return {{"evidence", evidence_name(rates.evidence)},
          {"source", rates.source},
          {"threads", rates.threads},
          {"step_seconds", rates.step_seconds},
          {"layer_seconds", rates.layer_seconds},
          {"activation_value_seconds", rates.activation_seconds},
          {"key_value_byte_seconds", rates.key_value_seconds},
          {"decode_attention_value_seconds", rates.decode_attention_seconds},
          {"prefill_attention_value_seconds", rates.attention_seconds},
          {"head_rest", head_rest_to_json(rates.head_rest)},
          {"expert_factors", factors_to_json(rates.expert_factors)},
          {"decode_reach", reach_to_json(rates.decode)},
          {"prefill_reach", reach_to_json(rates.prefill)},
          {"types", std::move(types)}};
}

}  // namespace tokcast
