#include "choose/merit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "choose/quantisation.h"

namespace tokcast {
namespace {

constexpr double kUnknownLoss = 99;

void add_language_remarks(const Abilities& abilities, const Use& use, std::vector<std::string>& out) {
  if (use.needs.languages.empty() || abilities.languages) return;
  out.push_back(fmt::format("nobody says whether it knows {}", fmt::join(use.needs.languages, ", ")));
}

std::vector<std::string> remarks_on(const Abilities& abilities, const Use& use) {
  std::vector<std::string> out;
  if (use.needs.chat && !abilities.chat) out.emplace_back("nobody says whether it follows instructions");
  if (abilities.thinks == Thinks::kAlways)
    out.emplace_back("thinks before it answers: replies are longer than forecast");
  if (abilities.thinks == Thinks::kOptional)
    out.emplace_back("can think before it answers: tell it not to, or replies are longer than forecast");
  if (use.needs.tools && !abilities.tools) out.emplace_back("nobody says whether it calls tools");
  add_language_remarks(abilities, use, out);
  return out;
}

bool grants(const Abilities& abilities, const Needs& needs) {
  return (!needs.code || abilities.code == true) && (!needs.tools || abilities.tools == true);
}

}  // namespace

LicenceKind licence_kind(std::string_view licence) {
  const std::string text = lower(licence);
  const auto has = [&text](const char* word) { return text.find(word) != std::string::npos; };
  if (text.empty() || text == "other") return LicenceKind::kUnknown;
  if (has("-nc") || has("research") || text == "mrl") return LicenceKind::kNonCommercial;
  if (has("modified")) return LicenceKind::kOwnTerms;
  if (has("apache") || text == "mit" || has("bsd")) return LicenceKind::kPermissive;
  return LicenceKind::kOwnTerms;
}

std::string_view licence_kind_name(LicenceKind kind) {
  switch (kind) {
    case LicenceKind::kPermissive:
      return "permissive";
    case LicenceKind::kOwnTerms:
      return "own terms";
    case LicenceKind::kUnknown:
      return "unknown";
    case LicenceKind::kNonCommercial:
      break;
  }
  return "non-commercial";
}

Merit merit_of(const CatalogueRow& row, std::string_view mix, const Use& use) {
  return {.quality = quality_scale().of(row),
          .divergence = divergence_of(mix),
          .licence = row.licence,
          .release_month = row.release_month,
          .grants_wishes = grants(row.abilities, use.needs),
          .remarks = remarks_on(row.abilities, use)};
}

Merit merit_of(const Shape& shape, const Use& use) {
  Merit out{
      .quality = quality_scale().of(ModelSize{.parameters = static_cast<double>(shape.parameters()),
                                              .active = static_cast<double>(shape.active_parameters())}),
      .divergence = divergence_of(shape.quantization),
      .grants_wishes = grants({}, use.needs),
      .remarks = remarks_on({}, use)};
  out.licence = shape.header.find_string("general.license").value_or("");
  out.remarks.emplace_back("not in the catalogue: judged by its size");
  return out;
}

std::optional<std::string> unsuited(const Abilities& abilities, const Use& use) {
  if (use.needs.chat && abilities.chat == false) return "does not follow instructions (a base model)";
  if (use.needs.at_once && abilities.thinks == Thinks::kAlways)
    return "always thinks at length before it answers";
  if (!abilities.languages) return std::nullopt;
  for (const std::string& language : use.needs.languages) {
    if (std::ranges::find(*abilities.languages, language) == abilities.languages->end())
      return fmt::format("is not made for the language {}", printable(language));
  }
  return std::nullopt;
}

RankKey::RankKey(const Shape& shape, const Forecast& forecast, const Merit& merit) {
  constexpr int kOrder[] = {0, 1, 3, 4, 2};  // of Verdict's values: unknown stands before what breaks
  verdict_ = kOrder[static_cast<int>(forecast.verdict)];
  const auto parameters = static_cast<double>(shape.parameters());
  int width = 0;
  if (forecast.turn && forecast.turn->turn.expected.value > 0) {
    const auto& turn = forecast.turn->turn;
    width = static_cast<int>(std::lround((turn.high.value - turn.low.value) / turn.expected.value * 10));
  }
  const double level = merit.quality ? -static_cast<double>(merit.quality->level()) : -parameters;
  merit_ = {!merit.quality,
            level,
            merit.grants_wishes ? 0 : 1,
            merit.divergence.value_or(kUnknownLoss),
            width,
            static_cast<int>(licence_kind(merit.licence)),
            -month_number(merit.release_month).value_or(-1000),
            -parameters,
            shape.id};
  if (verdict_ > 1) seconds_ = forecast.turn ? forecast.turn->turn.expected.value : parameters;
}

}  // namespace tokcast
