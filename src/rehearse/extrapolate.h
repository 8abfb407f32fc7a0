// From two skeletons to the whole: a linear model with a prior, solved exactly.
//
// A duration is outside + sum over kinds of (layers of the kind x cost of one). Two measurements cannot tell
// three or more unknowns apart; a prior (cost in proportion to work, each kind uncertain by itself) fills the
// gap, and what the measurements do not settle remains as deviation of the result. With one kind of layer and
// little noise the answer is the straight line through the two points. This is Gaussian conditioning
// (kriging); see Rasmussen & Williams, Gaussian Processes for Machine Learning, section 2.1.
#ifndef TOKCAST_REHEARSE_EXTRAPOLATE_H_
#define TOKCAST_REHEARSE_EXTRAPOLATE_H_

#include <vector>

namespace tokcast {

// One unknown of the model: the part outside the layers, or the cost of one layer of a kind.
struct Unknown {
  double work = 0;       // prior mean, in any unit common to all unknowns
  double deviation = 0;  // of the prior, as a share of its mean
};

// How often each unknown enters a duration; same order and length as the unknowns.
using Composition = std::vector<double>;

struct Measured {
  Composition composition;
  double seconds = 0;
  double deviation = 0;  // standard error, seconds
};

struct Extrapolated {
  double seconds = 0;
  double deviation = 0;  // standard deviation, seconds
};

// The duration of `whole`, which may also be a part. `large` must have the greater work; its duration sets
// the prior's scale.
Extrapolated extrapolate(const std::vector<Unknown>& unknowns, const Measured& small, const Measured& large,
                         const Composition& whole);

}  // namespace tokcast

#endif  // TOKCAST_REHEARSE_EXTRAPOLATE_H_
