// Which models are asked about: those of the catalogue that suit the use, in the mixes that are worth it, and
// those that are on this machine already.
//
// Of each model of the catalogue one mix is looked at first, the smallest that is considered; its larger
// mixes only if that one does not break the budget and fits: what is too slow in Q4_K_M is not faster in
// Q8_0.
#ifndef TOKCAST_CHOOSE_CONTENDERS_H_
#define TOKCAST_CHOOSE_CONTENDERS_H_

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "choose/installed.h"
#include "choose/merit.h"
#include "choose/recommend.h"
#include "choose/use.h"
#include "forecast/forecast.h"
#include "model/catalogue.h"
#include "model/shape.h"

namespace tokcast {

struct LeftOut {
  std::string model;
  std::string why;
};

struct Contenders {
  std::vector<Shape> shapes{};
  std::map<std::pair<std::string, std::string>, Merit> merits{};  // by id and mix
  std::vector<LeftOut> left_out{};                                // unsuited, or not modelled yet

  void add(Shape shape, Merit merit);
  Merit merit_of(const Shape& shape) const;
};

struct ContenderOptions {
  Use use{};
  std::optional<std::string> mix{};  // this one only
  // What is known at once of a model; empty: all mixes are asked about.
  std::function<Forecast(const Shape&)> first_look{};
};

// Adds rows. What suits and cannot be read or is not modelled is left out with its reason.
void add_catalogue(Contenders& out, std::span<const CatalogueRow> rows, const ContenderOptions& options);

// Adds files; one that is a row of the catalogue in a mix that is there already takes its place, under the
// row's id.
void add_installed(Contenders& out, std::span<const InstalledModel> models, const ContenderOptions& options);

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_CONTENDERS_H_
