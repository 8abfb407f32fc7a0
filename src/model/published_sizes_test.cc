// The proof of the tensor lists and of the quantiser's rules: what llama.cpp users have published about their
// files.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "base/text.h"
#include "model/catalogue.h"
#include "model/quant_mix.h"

namespace tokcast {
namespace {

struct PublishedFile {
  std::string model;
  std::string mix;
  std::uint64_t bytes;
  bool exact;       // bytes is exact; else it was rounded for print
  bool whole_file;  // metadata included; else the tensors alone
  std::optional<std::uint64_t> predicted;
  std::string check;
  std::string remark;

  std::string name() const { return fmt::format("{} {} {}", model, mix, bytes); }
  bool says(std::string_view part) const { return remark.find(part) != std::string::npos; }
};

// One line of comma-separated values, quotes honoured.
std::vector<std::string> fields(std::string_view line) {
  std::vector<std::string> all(1);
  bool quoted = false;
  for (const char character : line) {
    if (character == '"') {
      quoted = !quoted;
    } else if (character == ',' && !quoted) {
      all.emplace_back();
    } else {
      all.back() += character;
    }
  }
  return all;
}

std::vector<PublishedFile> published_files() {
  std::ifstream file(TOKCAST_SOURCE_DIR "/data/gguf_sizes.csv");
  std::vector<PublishedFile> files;
  std::string line;
  std::getline(file, line);  // the header
  while (std::getline(file, line)) {
    const std::vector<std::string> column = fields(line);
    std::string mix = column.at(1);
    if (mix.starts_with("QAT-")) mix.erase(0, 4);  // Google's name for plain Q4_0
    files.push_back({column[0], mix, parse_uint(column[2]).value_or(0), column[3] == "exact",
                     column[4] == "file", parse_uint(column[6]), column[7], column[8]});
  }
  return files;
}

void set_types(std::vector<Tensor>& tensors, std::string_view part, GgmlType type,
               std::uint32_t below_layer) {
  for (Tensor& tensor : tensors) {
    if (tensor.name.contains(part) && tensor.layer().value_or(below_layer) < below_layer) tensor.type = type;
  }
}

// What sets a file apart from a plain one of today, by the remark in the table.
CatalogueRow row_of(const PublishedFile& file) {
  CatalogueRow row = find_catalogue_row(file.model).value();
  if (file.says("(untied)")) row.tied_embeddings = false;
  if (file.says("llama layout")) {
    row.architecture = "llama";
    row.tensor_flags = Json::object();
  }
  return row;
}

// The block for next-token prediction that some files of Qwen3.6-27B carry as their last layer.
void add_prediction_block(std::vector<Tensor>& tensors, const CatalogueRow& row) {
  const auto add = [&](std::string_view name, std::vector<std::uint64_t> dimensions) {
    const GgmlType type = dimensions.size() == 1 ? GgmlType::kF32 : GgmlType::kF16;
    tensors.push_back({fmt::format("blk.{}.{}.weight", row.layers, name), type, std::move(dimensions)});
  };
  const std::string attention = fmt::format("blk.{}.", row.layers - 1);
  for (const Tensor& tensor : std::vector<Tensor>(tensors)) {
    if (!tensor.name.starts_with(attention)) continue;
    Tensor copy = tensor;
    copy.name.replace(0, attention.size(), fmt::format("blk.{}.", row.layers));
    tensors.push_back(copy);
  }
  const std::uint64_t length = row.embedding_length;
  add("nextn.eh_proj", {2 * length, length});
  for (const std::string_view name : {"nextn.enorm", "nextn.hnorm", "nextn.shared_head_norm"})
    add(name, {length});
}

void apply_old_rules(std::vector<Tensor>& tensors, const PublishedFile& file, std::uint32_t layers) {
  if (file.says("old Q2_K rule")) {
    set_types(tensors, "ffn_gate.weight", GgmlType::kQ3_K, layers);
    set_types(tensors, "ffn_up.weight", GgmlType::kQ3_K, layers);
  }
  if (file.says("old Q4_K_S rule")) {
    set_types(tensors, "ffn_down.weight", GgmlType::kQ4_K, layers);
    set_types(tensors, "ffn_down.weight", GgmlType::kQ5_K, 4);
  }
  if (file.says("stored as F16")) set_types(tensors, "ffn_gate_inp.weight", GgmlType::kF16, layers);
}

std::optional<std::uint64_t> tensor_bytes(const PublishedFile& file, bool importance_matrix) {
  const CatalogueRow row = row_of(file);
  const Result<GgufHeader> plain = expand(row, "F16");
  std::vector<Tensor> tensors = plain.value().tensors;
  const bool prediction = file.says("MTP block");
  if (prediction) add_prediction_block(tensors, row);
  MixContext context = mix_context(row);
  context.layers += prediction ? 1 : 0;
  context.importance_matrix = importance_matrix;
  context.legacy_fused_qkv = file.says("old attn_qkv rule");
  if (!apply_mix(tensors, file.mix, context)) return std::nullopt;
  apply_old_rules(tensors, file, row.layers);
  std::uint64_t sum = 0;
  for (const Tensor& tensor : tensors) sum += tensor.bytes().value;
  return sum;
}

// Nobody publishes whether the quantiser had an importance matrix, so both count.
bool with_or_without_matrix(const PublishedFile& file, const std::function<bool(std::uint64_t)>& fits) {
  return std::ranges::any_of(std::array{false, true}, [&](bool matrix) {
    const std::optional<std::uint64_t> bytes = tensor_bytes(file, matrix);
    return bytes && fits(*bytes);
  });
}

// Metadata is nearly all tokenizer: 0.74 MB for 32 thousand words, 13 MB for 248 thousand.
bool comes_out(const PublishedFile& file) {
  constexpr std::uint64_t kLeast = 300'000;
  constexpr std::uint64_t kMost = 14'500'000;
  return with_or_without_matrix(file, [&](std::uint64_t bytes) {
    if (!file.whole_file) return bytes == file.bytes;
    return file.bytes >= bytes + kLeast && file.bytes <= bytes + kMost;
  });
}

// Exact sizes under a plain name that follow other rules, with the reason.
bool has_own_recipe(const PublishedFile& file) {
  return file.says("publisher uses its own type mix") || file.says("unknown recipe") ||
         file.says("old MoE rule (Dec 2023)");
}

TEST(PublishedSizes, OfFilesKnownToTheByteAllButOnesOfOwnRecipesComeOut) {
  std::size_t all = 0;
  std::size_t reproduced = 0;
  for (const PublishedFile& file : published_files()) {
    if (!file.exact || file.check == "not predicted") continue;
    ++all;
    const bool fits = comes_out(file);
    reproduced += fits ? 1 : 0;
    EXPECT_NE(fits, has_own_recipe(file)) << file.name();
  }
  EXPECT_EQ(all, 302U);
  EXPECT_EQ(reproduced, 283U);
}

// The column holds what another implementation of the rules says. Its numbers for this one file are off by
// the norms of the added block, which it takes for quantised.
bool is_predicted_otherwise(const PublishedFile& file) {
  return file.says("MTP block") || file.mix == "Q4_K_M(+MTP)";
}

TEST(PublishedSizes, TheTensorsAddUpToWhatTheTablePredicts) {
  std::size_t equal = 0;
  for (const PublishedFile& file : published_files()) {
    if (!file.predicted || is_predicted_otherwise(file)) continue;
    const bool fits =
        with_or_without_matrix(file, [&](std::uint64_t bytes) { return bytes == *file.predicted; });
    EXPECT_TRUE(fits) << file.name();
    equal += fits ? 1 : 0;
  }
  EXPECT_EQ(equal, 520U);
}

// F16 in the name, but the experts stay in MXFP4.
TEST(PublishedSizes, GptOssInSixteenBitsComesOutToTheByte) {
  const auto is_file = [](const PublishedFile& file) {
    return file.model.starts_with("gpt-oss") && file.mix == "F16" && file.exact;
  };
  std::size_t found = 0;
  for (const PublishedFile& file : published_files()) {
    if (!is_file(file)) continue;
    ++found;
    EXPECT_EQ(tensor_bytes(file, false), file.bytes) << file.name();
  }
  EXPECT_EQ(found, 2U);
}

}  // namespace
}  // namespace tokcast
