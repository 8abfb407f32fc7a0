#include "serve/timeline.h"

#include <utility>

namespace tokcast {

Json timeline_json(const TurnTimeline& timeline) {
  const std::pair<const char*, std::optional<Seconds>> stages[] = {
      {"recognised_seconds", timeline.recognised},   {"started_seconds", timeline.started},
      {"first_token_seconds", timeline.first_token}, {"last_token_seconds", timeline.last_token},
      {"first_sound_seconds", timeline.first_sound}, {"last_sound_seconds", timeline.last_sound}};
  Json out = Json::object();
  for (const auto& [name, moment] : stages) {
    out[name] = moment ? Json((*moment - timeline.asked).value) : Json(nullptr);
  }
  return out;
}

}  // namespace tokcast
