#include "serve/timeline.h"

#include <utility>

namespace tokcast {

Json timeline_json(const TurnTimeline& timeline) {
  const std::pair<const char*, std::optional<Seconds>> stages[] = {
      {"recognised_seconds", timeline.recognised},         {"started_seconds", timeline.started},
      {"first_token_seconds", timeline.first_token},       {"last_token_seconds", timeline.last_token},
      {"first_sentence_seconds", timeline.first_sentence}, {"first_sound_seconds", timeline.first_sound},
      {"last_sound_seconds", timeline.last_sound}};
  Json out = Json::object();
  for (const auto& [name, moment] : stages) {
    out[name] = moment ? Json((*moment - timeline.asked).value) : Json(nullptr);
  }
  return out;
}

Stages stages_of(const TurnTimeline& timeline, Seconds end) {
  const auto between = [](const std::optional<Seconds>& from,
                          const std::optional<Seconds>& to) -> std::optional<Seconds> {
    return from && to ? std::optional(*to - *from) : std::nullopt;
  };
  const std::optional asked(timeline.asked);
  return {.recognition = between(asked, timeline.recognised),
          .queue = between(timeline.recognised ? timeline.recognised : asked, timeline.started),
          .first_token = between(timeline.started, timeline.first_token),
          .reply = between(timeline.first_token, timeline.last_token),
          .synthesis = between(timeline.first_sentence, timeline.first_sound),
          .first_audio = between(asked, timeline.first_sound),
          .total = end - timeline.asked};
}

}  // namespace tokcast
