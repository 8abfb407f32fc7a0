// What speaks for a model besides its speed, and whether it suits a use at all.
#ifndef TOKCAST_CHOOSE_MERIT_H_
#define TOKCAST_CHOOSE_MERIT_H_

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "choose/quality.h"
#include "choose/use.h"
#include "forecast/forecast.h"
#include "model/catalogue.h"
#include "model/shape.h"

namespace tokcast {

// In the order of preference among equals.
enum class LicenceKind {
  kPermissive,     // Apache, MIT, BSD
  kOwnTerms,       // the maker's: read them (Llama, Gemma, OpenRAIL ...)
  kUnknown,        // not told, or told as "other"
  kNonCommercial,  // research or non-commercial use only
};

LicenceKind licence_kind(std::string_view licence);
// "permissive", "own terms", "unknown", "non-commercial".
std::string_view licence_kind_name(LicenceKind kind);

struct Merit {
  std::optional<Quality> quality{};    // nullopt: nothing is known
  std::optional<double> divergence{};  // of its mix, see quantisation.h; nullopt: not known
  std::string licence{};               // may be empty
  std::string release_month{};         // may be empty
  bool grants_wishes = false;          // known to do what the use wishes for
  std::vector<std::string> remarks{};  // what the user should know
  std::optional<std::string> path{};   // of a file that is on this machine already
  std::string holder{};                // who keeps that file
};

// Of a row of the catalogue in this mix.
Merit merit_of(const CatalogueRow& row, std::string_view mix, const Use& use);
// Of a model that is in no catalogue: by its size.
Merit merit_of(const Shape& shape, const Use& use);

// Why a model is no candidate for this use; nullopt: it is one. Only what is known counts against it.
std::optional<std::string> unsuited(const Abilities& abilities, const Use& use);

// The order of candidates: the smaller, the better. Verdicts first (keeps, at risk, not known, breaks, does
// not fit); among models that answer in time the better quality (in steps, see quality.h), then what the use
// wishes for, then the smaller loss by quantising, the narrower interval, the freer licence, the newer model,
// the larger one. Where no quality is known, the larger model. Among those that do not answer in time the
// quicker one.
class RankKey {
 public:
  RankKey(const Shape& shape, const Forecast& forecast, const Merit& merit);

  auto operator<=>(const RankKey&) const = default;

  // Both answer in time or may; would this one be preferred if both did?
  bool preferred_to(const RankKey& other) const { return merit_ < other.merit_; }

 private:
  int verdict_ = 0;
  double seconds_ = 0;  // 0 where merit decides
  std::tuple<bool, double, int, double, int, int, int, double, std::string> merit_{};
};

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_MERIT_H_
