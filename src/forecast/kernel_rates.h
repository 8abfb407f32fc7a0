// How fast an engine does each kind of work on one machine with some threads: what every rung of the evidence
// ladder below `rehearsed` ends in, and how that becomes the Timings of any model.
//
//   step(n tokens at depth x) = step + layers * layer
//                             + sum over matrices of touched parameters * cost(type, rows) * factors
//                             + n * activation values * activation
//                             + attention + state
//   state, decode      = state values * 8 bytes (read and written) * key_value
//   state, prefill     = n * 2 * state values * attention
//   attention, decode  = positions * (key-value bytes * key_value + attention values * decode_attention
//                                     + rest values * decode_rest), calibrated ones times 1.3
//   attention, prefill = n * positions * (attention values * attention + rest values * rest)
//
// cost(type, rows) is seconds per parameter, piecewise linear in the rows (tokens) that meet it: at one row
// mostly the reading and unpacking of the weights, at many rows the multiplications. Derivation:
// docs/FORECAST.md.
#ifndef TOKCAST_FORECAST_KERNEL_RATES_H_
#define TOKCAST_FORECAST_KERNEL_RATES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/model_work.h"
#include "forecast/timings.h"
#include "model/ggml_type.h"
#include "model/shape.h"

namespace tokcast {

// Seconds for one parameter to meet `rows` rows, all of them together.
struct RowCost {
  double rows = 1;
  double seconds = 0;
};

// Ascending in rows, the first at 1. Linear between points, in proportion beyond the last.
using TypeCost = std::vector<RowCost>;

double cost_at(const TypeCost& cost, double rows);

// What values cost besides that a vector does not hold, as ModelWork counts them.
struct HeadRest {
  std::uint32_t vector_values = 64;  // 64 or 32
  double decode_seconds = 0;         // decode: for each position and rest value
  double prefill_seconds = 0;        // prefill: for each token, position and rest value

  double values(const ModelWork& work) const {
    return vector_values == 64 ? work.attention_rest_64 : work.attention_rest_32;
  }
};

// What a mixture's experts cost against dense matrices of their type whose parameters meet as many rows:
// engines multiply them with other kernels.
struct RowFactor {
  double rows = 1;
  double factor = 1;
};

// What no engine can outrun: all weights that a step meets must come from memory, but for what caches may
// have kept.
struct MemoryFloor {
  double bytes_per_second = 0;
  double cached_bytes = 0;
};

struct KernelRates {
  Evidence evidence = Evidence::kEstimated;
  std::string source;  // one phrase, as in Timings
  std::uint32_t threads = 1;
  std::map<GgmlType, TypeCost> types{};
  double step_seconds = 0;              // of every decode step and every micro-batch
  double layer_seconds = 0;             // of every layer in each of them
  double activation_seconds = 0;        // for each activation value of a token, in prefill
  double key_value_seconds = 0;         // decode: for each byte of keys and values attended
  double decode_attention_seconds = 0;  // decode: for each position and attention value
  double attention_seconds = 0;         // prefill: for each token, position and attention value
  std::optional<HeadRest> head_rest{};  // nullopt: not known
  // Prefill: what a matrix costs whose results are not aligned (MatrixWork) against one whose are; types that
  // are not here: not known, 1.
  std::map<GgmlType, double> unaligned_factors{};
  std::vector<RowFactor> expert_factors{};  // ascending in rows, constant beyond; empty: not known, 1
  std::optional<MemoryFloor> floor{};       // nullopt: not known
  Reach decode{};
  Reach prefill{};
  std::optional<double> taken_by_others{};  // as in Timings
  std::optional<std::uint32_t> undisturbed_threads{};
};

// The types of a model's matrices for which `rates` has no cost, in id order. F32, which only small matrices
// are, is priced by its bytes from another float, else from the type with the most bits.
std::vector<GgmlType> types_without_cost(const ModelWork& work, const KernelRates& rates);

// Points at 32, 128 and 512 tokens and at depths 0 and 1024; with several sessions, what those cost too.
// Errors: kUnsupported, naming the types that have no cost.
Result<Timings> timings_from_rates(const ModelWork& work, const Shape& shape, const KernelRates& rates,
                                   std::uint32_t sessions = 1);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_KERNEL_RATES_H_
