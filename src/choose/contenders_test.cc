#include "choose/contenders.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/naming.h"

namespace tokcast {
namespace {

std::vector<CatalogueRow> rows(std::initializer_list<const char*> ids) {
  std::vector<CatalogueRow> out;
  for (const char* id : ids) out.push_back(find_catalogue_row(id).value());
  return out;
}

std::size_t mixes_of(const Contenders& contenders, const char* id) {
  return static_cast<std::size_t>(
      std::ranges::count_if(contenders.shapes, [id](const Shape& shape) { return shape.id == id; }));
}

TEST(Contenders, LargerMixesAreAskedAboutOnlyWhereTheSmallestMayDo) {
  Contenders out;
  const auto first_look = [](const Shape& shape) {
    return Forecast{.verdict = shape.id == "qwen3-4b" ? Verdict::kKeeps : Verdict::kBreaks};
  };
  add_catalogue(out, rows({"qwen3-4b", "llama-2-13b-chat"}),
                {.use = uses().front(), .first_look = first_look});
  EXPECT_EQ(mixes_of(out, "qwen3-4b"), 4U);
  EXPECT_EQ(mixes_of(out, "llama-2-13b-chat"), 1U);
}

TEST(Contenders, WhatDoesNotSuitOrCannotBeReadIsLeftOutWithItsReason) {
  Contenders out;
  auto all = rows({"qwq-32b", "starcoder2-3b", "qwen3-4b"});
  all.back().id = "of-no-catalogue";
  add_catalogue(out, all, {.use = uses().front()});
  EXPECT_TRUE(out.shapes.empty());
  ASSERT_EQ(out.left_out.size(), 3U);
  for (const LeftOut& one : out.left_out) EXPECT_FALSE(one.why.empty()) << one.model;
}

TEST(Contenders, AFileTakesThePlaceOfItsRowInItsMix) {
  Contenders out;
  const ContenderOptions options{.use = uses().front()};
  add_catalogue(out, rows({"qwen3-4b"}), options);
  const std::size_t before = out.shapes.size();
  InstalledModel file{
      .holder = Holder::kLmStudio, .name = "Qwen/Qwen3-4B-GGUF/Qwen3-4B-Q4_K_M.gguf", .path = "/m.gguf"};
  file.shape = find_shape("qwen3-4b").value();
  file.shape->id = "Qwen3-4B-Q4_K_M";
  const std::vector<InstalledModel> files{file, InstalledModel{.name = "broken", .problem = "cut off"}};
  add_installed(out, files, options);
  EXPECT_EQ(out.shapes.size(), before);
  const Merit merit = out.merit_of(find_shape("qwen3-4b").value());
  EXPECT_EQ(merit.path, "/m.gguf");
  EXPECT_EQ(merit.holder, "LM Studio");
  EXPECT_TRUE(merit.quality);
}

TEST(Contenders, AFileThatNobodyKnowsIsJudgedByItsSize) {
  Contenders out;
  InstalledModel file{.name = "mine.gguf", .path = "/mine.gguf"};
  file.shape = find_shape("qwen3-4b").value();
  file.shape->id = "mine";
  file.shape->header.metadata.clear();
  file.shape->architecture = "llama";
  add_installed(out, std::span(&file, 1), {.use = uses().front()});
  ASSERT_EQ(out.shapes.size(), 1U);
  EXPECT_EQ(out.merit_of(out.shapes.front()).quality->decided_by, "parameters");
}

}  // namespace
}  // namespace tokcast
