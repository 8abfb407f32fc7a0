// A model cut down to a few of its layers, for skeletons: same tensors, same types, fewer blocks.
#ifndef TOKCAST_MODEL_REDUCE_H_
#define TOKCAST_MODEL_REDUCE_H_

#include <cstdint>
#include <span>

#include "base/result.h"
#include "model/gguf.h"

namespace tokcast {

// The header of a model that has only the chosen layers of `full`, numbered 0, 1, ... in the order given (a
// layer may be chosen twice). `full` may come from the catalogue or from a file.
//
// Tensors: those outside the layers stay, except that per-layer input embeddings shrink with the layers, and
// that the query and key norms of command-r go (the engine knows them only in models of 64 layers and more).
// Types stay; offsets are not laid out.
//
// Metadata: per-layer arrays are cut to the chosen layers. The counts of layers, of leading dense ones and of
// those that borrow keys or get image features follow; no next-token-prediction layers remain. Recurrent
// layers that follow a period are listed one by one instead; layers with experts get a new period. Windowed
// layers that follow a period get one that gives as many of them as were chosen, or nearly so, and at least
// one: their tensors are like those of the others, so which is which does not matter. The vocabulary goes, as
// token numbers suffice to run, and so do the keys of split files. Every other key, known or not, is copied.
//
// Errors: kBadInput if the architecture or block_count is missing, or the latter not 1 to 512. kUsage, with
// what to choose as fix, if no layer is chosen, one does not exist or is a next-token-prediction layer; if
// the engine could not tell their kinds in that order (a leading dense layer behind one with experts, experts
// that follow no period, a borrower without its lender); or if it would abort (no layer of a kind that the
// full model has, fewer than four layers of llama4). kUnsupported for what the engine recognises by its
// number of layers (deepseek2 without a query rank).
Result<GgufHeader> reduce_layers(const GgufHeader& full, std::span<const std::uint32_t> chosen_layers);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_REDUCE_H_
