#include "choose/quantisation.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace tokcast {

std::span<const QuantisationLoss> quantisation_losses() {
  static constexpr auto kAll = std::to_array<QuantisationLoss>(
      {{"Q8_0", 0.001355, -0.019, false},    {"Q6_K", 0.005452, -0.007, false},
       {"Q5_K_M", 0.010762, -0.114, false},  {"Q5_K_S", 0.016595, -0.223, false},
       {"Q5_1", 0.018045, -0.287, false},    {"Q5_0", 0.022239, -0.416, false},
       {"Q4_K_M", 0.031273, -0.596, false},  {"IQ4_NL", 0.035742, -0.590, true},
       {"IQ4_XS", 0.036334, -0.668, true},   {"Q4_K_S", 0.043136, -0.927, false},
       {"Q4_1", 0.071683, -0.927, false},    {"Q4_0", 0.071940, -1.588, false},
       {"Q3_K_L", 0.087176, -1.532, false},  {"Q3_K_M", 0.101913, -1.990, false},
       {"IQ3_M", 0.102534, -3.178, true},    {"IQ3_S", 0.111278, -3.066, true},
       {"IQ3_XS", 0.138693, -3.667, true},   {"IQ3_XXS", 0.183625, -3.918, true},
       {"Q3_K_S", 0.228217, -5.604, false},  {"IQ2_M", 0.325989, -6.463, true},
       {"Q2_K_S", 0.403360, -7.131, true},   {"IQ2_S", 0.439197, -8.319, true},
       {"Q2_K", 0.445132, -9.123, false},    {"IQ2_XS", 0.546290, -10.576, true},
       {"IQ2_XXS", 0.812022, -14.363, true}, {"IQ1_M", 1.393084, -24.672, true},
       {"IQ1_S", 2.254554, -31.973, true}});
  return kAll;
}

std::optional<double> divergence_of(std::string_view mix) {
  for (const std::string_view whole : {"F32", "F16", "BF16"}) {
    if (equals_ignoring_case(mix, whole)) return 0;
  }
  const auto found = std::ranges::find_if(quantisation_losses(), [mix](const QuantisationLoss& one) {
    return equals_ignoring_case(one.mix, mix);
  });
  return found == quantisation_losses().end() ? std::nullopt : std::optional(found->divergence);
}

std::vector<std::string> candidate_mixes(const CatalogueRow& row) {
  if (row.architecture == "gpt-oss") return {"MXFP4_MOE"};
  return {"Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0"};
}

std::span<const std::string_view> smaller_mixes() {
  static constexpr std::array<std::string_view, 3> kMixes = {"IQ4_XS", "Q3_K_M", "Q2_K"};
  return kMixes;
}

}  // namespace tokcast
