#include "cli/recommend_json.h"

#include "base/json_values.h"
#include "cli/recommend_text.h"

namespace tokcast {
namespace {

Json rank_json(const Candidate& one) {
  const Merit& merit = one.merit;
  return {{"id", one.shape.id},
          {"quantization", one.shape.quantization},
          {"verdict", verdict_name(one.forecast.verdict)},
          {"quality", quality_json(merit.quality)},
          {"quantization_divergence_nats", or_null(merit.divergence)},
          {"licence", text_or_null(merit.licence)},
          {"licence_kind", licence_kind_name(licence_kind(merit.licence))},
          {"release_month", text_or_null(merit.release_month)},
          {"here", or_null(merit.path)},
          {"here_by", text_or_null(merit.holder)},
          {"remarks", merit.remarks}};
}

Json pick_json(const std::optional<Pick>& pick, const Recommendation& answer) {
  if (!pick) return {};
  const Candidate& one = answer.ranked[pick->index];
  return {{"id", one.shape.id}, {"quantization", one.shape.quantization}, {"reasons", pick->reasons}};
}

Json remedy_json(const Remedy& remedy) {
  return {{"kind", remedy_kind_name(remedy.kind)},
          {"sentence", remedy.sentence},
          {"turn_budget_seconds", or_null(remedy.turn_budget)},
          {"first_token_budget_seconds", or_null(remedy.first_token_budget)},
          {"prompt_tokens", or_null(remedy.prompt_tokens)},
          {"quantization", or_null(remedy.quantization)},
          {"gpu", or_null(remedy.gpu)},
          {"memory_bytes", or_null(remedy.memory)}};
}

Json needs_json(const Needs& needs) {
  return {{"chat", needs.chat},
          {"at_once", needs.at_once},
          {"code", needs.code},
          {"tools", needs.tools},
          {"languages", needs.languages}};
}

Json skipped_json(const Recommendation& answer) {
  Json out = Json::array();
  for (const Skipped& one : answer.skipped)
    out.push_back({{"model", one.model}, {"quantization", one.quantization}, {"why", one.why}});
  return out;
}

}  // namespace

Json quality_json(const std::optional<Quality>& quality) {
  if (!quality) return {};
  return {{"points", quality->points},
          {"spread", quality->spread},
          {"decided_by", quality->decided_by},
          {"score", quality->value},
          {"remark", text_or_null(quality->remark)}};
}

Json choice_json(const Choice& choice, const Recommendation& answer) {
  Json remedies = Json::array();
  for (const Remedy& remedy : choice.remedies) remedies.push_back(remedy_json(remedy));
  return {{"best", pick_json(choice.best, answer)},
          {"faster", pick_json(choice.faster, answer)},
          {"out_of_reach", pick_json(choice.out_of_reach, answer)},
          {"would_take", std::move(remedies)}};
}

Json recommendation_json(const RecommendationView& view, const ForecastContext& context) {
  Json forecasts = Json::array();
  Json ranking = Json::array();
  for (const Candidate& one : view.answer.ranked) {
    forecasts.push_back(forecast_to_json(one.shape, one.forecast, context));
    if (one.problem) forecasts.back()["reasons"].push_back(*one.problem);
    ranking.push_back(rank_json(one));
  }
  Json left_out = Json::array();
  for (const LeftOut& one : view.left_out) left_out.push_back({{"model", one.model}, {"why", one.why}});
  const Candidate* best = recommended(view.answer);
  return {{"schema", "tokcast.recommend/1"},
          {"machine", {{"name", context.machine_name}, {"profile_id", context.machine_profile_id}}},
          {"engine",
           {{"name", text_or_null(context.engine_name)}, {"build", text_or_null(context.engine_build)}}},
          {"use", {{"name", view.use.name}, {"needs", needs_json(view.use.needs)}}},
          {"workload", forecasts.empty() ? Json() : forecasts.front()["workload"]},
          {"recommended", best == nullptr ? Json() : Json(best->shape.id)},
          {"recommended_quantization", best == nullptr ? Json() : Json(best->shape.quantization)},
          {"choice", choice_json(view.choice, view.answer)},
          {"ranking", std::move(ranking)},
          {"forecasts", std::move(forecasts)},
          {"left_out", std::move(left_out)},
          {"measured", view.answer.measured},
          {"rehearsed", view.answer.rehearsed},
          {"not_reached", view.answer.not_reached},
          {"skipped", skipped_json(view.answer)}};
}

}  // namespace tokcast
