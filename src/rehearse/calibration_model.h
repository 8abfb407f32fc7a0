// The synthetic models of a calibration: layers as llama has them, or a relative, whose matrices all have one
// type.
#ifndef TOKCAST_REHEARSE_CALIBRATION_MODEL_H_
#define TOKCAST_REHEARSE_CALIBRATION_MODEL_H_

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/ggml_type.h"
#include "model/shape.h"

namespace tokcast {

// What its decodes generate, and the depth at which attention is timed.
constexpr std::uint32_t kCalibrationDecodeTokens = 8;
constexpr std::uint32_t kCalibrationDepth = 1024;

// What a synthetic model is for.
enum class CalibrationRole {
  kShallow,     // few tiny layers, and
  kTall,        // many: their difference is what a layer costs besides its weights
  kMedium,      // layers of half the usual width: what norms and activations cost against weights
  kType,        // wide layers of one type: what its weights cost
  kOwnHeads,    // of older calibrations, before kManyOwn
  kShared,      // likewise, before kManyShared
  kHeads96,     // narrow layers, heads of 96 values: a vector of 64 leaves 32 over
  kHeads80,     // the same with 80: vectors of 64 and of 32 both leave 16 over
  kExperts,     // 128 experts of which a token chooses eight: other kernels than those of dense matrices, and
                // more bytes than a cache holds
  kWide,        // as kType, most results not aligned (MatrixWork): what kernels gain by that. Also compared
  kCheckNorms,  // nothing is solved from it, but compared: more heads of keys and values, and norms of them
  kLarge,    // as kType with more layers, decode alone: where a last-level cache would hold some of that one
  kManyOwn,  // many layers that are mostly attention, each query head with keys and values of its own: what
             // attention costs
  kManyShared,  // the same with eight query heads to one of keys and values
};

struct CalibrationModel {
  CalibrationRole role = CalibrationRole::kType;
  GgmlType type = GgmlType::kQ4_K;

  auto operator<=>(const CalibrationModel&) const = default;
};

// "tall", "type Q4_K" ...
std::string calibration_model_name(const CalibrationModel& model);

// Errors: kUnsupported for a type whose blocks do not divide the rows, or integers.
Result<Shape> calibration_shape(const CalibrationModel& model);

// Can it be calibrated: a type that weights have?
bool is_weight_type(GgmlType type);

// The types of files in use: kCommonType, on which the figures of all others rest, then the most common
// first. The first kQuickTypes are the quick ones.
constexpr GgmlType kCommonType = GgmlType::kQ4_K;
const std::vector<GgmlType>& calibrated_types();
constexpr std::size_t kQuickTypes = 5;

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_CALIBRATION_MODEL_H_
