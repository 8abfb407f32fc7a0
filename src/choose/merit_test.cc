#include "choose/merit.h"

#include <gtest/gtest.h>

#include "model/naming.h"

namespace tokcast {
namespace {

Use use_of(const char* name) {
  return find_use(name).value();
}

Forecast kept(double seconds) {
  Forecast out{.verdict = Verdict::kKeeps};
  out.turn = TurnForecast{};
  out.turn->turn = {Seconds(seconds * 0.9), Seconds(seconds), Seconds(seconds * 1.1)};
  return out;
}

RankKey key(const char* name, const Forecast& forecast, Merit merit = {}) {
  return {find_shape(name).value(), forecast, merit};
}

Merit merit(const char* id, const char* mix) {
  return merit_of(find_catalogue_row(id).value(), mix, use_of("voice"));
}

TEST(Licence, KindsAreTold) {
  EXPECT_EQ(licence_kind("Apache 2.0"), LicenceKind::kPermissive);
  EXPECT_EQ(licence_kind("mit"), LicenceKind::kPermissive);
  EXPECT_EQ(licence_kind("modified-mit"), LicenceKind::kOwnTerms);
  EXPECT_EQ(licence_kind("llama3.2"), LicenceKind::kOwnTerms);
  EXPECT_EQ(licence_kind("cc-by-nc-4.0"), LicenceKind::kNonCommercial);
  EXPECT_EQ(licence_kind("MRL"), LicenceKind::kNonCommercial);
  EXPECT_EQ(licence_kind("other"), LicenceKind::kUnknown);
  EXPECT_EQ(licence_kind(""), LicenceKind::kUnknown);
}

TEST(Unsuited, OnlyWhatIsKnownCountsAgainstAModel) {
  EXPECT_FALSE(unsuited({}, use_of("voice")));
  EXPECT_TRUE(unsuited({.chat = false}, use_of("voice")));
  EXPECT_TRUE(unsuited({.thinks = Thinks::kAlways}, use_of("voice")));
  EXPECT_FALSE(unsuited({.thinks = Thinks::kAlways}, use_of("batch")));
  EXPECT_FALSE(unsuited({.thinks = Thinks::kOptional}, use_of("voice")));
}

TEST(Unsuited, ALanguageThatIsKnownToBeMissingDoes) {
  Use german = use_of("chat");
  german.needs.languages = {"de"};
  EXPECT_TRUE(unsuited({.languages = std::vector<std::string>{"en"}}, german));
  EXPECT_FALSE(unsuited({.languages = std::vector<std::string>{"en", "de"}}, german));
  EXPECT_FALSE(unsuited({}, german));
  const Merit unknown = merit_of(find_shape("qwen3-4b").value(), german);
  EXPECT_NE(std::ranges::find(unknown.remarks, "nobody says whether it knows de"), unknown.remarks.end());
}

TEST(RankKey, QualityComesBeforeSpeedAndVerdictBeforeQuality) {
  const RankKey good = key("llama-3.2-3b-instruct", kept(9), merit("llama-3.2-3b-instruct", "Q4_K_M"));
  const RankKey quick = key("llama-3.2-1b-instruct", kept(3), merit("llama-3.2-1b-instruct", "Q4_K_M"));
  EXPECT_LT(good, quick);
  Forecast late = kept(11);
  late.verdict = Verdict::kAtRisk;
  EXPECT_LT(quick, key("llama-3.2-3b-instruct", late, merit("llama-3.2-3b-instruct", "Q4_K_M")));
}

TEST(RankKey, OfOneModelTheSmallerLossByQuantisingComesFirst) {
  EXPECT_LT(key("qwen3-4b:Q8_0", kept(9), merit("qwen3-4b", "Q8_0")),
            key("qwen3-4b", kept(5), merit("qwen3-4b", "Q4_K_M")));
}

TEST(RankKey, TiesAreBrokenByIntervalThenLicenceThenAge) {
  const Merit plain{.quality = Quality{.points = 1200}};
  Forecast wide = kept(5);
  wide.turn->turn.high = Seconds(9);
  EXPECT_LT(key("qwen3-4b", kept(5), plain), key("qwen3-4b", wide, plain));
  Merit free = plain;
  free.licence = "MIT";
  EXPECT_LT(key("qwen3-4b", kept(5), free), key("qwen3-4b", kept(5), plain));
  Merit recent = plain;
  recent.release_month = "2026-01";
  Merit older = plain;
  older.release_month = "2024-01";
  EXPECT_LT(key("qwen3-4b", kept(5), recent), key("qwen3-4b", kept(5), older));
}

TEST(RankKey, WhatIsTooSlowIsOrderedBySpeed) {
  Forecast slow = kept(30);
  Forecast slower = kept(60);
  slow.verdict = slower.verdict = Verdict::kBreaks;
  EXPECT_LT(key("llama-3.2-1b-instruct", slow, merit("llama-3.2-1b-instruct", "Q4_K_M")),
            key("llama-3.2-3b-instruct", slower, merit("llama-3.2-3b-instruct", "Q4_K_M")));
}

}  // namespace
}  // namespace tokcast
