#include "forecast/forecast_json.h"

#include "base/json_values.h"

namespace tokcast {
namespace {

template <typename Quantity>
Json interval_json(const Interval<Quantity>& interval) {
  return {{"low", interval.low.value}, {"expected", interval.expected.value}, {"high", interval.high.value}};
}

Json model_json(const Shape& shape) {
  return {{"id", shape.id},
          {"architecture", shape.architecture},
          {"parameters", shape.parameters()},
          {"active_parameters", shape.active_parameters()},
          {"decode_bytes", shape.decode_bytes().value},
          {"quantization", shape.quantization},
          {"file_bytes", or_null(shape.header.file_bytes)}};
}

Json workload_json(const Workload& workload, const std::optional<TurnForecast>& turn) {
  return {{"prompt_tokens", workload.prompt_tokens},
          {"cached_tokens", workload.cached_tokens},
          {"reply_tokens", workload.reply_tokens},
          {"depth_tokens", workload.depth_tokens},
          {"context_tokens", workload.context_tokens},
          {"sessions", workload.sessions},
          {"threads", turn ? Json(turn->threads) : Json()},
          {"gpu_layers", workload.gpu_layers},
          {"key_type", geometry(workload.key_type).name},
          {"value_type", geometry(workload.value_type).name},
          {"voice", workload.voice},
          {"flash_attention", flash_attention_name(workload.flash_attention)}};
}

Json share_json(const MemoryShare& share) {
  return {{"weights_bytes", share.weights.value},
          {"kv_bytes", share.kv.value},
          {"compute_bytes", share.compute.value},
          {"total_bytes", share.total().value},
          {"limit_bytes", share.limit ? Json(share.limit->bytes.value) : Json()},
          {"limit_from", share.limit ? Json(share.limit->from) : Json()},
          {"fits", share.fits() ? Json(*share.fits()) : Json()}};
}

Json memory_json(const MemoryNeed& memory) {
  const std::optional<MemoryBound>& limit = memory.limit();
  return {{"weights_bytes", memory.weights().value},
          {"kv_bytes", memory.kv().value},
          {"compute_bytes", memory.compute().value},
          {"total_bytes", memory.total().value},
          {"limit_bytes", limit ? Json(limit->bytes.value) : Json()},
          {"limit_from", limit ? Json(limit->from) : Json()},
          {"fits", memory.fits() ? Json(*memory.fits()) : Json()},
          {"main_memory", share_json(memory.main)},
          {"gpu_memory", memory.cards ? share_json(*memory.cards) : Json()}};
}

Json load_parts_json(const LoadParts& parts) {
  return {{"reading", interval_json(parts.reading)},
          {"preparing", interval_json(parts.preparing)},
          {"warm_up", parts.warm_up ? interval_json(*parts.warm_up) : Json()}};
}

// The quantities of a turn; null where there is no turn, or nothing of the kind in it.
void add_turn(Json& out, const std::optional<TurnForecast>& turn, double sessions) {
  const bool prefills = turn && turn->prefill.expected.value > 0;
  out["load_seconds"] = turn && turn->cold_load ? interval_json(*turn->cold_load) : Json();
  out["cached_load_seconds"] = turn && turn->load ? interval_json(*turn->load) : Json();
  out["load_parts_seconds"] = turn && turn->load_parts ? load_parts_json(*turn->load_parts) : Json();
  out["prefill_tokens_per_second"] = prefills ? interval_json(turn->prefill) : Json();
  out["decode_tokens_per_second"] = turn ? interval_json(turn->decode) : Json();
  out["total_decode_tokens_per_second"] = turn ? interval_json(turn->decode * sessions) : Json();
  out["first_token_seconds"] = turn ? interval_json(turn->first_token) : Json();
  out["first_spoken_seconds"] = turn && turn->first_spoken ? interval_json(*turn->first_spoken) : Json();
  out["turn_seconds"] = turn ? interval_json(turn->turn) : Json();
}

Json budget_json(const Workload& workload) {
  return {{"turn_seconds", or_null(workload.turn_budget)},
          {"first_token_seconds", or_null(workload.first_token_budget)}};
}

}  // namespace

Json forecast_to_json(const Shape& shape, const Forecast& forecast, const ForecastContext& context) {
  Json out{{"schema", "tokcast.forecast/1"},
           {"model", model_json(shape)},
           {"machine",
            {{"name", text_or_null(context.machine_name)},
             {"profile_id", text_or_null(context.machine_profile_id)}}},
           {"engine",
            {{"name", text_or_null(context.engine_name)}, {"build", text_or_null(context.engine_build)}}},
           {"workload", workload_json(forecast.workload, forecast.turn)},
           {"evidence", forecast.turn ? Json(evidence_name(forecast.turn->evidence)) : Json()},
           {"evidence_from", forecast.turn ? Json(forecast.turn->source) : Json()},
           {"coverage", kCoverage},
           {"memory", memory_json(forecast.memory)}};
  add_turn(out, forecast.turn, forecast.workload.sessions);
  const auto taken = forecast.turn ? forecast.turn->taken_by_others : std::nullopt;
  out["taken_by_others_share"] = taken ? Json(*taken) : Json();
  out["too_busy"] = forecast.turn && forecast.turn->too_busy();
  out["budget"] = budget_json(forecast.workload);
  out["verdict"] = verdict_name(forecast.verdict);
  out["reasons"] = forecast.reasons;
  return out;
}

}  // namespace tokcast
