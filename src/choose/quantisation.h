// What quantising costs, where somebody measured it; elsewhere unknown.
//
// Source: llama.cpp, tools/perplexity/README.md, "LLaMA 3 8b Scoreboard" (revision f364eb6f, RTX 4090,
// Wikitext-2): the mean Kullback-Leibler divergence of the next token's probabilities from those of the F16
// model, and the mean change of the right token's probability. Without importance matrix where that was
// measured, else with the one of 10 million Wikitext tokens, as marked. It is one model: others lose more or
// less (Llama 2 7B at Q4_K_M 0.013 instead of 0.031), but in the same order. It compares mixes of one model;
// no source tells what a loss costs on the scale of quality.h, so none is subtracted there.
#ifndef TOKCAST_CHOOSE_QUANTISATION_H_
#define TOKCAST_CHOOSE_QUANTISATION_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/catalogue.h"

namespace tokcast {

struct QuantisationLoss {
  std::string_view mix;
  double divergence;           // mean, nats a token
  double probability_percent;  // mean change of the right token's probability
  bool importance_matrix;
};

// Smallest loss first. F32, F16 and BF16 lose nothing that this measures and are not in it.
std::span<const QuantisationLoss> quantisation_losses();

// 0 for what is not quantised; nullopt: nobody measured it. Case does not matter.
std::optional<double> divergence_of(std::string_view mix);

// The mixes that `recommend` considers of a model: Q8_0 to Q4_K_M. Below, a model loses several times as
// much, and nobody knows how much of its lead over a smaller one. Models that were trained in a mix of their
// own (gpt-oss) are considered in that one only.
std::vector<std::string> candidate_mixes(const CatalogueRow& row);
// Further down, for what is just out of reach.
std::span<const std::string_view> smaller_mixes();

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_QUANTISATION_H_
