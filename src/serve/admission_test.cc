#include "serve/admission.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tokcast {
namespace {

TurnOffer turn(std::uint64_t id, const std::string& client, double deadline, double service = 2) {
  return {.id = id,
          .client = client,
          .deadline = Seconds(deadline),
          .service = Interval<Seconds>{Seconds(service * 0.8), Seconds(service), Seconds(service * 1.2)},
          .tokens = 100,
          .bytes = Bytes(1000)};
}

std::vector<std::uint64_t> started(Admission& admission, Seconds now) {
  std::vector<std::uint64_t> out;
  while (const auto id = admission.start_next(now)) out.push_back(*id);
  return out;
}

TEST(Admission, ATurnThatFitsItsDeadlineIsTakenAndStarted) {
  Admission admission({.slots = 1});
  const auto answer = admission.offer(turn(1, "a", 10), Seconds(0));
  EXPECT_FALSE(answer.refused);
  EXPECT_EQ(answer.wait, Seconds(0));
  EXPECT_EQ(started(admission, Seconds(0)), std::vector<std::uint64_t>{1});
  EXPECT_EQ(admission.queued(), 0U);
  EXPECT_EQ(admission.running(), 1U);
}

TEST(Admission, WaitingForTheRunningOneCountsAgainstTheDeadline) {
  Admission admission({.slots = 1});
  admission.offer(turn(1, "a", 100, 9), Seconds(0));
  started(admission, Seconds(0));
  const auto answer = admission.offer(turn(2, "b", 10), Seconds(0));
  EXPECT_EQ(answer.refused, Refusal::kTooLate);
  EXPECT_EQ(answer.wait, Seconds(9));
  EXPECT_EQ(answer.retry_after, Seconds(9));
  EXPECT_EQ(admission.queued(), 0U);
  EXPECT_FALSE(admission.offer(turn(3, "b", 17), Seconds(5)).refused);
}

TEST(Admission, TheHighEndOfTheForecastDecidesWhetherAPromiseIsGiven) {
  Admission admission({.slots = 1});
  EXPECT_EQ(admission.offer(turn(1, "a", 2.3), Seconds(0)).refused, Refusal::kTooLate);
  EXPECT_FALSE(admission.offer(turn(2, "a", 2.4), Seconds(0)).refused);
}

TEST(Admission, EachClientsNextComesBeforeAnotherOnesSecond) {
  Admission admission({.slots = 1});
  for (const std::uint64_t id : {1, 2, 3}) admission.offer(turn(id, "greedy", 100), Seconds(0));
  admission.offer(turn(4, "modest", 100), Seconds(0));
  std::vector<std::uint64_t> order;
  while (const auto id = admission.start_next(Seconds(0))) {
    order.push_back(*id);
    admission.finish(*id);
  }
  EXPECT_EQ(order, (std::vector<std::uint64_t>{1, 4, 2, 3}));
}

TEST(Admission, AGreedyClientLeavesRoomForAnotherAndNobodysPromiseIsBroken) {
  Admission admission({.slots = 1});
  admission.offer(turn(1, "greedy", 20), Seconds(0));
  started(admission, Seconds(0));
  int taken = 0;
  for (std::uint64_t id = 2; id < 20; ++id)
    taken += admission.offer(turn(id, "greedy", 20), Seconds(0)).refused ? 0 : 1;
  EXPECT_EQ(taken, 3);
  EXPECT_FALSE(admission.offer(turn(50, "modest", 20), Seconds(0)).refused);
  // All of the time is promised now: whoever went first would push another one out.
  for (std::uint64_t id = 51; id < 60; ++id)
    admission.offer(turn(id, "c" + std::to_string(id), 20), Seconds(0));
  EXPECT_TRUE(admission.take_late(Seconds(0)).empty());
}

TEST(Admission, SlotsRunSideBySideAndShortenTheWait) {
  Admission admission({.slots = 2});
  for (const std::uint64_t id : {1, 2}) admission.offer(turn(id, "a", 100, 4), Seconds(0));
  EXPECT_EQ(started(admission, Seconds(0)).size(), 2U);
  EXPECT_EQ(admission.offer(turn(3, "a", 100), Seconds(1)).wait, Seconds(3));
  EXPECT_EQ(admission.offer(turn(4, "a", 100), Seconds(1)).wait, Seconds(3));
  EXPECT_EQ(admission.offer(turn(5, "a", 100), Seconds(1)).wait, Seconds(5));
}

TEST(Admission, TheQueueIsBoundedInNumberTokensAndBytes) {
  Admission full({.queued = 1, .slots = 1});
  Admission tokens({.tokens = 150, .slots = 1});
  Admission bytes({.bytes = Bytes(1500), .slots = 1});
  for (Admission* admission : {&full, &tokens, &bytes}) {
    admission->offer(turn(1, "a", 1000), Seconds(0));
    started(*admission, Seconds(0));
    EXPECT_FALSE(admission->offer(turn(2, "a", 1000), Seconds(0)).refused);
  }
  EXPECT_EQ(full.offer(turn(3, "a", 1000), Seconds(0)).refused, Refusal::kQueueFull);
  EXPECT_EQ(tokens.offer(turn(3, "a", 1000), Seconds(0)).refused, Refusal::kTooManyTokens);
  EXPECT_EQ(bytes.offer(turn(3, "a", 1000), Seconds(0)).refused, Refusal::kTooManyBytes);
}

TEST(Admission, WhatIsNotKnownIsTakenWithinTheQueuesBounds) {
  Admission admission({.queued = 1, .slots = 1});
  TurnOffer unknown{.id = 1, .client = "a", .deadline = Seconds(1)};
  EXPECT_FALSE(admission.offer(unknown, Seconds(0)).refused);
  started(admission, Seconds(0));
  unknown.id = 2;
  const auto answer = admission.offer(unknown, Seconds(0));
  EXPECT_FALSE(answer.refused);
  EXPECT_FALSE(answer.wait);
  unknown.id = 3;
  EXPECT_EQ(admission.offer(unknown, Seconds(0)).refused, Refusal::kQueueFull);
  EXPECT_TRUE(admission.take_late(Seconds(0.5)).empty());
  EXPECT_EQ(admission.take_late(Seconds(1.5)), std::vector<std::uint64_t>{2});
}

TEST(Admission, WhatCannotBeDoneInTimeAnyMoreIsGivenBackBeforeItCostsAnything) {
  Admission admission({.slots = 1});
  admission.offer(turn(1, "a", 100, 2), Seconds(0));
  started(admission, Seconds(0));
  admission.offer(turn(2, "b", 5), Seconds(0));
  admission.offer(turn(3, "c", 100), Seconds(0));
  // The first takes far longer than forecast.
  EXPECT_EQ(admission.take_late(Seconds(4)), std::vector<std::uint64_t>{2});
  EXPECT_EQ(admission.queued(), 1U);
}

TEST(Admission, FinishingOneThatStillWaitsMakesRoom) {
  Admission admission({.queued = 2, .slots = 1});
  admission.offer(turn(1, "a", 100), Seconds(0));
  started(admission, Seconds(0));
  admission.offer(turn(2, "a", 100), Seconds(0));
  admission.finish(2);
  admission.finish(99);
  EXPECT_EQ(admission.queued(), 0U);
  EXPECT_EQ(admission.queued_tokens(), 0U);
  EXPECT_EQ(admission.queued_bytes(), Bytes(0));
  EXPECT_EQ(admission.running(), 1U);
}

// Ten times the load that the engine can carry, for an hour: what is taken in is done in time, and the engine
// is never idle.
TEST(Admission, UnderTenfoldLoadGoodputStaysAndPromisesAreKept) {
  Admission admission({.slots = 1});
  double busy_until = 0;
  double worked = 0;
  int done = 0;
  int late = 0;
  int given_back = 0;
  std::uint64_t running = 0;
  std::map<std::uint64_t, double> deadlines;
  for (int tick = 0; tick < 36'000; ++tick) {
    const double now = tick * 0.1;
    if (running != 0 && now >= busy_until) {
      admission.finish(running);
      ++done;
      if (now > deadlines[running]) ++late;
      running = 0;
    }
    if (tick % 2 == 0) {
      const auto id = static_cast<std::uint64_t>(tick + 1);
      deadlines[id] = now + 10;
      admission.offer(turn(id, std::to_string(tick % 7), now + 10), Seconds(now));
    }
    given_back += static_cast<int>(admission.take_late(Seconds(now)).size());
    if (const auto id = admission.start_next(Seconds(now))) {
      running = *id;
      const double service = 1.7 + 0.1 * (tick % 7);
      busy_until = now + service;
      worked += service;
    }
  }
  EXPECT_GT(worked, 0.9 * 3600);
  EXPECT_LT(late, done / 20);
  EXPECT_LT(given_back, done / 20);
}

}  // namespace
}  // namespace tokcast
