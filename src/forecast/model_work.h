// What a model asks of an engine, summed up once from its shape: the work that rates (kernel_rates.h) price.
#ifndef TOKCAST_FORECAST_MODEL_WORK_H_
#define TOKCAST_FORECAST_MODEL_WORK_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "model/ggml_type.h"
#include "model/shape.h"

namespace tokcast {

// Matrices of one type that see the same tokens. llama.cpp drops all rows but the last token's before the
// feed-forward part of the last layer (docs/FORECAST.md), so that part and the output matrix see one row of a
// whole prefill.
struct MatrixWork {
  GgmlType type = GgmlType::kF32;
  bool last_token_only = false;
  // Results of two tokens lie a multiple of 2 KiB apart, so that those of many tokens share a few sets of the
  // first-level cache: kernels that add to them often (ggml's for AMX, types with blocks of 32) then wait.
  bool aligned_results = false;
  // 1 and 1 for dense matrices; else each token chooses `experts_used` of `experts`.
  double experts = 1;
  double experts_used = 1;
  double parameters = 0;  // of all experts together

  // What `tokens` tokens touch: how many parameters, and how many rows (tokens) each of those meets, on
  // average, if tokens choose experts evenly and independently.
  double touched_parameters(double tokens) const;
  double rows(double tokens) const;
};

struct ModelWork {
  std::vector<MatrixWork> matrices{};  // one for each (type, last_token_only, aligned_results, experts)
  double layers = 0;
  double activation_values = 0;  // read or written by norms, activations and residuals for one token
  double key_value_bytes = 0;    // that one position has attended, all attention layers, F16
  double attention_values = 0;   // heads x (key length + value length), summed over attention layers
  // Of those, what is left over where vectors of 64, or of 32, values do not divide a head's length:
  // llama.cpp does it one by one (docs/FORECAST.md).
  double attention_rest_64 = 0;
  double attention_rest_32 = 0;
  double state_values = 0;  // that recurrent layers carry on and renew with each token
  double recurrent_layers = 0;
};

// Layers `first` to `end` - 1, with what stands before the first layer of all (`input`) and after the last
// (`output`).
struct LayerRange {
  std::uint32_t first = 0;
  std::uint32_t end = std::numeric_limits<std::uint32_t>::max();
  bool input = true;
  bool output = true;
};

// Bytes of weights that a batch of so many tokens meets; of experts, those that it touches.
double weight_bytes_met(const ModelWork& work, double tokens);

// Of the whole model, or of the part that one device does.
ModelWork model_work(const Shape& shape, const LayerRange& range = {});

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_MODEL_WORK_H_
