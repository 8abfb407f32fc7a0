#include "rehearse/extrapolate.h"

#include <algorithm>
#include <cmath>

namespace tokcast {
namespace {

class Prior {
 public:
  Prior(const std::vector<Unknown>& unknowns, const Measured& large) : unknowns_(unknowns) {
    scale_ = large.seconds / mean(large.composition);
  }

  double mean(const Composition& a) const {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * unknowns_[i].work;
    return sum * scale_;
  }

  double covariance(const Composition& a, const Composition& b) const {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double deviation = scale_ * unknowns_[i].work * unknowns_[i].deviation;
      sum += a[i] * b[i] * deviation * deviation;
    }
    return sum;
  }

 private:
  const std::vector<Unknown>& unknowns_;
  double scale_ = 1;
};

}  // namespace

Extrapolated extrapolate(const std::vector<Unknown>& unknowns, const Measured& small, const Measured& large,
                         const Composition& whole) {
  const Prior prior(unknowns, large);
  const Composition& s = small.composition;
  const Composition& l = large.composition;
  const double ss = prior.covariance(s, s) + small.deviation * small.deviation;
  const double ll = prior.covariance(l, l) + large.deviation * large.deviation;
  const double sl = prior.covariance(s, l);
  const double determinant = ss * ll - sl * sl;
  const double ws = prior.covariance(whole, s);
  const double wl = prior.covariance(whole, l);
  // Weights of the two surprises: the row vector (ws, wl) times the inverse of ((ss, sl), (sl, ll)).
  const double weight_small = (ws * ll - wl * sl) / determinant;
  const double weight_large = (wl * ss - ws * sl) / determinant;
  const double seconds = prior.mean(whole) + weight_small * (small.seconds - prior.mean(s)) +
                         weight_large * (large.seconds - prior.mean(l));
  const double variance = prior.covariance(whole, whole) - weight_small * ws - weight_large * wl;
  // Noise must not make what contains the large skeleton quicker than that, nor anything quicker than
  // nothing.
  const bool contains = std::ranges::equal(whole, l, std::ranges::greater_equal{});
  return {std::max(seconds, contains ? large.seconds : 0.0), std::sqrt(std::max(variance, 0.0))};
}

}  // namespace tokcast
