#include "rehearse/calibration_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "model/catalogue.h"

namespace tokcast {
namespace {

constexpr std::uint32_t kHeadLength = 128;
constexpr std::uint32_t kVocabulary = 256;

CatalogueRow row_of(CalibrationRole role) {
  CatalogueRow row;
  row.id = "calibration";
  row.architecture = "llama";
  row.vocabulary = kVocabulary;
  row.context_length = 4096;
  row.head_length = kHeadLength;
  if (role == CalibrationRole::kHeads96 || role == CalibrationRole::kHeads80) {
    row.head_length = role == CalibrationRole::kHeads96 ? 96 : 80;
    row.embedding_length = 512;
    row.feed_forward_length = {512};
    row.heads = row.kv_heads = {16};
    return row;
  }
  if (role == CalibrationRole::kExperts) {
    row.architecture = "qwen3moe";
    row.embedding_length = 2048;
    row.heads = {16};
    row.kv_heads = {4};
    row.experts = 128;
    row.experts_used = 8;
    row.expert_feed_forward_length = 768;
    return row;
  }
  if (role == CalibrationRole::kWide) {
    row.architecture = "qwen2";
    row.embedding_length = 1536;
    row.feed_forward_length = {8960};
    row.heads = {12};
    row.kv_heads = {2};
    return row;
  }
  if (role == CalibrationRole::kCheckNorms) {
    row.architecture = "qwen3";
    row.embedding_length = 2048;
    row.feed_forward_length = {6144};
    row.heads = {16};
    row.kv_heads = {8};
    return row;
  }
  if (role == CalibrationRole::kLongRows) {
    row.embedding_length = 4096;
    row.feed_forward_length = {11008};
    row.heads = {32};
    row.kv_heads = {32};
    return row;
  }
  const bool tiny = role == CalibrationRole::kShallow || role == CalibrationRole::kTall;
  const std::uint32_t parts = role == CalibrationRole::kMedium ? 2 : 1;
  row.embedding_length = tiny ? 256 : 2048 / parts;
  row.feed_forward_length = {tiny ? 256U : 5632U / parts};
  row.heads = {row.embedding_length / kHeadLength};
  row.kv_heads = {role == CalibrationRole::kOwnHeads ? row.heads[0] : std::max(1U, row.heads[0] / 8)};
  return row;
}

std::uint32_t layers_of_bytes(GgmlType type, double bytes, double most) {
  constexpr double kLayerParameters = 44e6;
  const TypeGeometry& is = geometry(type);
  const double layer_bytes =
      kLayerParameters * static_cast<double>(is.block_bytes) / static_cast<double>(is.block_elements);
  return static_cast<std::uint32_t>(std::clamp(bytes / layer_bytes, 3.0, most));
}

// Enough bytes that no usual cache holds them, and no more parameters than a prefill can take quickly.
std::uint32_t layers_of(const CalibrationModel& model) {
  switch (model.role) {
    case CalibrationRole::kShallow:
      return 4;
    case CalibrationRole::kTall:
      return 24;
    case CalibrationRole::kOwnHeads:
    case CalibrationRole::kShared:
      return 4;
    case CalibrationRole::kHeads96:
    case CalibrationRole::kHeads80:
    case CalibrationRole::kCheckNorms:
      return 8;
    case CalibrationRole::kExperts:
      return 2;
    case CalibrationRole::kLongRows:
      return 4;
    case CalibrationRole::kMedium:
      return 16;
    case CalibrationRole::kLarge:
      return layers_of_bytes(model.type, 400e6, 20);
    case CalibrationRole::kType:
    case CalibrationRole::kWide:
      break;
  }
  return layers_of_bytes(model.type, 200e6, 8);
}

// A router stays F32, as in files.
bool is_matrix(const Tensor& tensor) {
  return tensor.dimensions.size() >= 2 && tensor.name.find("ffn_gate_inp") == std::string::npos;
}

}  // namespace

std::string calibration_model_name(const CalibrationModel& model) {
  switch (model.role) {
    case CalibrationRole::kShallow:
      return "shallow";
    case CalibrationRole::kTall:
      return "tall";
    case CalibrationRole::kMedium:
      return "medium";
    case CalibrationRole::kOwnHeads:
      return "own heads";
    case CalibrationRole::kShared:
      return "shared heads";
    case CalibrationRole::kHeads96:
      return "heads of 96";
    case CalibrationRole::kHeads80:
      return "heads of 80";
    case CalibrationRole::kExperts:
      return "mixture";
    case CalibrationRole::kWide:
      return fmt::format("wide, {}", geometry(model.type).name);
    case CalibrationRole::kCheckNorms:
      return "check: norms";
    case CalibrationRole::kLongRows:
      return "long rows";
    case CalibrationRole::kLarge:
      return fmt::format("large, {}", geometry(model.type).name);
    case CalibrationRole::kType:
      break;
  }
  return fmt::format("type {}", geometry(model.type).name);
}

bool is_weight_type(GgmlType type) {
  const std::string_view name = geometry(type).name;
  const bool integer = name.starts_with('I') && !name.starts_with("IQ");
  return !integer && name != "Q8_1" && name != "Q8_K" && name != "F64";
}

Result<Shape> calibration_shape(const CalibrationModel& model) {
  CatalogueRow row = row_of(model.role);
  row.layers = layers_of(model);
  auto header = expand(row, "F16");
  if (!header) return std::unexpected(header.error());
  for (Tensor& tensor : header->tensors) {
    if (is_matrix(tensor)) tensor.type = model.type;
    if (!is_weight_type(model.type) || !checked_bytes(tensor)) {
      return fail(ErrorKind::kUnsupported,
                  fmt::format("{} cannot be calibrated: no weights have it", geometry(model.type).name));
    }
  }
  return shape_from_header(std::move(*header), calibration_model_name(model));
}

const std::vector<GgmlType>& calibrated_types() {
  using enum GgmlType;
  static const std::vector<GgmlType> types{kQ8_0,   kQ4_K,    kQ6_K, kQ4_0,   kF16,    kQ5_K,
                                           kIQ4_XS, kQ5_0,    kQ3_K, kIQ4_NL, kMXFP4,  kIQ3_S,
                                           kBF16,   kIQ3_XXS, kQ2_K, kIQ2_S,  kIQ2_XS, kIQ2_XXS};
  return types;
}

}  // namespace tokcast
