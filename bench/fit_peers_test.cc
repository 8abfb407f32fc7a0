#include "bench/fit_peers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

PublishedRow row_on(Hardware hardware) {
  auto model = std::make_shared<PublishedModel>();
  model->shape = tiny_shape("Q8_0");
  model->work = model_work(model->shape);
  PublishedRow row;
  row.model = model;
  row.hardware = std::move(hardware);
  row.tokens_per_second = 100;
  return row;
}

PublishedRow row_on_card() {
  return row_on({.kind = HardwareKind::kGpu,
                 .part = "GeForce RTX 4090",
                 .vendor = "NVIDIA",
                 .backend = "CUDA",
                 .group = "nvidia",
                 .bandwidth = 1008e9,
                 .fp16_teraflops = 165});
}

TEST(PeerQuestions, TellThePeerTheTrueFiguresOfTheRow) {
  const PeerQuestion question = question_of(row_on_card());
  EXPECT_EQ(question.gpu->name, "GeForce RTX 4090");
  EXPECT_EQ(question.gpu->bandwidth->value, 1008e9);
  EXPECT_EQ(question.model.file, tiny_shape("Q8_0").weight_bytes());
  EXPECT_EQ(question.model.quantization, "Q8_0");
  EXPECT_NEAR(question.model.billions, question.model.active_billions, 1e-12);
  EXPECT_FALSE(question.model.experts);
}

TEST(PeerQuestions, AskAboutAProcessorWhereThereIsNoCard) {
  const PeerQuestion question =
      question_of(row_on({.kind = HardwareKind::kCpu, .part = "Cortex-A76", .group = "sbc", .cores = 4}));
  EXPECT_FALSE(question.gpu);
  EXPECT_TRUE(question.cpu.arm64);
  EXPECT_EQ(question.cpu.cores, 4U);
}

TEST(PeerTable, JudgesUsByWhatWasMeasured) {
  const PublishedRow row = row_on_card();
  const std::vector<RowError> errors{{&row, std::log(1.5)}};  // half as much again as was measured
  const std::string table = peer_table(errors);
  EXPECT_NE(table.find("| Decode on graphics cards | tokcast, looked up | 1 | 50 % | 50 % | 0 % |"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("llmfit"), std::string::npos) << table;
  EXPECT_EQ(table.find("Decode on processors"), std::string::npos) << table;
}

TEST(PeerPlots, ShowWhatTheTableSays) {
  const PublishedRow row = row_on_card();
  const auto plots = peer_plots({{&row, 0.1}});
  ASSERT_TRUE(plots.contains("errors-decode-graphics.svg"));
  EXPECT_NE(plots.at("errors-decode-graphics.svg").find("tokcast, looked up"), std::string::npos);
  EXPECT_TRUE(plots.contains("forecasts-decode-graphics.svg"));
  EXPECT_FALSE(plots.contains("errors-prefill-graphics.svg"));
}

}  // namespace
}  // namespace tokcast
