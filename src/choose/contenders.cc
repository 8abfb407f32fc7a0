#include "choose/contenders.h"

#include <fmt/format.h>

#include <algorithm>

#include "choose/quantisation.h"
#include "model/naming.h"

namespace tokcast {
namespace {

std::pair<std::string, std::string> key_of(const Shape& shape) {
  return {shape.id, shape.quantization};
}

Result<Shape> shape_in(const CatalogueRow& row, const std::string& mix) {
  auto shape = find_shape(row.id + ":" + mix);
  if (!shape || shape->not_modelled.empty()) return shape;
  return fail(ErrorKind::kUnsupported, shape->not_modelled.front(), row.id);
}

bool is_hopeless(const Forecast& forecast) {
  return forecast.verdict == Verdict::kBreaks || forecast.verdict == Verdict::kDoesNotFit;
}

void add_row(Contenders& out, const CatalogueRow& row, const ContenderOptions& options) {
  const std::vector<std::string> mixes =
      options.mix ? std::vector<std::string>{*options.mix} : candidate_mixes(row);
  for (const std::string& mix : mixes) {
    auto shape = shape_in(row, mix);
    if (!shape) {
      out.left_out.push_back({row.id, shape.error().message});
      return;
    }
    const bool is_last = mix == mixes.back() || !options.first_look;
    const bool stop = !is_last && is_hopeless(options.first_look(*shape));
    out.add(std::move(*shape), merit_of(row, mix, options.use));
    if (stop) return;
  }
}

}  // namespace

void Contenders::add(Shape shape, Merit merit) {
  const auto key = key_of(shape);
  const bool fresh = merits.insert_or_assign(key, std::move(merit)).second;
  if (fresh) return shapes.push_back(std::move(shape));
  *std::ranges::find_if(shapes, [&key](const Shape& one) { return key_of(one) == key; }) = std::move(shape);
}

Merit Contenders::merit_of(const Shape& shape) const {
  const auto found = merits.find(key_of(shape));
  return found == merits.end() ? Merit{} : found->second;
}

void add_catalogue(Contenders& out, std::span<const CatalogueRow> rows, const ContenderOptions& options) {
  for (const CatalogueRow& row : rows) {
    if (const auto why = unsuited(row.abilities, options.use)) {
      out.left_out.push_back({row.id, *why});
    } else {
      add_row(out, row, options);
    }
  }
}

void add_installed(Contenders& out, std::span<const InstalledModel> models, const ContenderOptions& options) {
  for (const InstalledModel& model : models) {
    if (!model.shape) continue;
    Shape shape = *model.shape;
    const CatalogueRow* row = row_of(shape, model.name);
    const auto why = row == nullptr ? std::nullopt : unsuited(row->abilities, options.use);
    const std::string gap = shape.not_modelled.empty() ? "" : shape.not_modelled.front();
    if (why || !gap.empty()) {
      out.left_out.push_back({model.name, why.value_or(gap)});
      continue;
    }
    Merit merit =
        row == nullptr ? merit_of(shape, options.use) : merit_of(*row, shape.quantization, options.use);
    if (row != nullptr) shape.id = row->id;
    merit.path = model.path;
    merit.holder = holder_name(model.holder);
    // Two files of one model in one mix: the first is as good as the other.
    const Merit known = out.merit_of(shape);
    if (!known.path) out.add(std::move(shape), std::move(merit));
  }
}

}  // namespace tokcast
