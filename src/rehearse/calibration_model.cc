#include "rehearse/calibration_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "model/catalogue.h"

namespace tokcast {
namespace {

struct Widths {
  std::uint32_t embedding = 2048;
  std::uint32_t feed_forward = 5632;  // of an expert, in a mixture
  std::uint32_t heads = 16;
  std::uint32_t kv_heads = 2;
  std::uint32_t head_length = 128;
  std::string_view architecture = "llama";
};

Widths widths_of(CalibrationRole role) {
  switch (role) {
    case CalibrationRole::kShallow:
    case CalibrationRole::kTall:
      return {.embedding = 256, .feed_forward = 256, .heads = 2, .kv_heads = 1};
    case CalibrationRole::kMedium:
      return {.embedding = 1024, .feed_forward = 2816, .heads = 8, .kv_heads = 1};
    case CalibrationRole::kType:
    case CalibrationRole::kLarge:
    case CalibrationRole::kShared:
      return {};
    case CalibrationRole::kOwnHeads:
      return {.kv_heads = 16};
    case CalibrationRole::kManyOwn:
      return {.feed_forward = 512, .kv_heads = 16};
    case CalibrationRole::kManyShared:
      return {.feed_forward = 512};
    case CalibrationRole::kHeads96:
      return {.embedding = 512, .feed_forward = 512, .kv_heads = 16, .head_length = 96};
    case CalibrationRole::kHeads80:
      return {.embedding = 512, .feed_forward = 512, .kv_heads = 16, .head_length = 80};
    case CalibrationRole::kExperts:
      return {.feed_forward = 768, .kv_heads = 4, .architecture = "qwen3moe"};
    case CalibrationRole::kWide:
      return {.embedding = 1536, .feed_forward = 8960, .heads = 12, .architecture = "qwen2"};
    case CalibrationRole::kCheckNorms:
      return {.feed_forward = 6144, .kv_heads = 8, .architecture = "qwen3"};
  }
  std::unreachable();
}

CatalogueRow row_of(CalibrationRole role) {
  const Widths widths = widths_of(role);
  CatalogueRow row;
  row.id = "calibration";
  row.architecture = widths.architecture;
  row.vocabulary = 256;
  row.context_length = 4096;
  row.embedding_length = widths.embedding;
  row.head_length = widths.head_length;
  row.heads = {widths.heads};
  row.kv_heads = {widths.kv_heads};
  if (role != CalibrationRole::kExperts) {
    row.feed_forward_length = {widths.feed_forward};
    return row;
  }
  row.experts = 128;
  row.experts_used = 8;
  row.expert_feed_forward_length = widths.feed_forward;
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
    case CalibrationRole::kManyOwn:
    case CalibrationRole::kManyShared:
      return 6;
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
    case CalibrationRole::kManyOwn:
      return "attention, own heads";
    case CalibrationRole::kManyShared:
      return "attention, shared heads";
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
