#include "serve/timeline.h"

#include <gtest/gtest.h>

#include "serve/served_turn.h"

namespace tokcast {
namespace {

TurnTimeline spoken() {
  return {.asked = Seconds(100),
          .recognised = Seconds(101),
          .started = Seconds(103),
          .first_token = Seconds(106),
          .last_token = Seconds(110),
          .first_sentence = Seconds(107),
          .first_sound = Seconds(112),
          .last_sound = Seconds(118)};
}

TEST(Timeline, BecomesTheLengthOfEachStage) {
  const Stages stages = stages_of(spoken(), Seconds(119));
  EXPECT_EQ(stages.recognition, Seconds(1));
  EXPECT_EQ(stages.queue, Seconds(2));
  EXPECT_EQ(stages.first_token, Seconds(3));
  EXPECT_EQ(stages.reply, Seconds(4));
  EXPECT_EQ(stages.synthesis, Seconds(5));
  EXPECT_EQ(stages.first_audio, Seconds(12));
  EXPECT_EQ(stages.total, Seconds(19));
}

TEST(Timeline, OfWhatDidNotHappenHasNoStage) {
  const Stages stages = stages_of({.asked = Seconds(100), .started = Seconds(102)}, Seconds(103));
  EXPECT_EQ(stages.queue, Seconds(2));
  EXPECT_FALSE(stages.recognition || stages.first_token || stages.reply || stages.synthesis);
  EXPECT_FALSE(stages.first_audio);
}

TEST(ServedTurn, IsSpokenIfItsWordsWere) {
  const TurnRecord record{.outcome = "done", .size = TurnSize{20, 5, 30}};
  const ServedTurn turn = served_turn(record, spoken(), Seconds(119), false);
  EXPECT_EQ(turn.served.kind, ServedKind::kSpokenTurn);
  EXPECT_EQ(turn.served.outcome, "done");
  EXPECT_EQ(turn.served.prompt_tokens, 20U);
  EXPECT_EQ(turn.served.reply_tokens, 30U);
  EXPECT_EQ(served_turn(record, {}, Seconds(1), false).served.kind, ServedKind::kTurn);
}

TEST(ServedTurn, ThatWasCutWhileItWasSpokenIsNotDoneThoughTheModelWas) {
  const ServedTurn turn = served_turn({.outcome = "done"}, spoken(), Seconds(119), true);
  EXPECT_EQ(turn.served.outcome, "cancelled");
  EXPECT_EQ(turn.engine->outcome, "done");
}

TEST(ServedTurn, OfHttpHasTheStagesOfTheModelAlone) {
  TurnRecord record{.outcome = "done",
                    .was_started = true,
                    .waited = Seconds(1),
                    .first_token = Seconds(3),
                    .total = Seconds(10)};
  const Stages stages = served_turn(record).served.stages;
  EXPECT_EQ(stages.queue, Seconds(1));
  EXPECT_EQ(stages.first_token, Seconds(2));
  EXPECT_EQ(stages.reply, Seconds(7));
  EXPECT_EQ(stages.total, Seconds(10));
  record.was_started = false;
  EXPECT_FALSE(served_turn(record).served.stages.queue);
}

}  // namespace
}  // namespace tokcast
