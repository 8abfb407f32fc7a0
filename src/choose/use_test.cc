#include "choose/use.h"

#include <gtest/gtest.h>

#include <set>

namespace tokcast {
namespace {

TEST(Use, EveryNamedTurnIsSoundAndHasABudget) {
  std::set<std::string_view> names;
  for (const Use& use : uses()) {
    EXPECT_TRUE(check_workload(use.workload)) << use.name;
    EXPECT_TRUE(use.workload.turn_budget) << use.name;
    EXPECT_FALSE(use.title.empty());
    names.insert(use.name);
  }
  EXPECT_EQ(names.size(), uses().size());
}

TEST(Use, TheDefaultIsTheVoiceTurnOfTheForecaster) {
  const Workload voice = uses().front().workload;
  EXPECT_EQ(uses().front().name, "voice");
  EXPECT_EQ(voice.reply_tokens, Workload{}.reply_tokens);
  EXPECT_EQ(voice.turn_budget, Workload{}.turn_budget);
}

TEST(Use, IsFoundByNameIgnoringCase) {
  const auto chat = find_use("Chat");
  ASSERT_TRUE(chat);
  EXPECT_EQ(chat->workload.depth_tokens, 2048U);
}

TEST(Use, AnUnknownNameIsRefusedWithTheNearest) {
  const auto wrong = find_use("voic");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::kUsage);
  EXPECT_NE(wrong.error().fix.find("voice"), std::string::npos);
  EXPECT_NE(wrong.error().message.find("voice, chat, code or batch"), std::string::npos);
}

}  // namespace
}  // namespace tokcast
