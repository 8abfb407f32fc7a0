// Timings of a model on graphics cards, wholly or in part: the first layers lie in main memory and are the
// processor's, the others are spread over the cards, as llama.cpp's -ngl N does (llama-model.cpp,
// load_tensors).
//
//   decode      = the processor's layers at its rates + each card's layers at that card's + activations
//   prefill     = all layers at the cards' rates + the processor's weights brought over for each batch
//
// Batches of 32 tokens and more are computed on the first card with the weights copied there (ggml's "op
// offload", GGML_OP_OFFLOAD_MIN_BATCH); every point of a prefill in Timings is such a batch.
#ifndef TOKCAST_FORECAST_OFFLOAD_H_
#define TOKCAST_FORECAST_OFFLOAD_H_

#include <optional>
#include <span>

#include "base/result.h"
#include "forecast/kernel_rates.h"
#include "forecast/memory.h"
#include "forecast/workload.h"

namespace tokcast {

struct CardRates {
  KernelRates rates;
  double weight = 1;           // its share of the layers on cards, against the others': its memory
  bool shares_memory = false;  // with the processor: nothing is copied
};

// `processor` may be missing if no layer is left to it. Errors: those of timings_from_rates; kUnsupported if
// the processor has layers and no rates; kUsage without a card.
Result<Timings> timings_on_cards(const Shape& shape, const Workload& workload,
                                 std::span<const CardRates> cards,
                                 const std::optional<KernelRates>& processor);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_OFFLOAD_H_
