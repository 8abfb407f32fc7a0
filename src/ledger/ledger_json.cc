#include "ledger/ledger_json.h"

#include "base/json_values.h"

namespace tokcast {
namespace {

template <typename Quantity>
Json interval_or_null(const std::optional<Interval<Quantity>>& interval) {
  if (!interval) return {};
  return {
      {"low", interval->low.value}, {"expected", interval->expected.value}, {"high", interval->high.value}};
}

Json site_json(const Site& site) {
  return {{"machine", text_or_null(site.machine_name)},
          {"profile_id", text_or_null(site.machine_identity)},
          {"kernel", text_or_null(site.kernel)},
          {"engine", text_or_null(site.engine_identity)},
          {"engine_version", text_or_null(site.engine_version)}};
}

Json times_json(const PromisedTimes& times) {
  return {{"load_seconds", interval_or_null(times.cold_load)},
          {"cached_load_seconds", interval_or_null(times.load)},
          {"prefill_tokens_per_second", interval_or_null(times.prefill)},
          {"decode_tokens_per_second", interval_or_null(times.decode)},
          {"first_token_seconds", interval_or_null(times.first_token)},
          {"turn_seconds", interval_or_null(times.turn)}};
}

Json phase_json(const PhaseCorrection& phase) {
  return {
      {"factor", phase.factor}, {"reach", phase.reach}, {"models", phase.models}, {"actuals", phase.actuals}};
}

Json seconds_json(const std::vector<Seconds>& samples) {
  Json out = Json::array();
  for (const Seconds sample : samples) out.push_back(sample.value);
  return out;
}

}  // namespace

Json correction_to_json(const Correction& correction) {
  return {{"prefill", phase_json(correction.prefill)}, {"decode", phase_json(correction.decode)}};
}

Json samples_to_json(const std::vector<BenchSamples>& samples) {
  Json out = Json::array();
  for (const BenchSamples& one : samples) {
    out.push_back({{"prompt_tokens", one.test.prompt},
                   {"generated_tokens", one.test.generate},
                   {"depth_tokens", one.test.depth},
                   {"sample_seconds", seconds_json(one.samples)}});
  }
  return out;
}

Json stages_to_json(std::span<const StageMedians> all) {
  Json out = Json::array();
  for (const StageMedians& one : all) {
    out.push_back({{"kind", served_kind_name(one.kind)},
                   {"by", one.by},
                   {"done", one.done},
                   {"others", one.others},
                   {"recognition_seconds", or_null(one.stages.recognition)},
                   {"queue_seconds", or_null(one.stages.queue)},
                   {"first_token_seconds", or_null(one.stages.first_token)},
                   {"reply_seconds", or_null(one.stages.reply)},
                   {"synthesis_seconds", or_null(one.stages.synthesis)},
                   {"first_audio_seconds", or_null(one.stages.first_audio)},
                   {"total_seconds", or_null(one.stages.total)},
                   {"prompt_tokens", or_null(one.prompt_tokens)},
                   {"reply_tokens", or_null(one.reply_tokens)},
                   {"sound_seconds", or_null(one.sound)}});
  }
  return out;
}

Json promise_to_json(const Promise& promise) {
  const Workload& turn = promise.workload;
  return {{"id", promise.id},
          {"unix_time_seconds", promise.unix_time},
          {"accepted_by", accepted_by_name(promise.accepted_by)},
          {"model",
           {{"id", promise.model},
            {"quantization", promise.quantization},
            {"shape_key", text_or_null(promise.shape_key)},
            {"file_sha256", or_null(promise.file_sha256)},
            {"file_bytes", or_null(promise.file_bytes)},
            {"file_path", or_null(promise.file_path)}}},
          {"site", site_json(promise.site)},
          {"workload",
           {{"prompt_tokens", turn.prompt_tokens},
            {"cached_tokens", turn.cached_tokens},
            {"reply_tokens", turn.reply_tokens},
            {"depth_tokens", turn.depth_tokens},
            {"context_tokens", turn.context_tokens},
            {"sessions", turn.sessions},
            {"threads", promise.threads},
            {"gpu_layers", turn.gpu_layers}}},
          {"budget",
           {{"turn_seconds", or_null(turn.turn_budget)},
            {"first_token_seconds", or_null(turn.first_token_budget)}}},
          {"evidence", evidence_name(promise.evidence)},
          {"evidence_from", text_or_null(promise.source)},
          {"coverage", promise.coverage},
          {"verdict", verdict_name(promise.verdict)},
          {"promised", times_json(promise.times)},
          {"correction", correction_to_json(promise.correction)}};
}

Json actual_to_json(const Actual& actual) {
  Json out{{"id", actual.id},
           {"promise", actual.promise_id},
           {"unix_time_seconds", actual.unix_time},
           {"kind", actual_kind_name(actual.kind)},
           {"site", site_json(actual.site)},
           {"threads", or_null(actual.threads)},
           {"concurrency", actual.concurrency},
           {"prompt_tokens", or_null(actual.prompt_tokens)},
           {"cached_tokens", or_null(actual.cached_tokens)},
           {"reply_tokens", or_null(actual.reply_tokens)},
           {"depth_tokens", or_null(actual.depth_tokens)},
           {"load_seconds", or_null(actual.cold_load)},
           {"cached_load_seconds", or_null(actual.load)},
           {"first_token_seconds", or_null(actual.first_token)},
           {"prefill_tokens_per_second", or_null(actual.prefill)},
           {"decode_tokens_per_second", or_null(actual.decode)},
           {"turn_seconds", or_null(actual.turn)},
           {"cpu_pressure_share", or_null(actual.contention.cpu_pressure_share)},
           {"stolen_share", or_null(actual.contention.stolen_share)},
           {"forecast", times_json(actual.forecast)}};
  out["samples"] = samples_to_json(actual.samples);
  out["load_sample_seconds"] = seconds_json(actual.cold_load_samples);
  out["cached_load_sample_seconds"] = seconds_json(actual.load_samples);
  return out;
}

Json outcome_to_json(const Outcome& outcome) {
  Json drifts = Json::array();
  for (const Drift& drift : outcome.drifts) {
    drifts.push_back({{"since", drift.since},
                      {"slower_share", drift.share},
                      {"actuals_before", drift.before},
                      {"actuals_after", drift.after}});
  }
  return {{"standing", standing_name(outcome.standing)},
          {"reason", text_or_null(outcome.reason)},
          {"actuals", outcome.actuals},
          {"compared", outcome.compared},
          {"inside", outcome.inside},
          {"last_turn_seconds", or_null(outcome.last_turn)},
          {"median_turn_seconds", or_null(outcome.median_turn)},
          {"slower_share", or_null(outcome.bias)},
          {"drift", std::move(drifts)}};
}

}  // namespace tokcast
