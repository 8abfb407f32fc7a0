#include "forecast/model_work.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/tiny_model_test_util.h"

namespace tokcast {
namespace {

// Eight experts of which two are used, in every layer.
Shape tiny_mixture(std::string_view mix = "Q8_0") {
  CatalogueRow row = tiny_row();
  row.architecture = "qwen3moe";
  row.feed_forward_length = {};
  row.experts = 8;
  row.experts_used = 2;
  row.expert_feed_forward_length = 32;
  return *shape_from_header(*expand(row, mix), "tiny mixture");
}

Shape shape_of(std::string_view id, std::string_view mix = "Q4_K_M") {
  return *shape_from_header(*expand(*find_catalogue_row(id), mix), std::string(id));
}

double parameters(const ModelWork& work, auto chosen) {
  double sum = 0;
  for (const MatrixWork& matrix : work.matrices) sum += chosen(matrix) ? matrix.parameters : 0;
  return sum;
}

double all_parameters(const ModelWork& work) {
  return parameters(work, [](const MatrixWork&) { return true; });
}

double parameters_of_last_token(const ModelWork& work) {
  return parameters(work, [](const MatrixWork& matrix) { return matrix.last_token_only; });
}

double touched_bytes(const ModelWork& work, double tokens) {
  double bytes = 0;
  for (const MatrixWork& matrix : work.matrices) {
    const TypeGeometry& type = geometry(matrix.type);
    bytes += matrix.touched_parameters(tokens) * static_cast<double>(type.block_bytes) /
             static_cast<double>(type.block_elements);
  }
  return bytes;
}

// Of the tiny model: 64 wide, 4 heads and 2 of keys and values of 16, feed-forward 128, 300 words.
constexpr double kAttention = 2 * 64 * 64 + 2 * 64 * 32;
constexpr double kFeedForward = 3 * 64 * 128;
constexpr double kOutput = 64 * 300;

TEST(ModelWork, CountsEveryMatrixOnceButNotTheTableOfWords) {
  const ModelWork work = model_work(tiny_shape());
  EXPECT_DOUBLE_EQ(all_parameters(work), 8 * (kAttention + kFeedForward) + kOutput);
  EXPECT_EQ(work.layers, 8);
}

TEST(ModelWork, LastFeedForwardAndOutputSeeOneRow) {
  const ModelWork work = model_work(tiny_shape());
  EXPECT_DOUBLE_EQ(parameters_of_last_token(work), kFeedForward + kOutput);
  for (const MatrixWork& matrix : work.matrices) {
    EXPECT_DOUBLE_EQ(matrix.rows(128), matrix.last_token_only ? 1 : 128);
    EXPECT_DOUBLE_EQ(matrix.touched_parameters(128), matrix.parameters);
  }
}

TEST(ModelWork, ATiedTableOfWordsIsTheOutput) {
  CatalogueRow row = tiny_row();
  row.tied_embeddings = true;
  const Shape shape = *shape_from_header(*expand(row, "Q8_0"), "tied");
  ASSERT_TRUE(shape.tied_output);
  EXPECT_DOUBLE_EQ(parameters_of_last_token(model_work(shape)), kFeedForward + kOutput);
}

TEST(ModelWork, ALayerThatIsOnlyFeedForwardSeesEveryRowEvenAtTheEnd) {
  Shape shape = tiny_shape();
  shape.layers.back().kind = LayerKind::kOther;
  EXPECT_DOUBLE_EQ(parameters_of_last_token(model_work(shape)), kOutput);
}

TEST(ModelWork, OneTokenTouchesTheExpertsItChoseWithOneRow) {
  for (const MatrixWork& matrix : model_work(tiny_mixture()).matrices) {
    EXPECT_DOUBLE_EQ(matrix.touched_parameters(1), matrix.parameters * matrix.experts_used / matrix.experts);
    EXPECT_DOUBLE_EQ(matrix.rows(1), 1);
  }
}

TEST(ModelWork, ManyTokensTouchExpertsAsEvenDrawsDo) {
  std::size_t seen = 0;
  for (const MatrixWork& matrix : model_work(tiny_mixture()).matrices) {
    if (matrix.experts == 1 || matrix.last_token_only) continue;
    ++seen;
    const double touched = 1 - std::pow(1 - 2.0 / 8, 5);
    EXPECT_DOUBLE_EQ(matrix.touched_parameters(5), matrix.parameters * touched);
    EXPECT_DOUBLE_EQ(matrix.rows(5), 5 * (2.0 / 8) / touched);
    EXPECT_NEAR(matrix.touched_parameters(500), matrix.parameters, 1e-6);
    EXPECT_NEAR(matrix.rows(500), 125, 1e-6) << "an even share of all tokens";
  }
  EXPECT_GT(seen, 0U);
}

TEST(ModelWork, ExpertsOfTheLastLayerSeeOneToken) {
  double experts = 0;
  for (const MatrixWork& matrix : model_work(tiny_mixture()).matrices) {
    if (matrix.experts == 1 || !matrix.last_token_only) continue;
    experts += matrix.parameters;
    EXPECT_DOUBLE_EQ(matrix.touched_parameters(500), matrix.parameters / 4);
    EXPECT_DOUBLE_EQ(matrix.rows(500), 1);
  }
  EXPECT_DOUBLE_EQ(experts, 8 * 3 * 64 * 32);
}

TEST(ModelWork, ATensorForEachExpertCountsAsOneForAll) {
  Shape stacked = tiny_mixture();
  Shape single = stacked;
  std::erase_if(single.header.tensors, [](const Tensor& tensor) { return tensor.name.contains("_exps."); });
  for (const Tensor& tensor : stacked.header.tensors) {
    const std::size_t at = tensor.name.find("_exps.");
    if (at == std::string::npos) continue;
    for (int expert = 0; expert < 8; ++expert) {
      const std::string name = tensor.name.substr(0, at) + "." + std::to_string(expert) + ".weight";
      single.header.tensors.push_back({name, tensor.type, {tensor.dimensions[0], tensor.dimensions[1]}});
    }
  }
  EXPECT_DOUBLE_EQ(all_parameters(model_work(single)), all_parameters(model_work(stacked)));
  EXPECT_DOUBLE_EQ(model_work(single).activation_values, model_work(stacked).activation_values);
}

TEST(ModelWork, ActivationsAreWhatMatricesReadAndWrite) {
  const double attention = 2 * (64 + 64) + 2 * (64 + 32);
  const double feed_forward = 3 * (64 + 128);
  EXPECT_DOUBLE_EQ(model_work(tiny_shape()).activation_values, 8 * attention + 7 * feed_forward);
}

TEST(ModelWork, LayersOfNextTokenPredictionDoNotCount) {
  Shape shape = tiny_shape();
  shape.layers.pop_back();
  const ModelWork work = model_work(shape);
  EXPECT_EQ(work.layers, 7);
  EXPECT_DOUBLE_EQ(all_parameters(work), 7 * (kAttention + kFeedForward) + kOutput);
  EXPECT_DOUBLE_EQ(parameters_of_last_token(work), kFeedForward + kOutput) << "of the last layer that runs";
}

TEST(ModelWork, RecurrentLayersAddNoAttention) {
  Shape shape = tiny_shape();
  const ModelWork all = model_work(shape);
  EXPECT_DOUBLE_EQ(all.attention_values, 8 * 4 * (16 + 16));
  EXPECT_DOUBLE_EQ(all.key_value_bytes, 8 * 2 * (16 + 16) * 2);
  for (std::size_t i = 0; i < 6; ++i) shape.layers[i].kind = LayerKind::kRecurrent;
  const ModelWork few = model_work(shape);
  EXPECT_DOUBLE_EQ(few.attention_values, all.attention_values / 4);
  EXPECT_DOUBLE_EQ(few.key_value_bytes, all.key_value_bytes / 4);
  EXPECT_DOUBLE_EQ(all_parameters(few), all_parameters(all)) << "their matrices are multiplied all the same";
}

TEST(ModelWork, MatricesBeforeTheLayersCountAndTablesDoNot) {
  const Shape shape = shape_of("gemma-3n-e2b-it", "F16");
  const double table = 262'144.0 * 30 * 256;       // per_layer_token_embd: a row is looked up
  const double before_layers = 2048.0 * 30 * 256;  // per_layer_model_proj: multiplied by every token
  const double rest = static_cast<double>(shape.parameters()) - table;
  EXPECT_NEAR(all_parameters(model_work(shape)), rest, 0.1 * before_layers);
}

// Two ways to the same figure: every catalogue model's bytes for one token.
TEST(ModelWork, OfOneTokenReadsTheBytesThatAShapeSays) {
  for (const CatalogueRow& row : catalogue()) {
    const Shape shape = shape_of(row.id);
    const auto bytes = static_cast<double>(shape.decode_bytes().value);
    EXPECT_NEAR(touched_bytes(model_work(shape), 1) / bytes, 1, 0.01) << row.id;
  }
}

}  // namespace
}  // namespace tokcast
