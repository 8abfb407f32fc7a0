#include "choose/quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr const char* kArena = "arena_elo";
constexpr auto kMappedScores = std::to_array<const char*>(
    {"aa_index_v4.1.1", "livebench_2026-01-08", "open_llm_lb2_avg", "open_llm_lb1_avg"});
constexpr std::size_t kFewestModels = 6;  // of a fit; below, a score is of no use

std::optional<double> score(const CatalogueRow& row, const std::string& name) {
  const auto found = row.quality.find(name);
  return found == row.quality.end() ? std::nullopt : std::optional(found->second);
}

double root_mean_square(const std::vector<double>& misses) {
  if (misses.empty()) return 0;
  double sum = 0;
  for (const double miss : misses) sum += miss * miss;
  return std::sqrt(sum / static_cast<double>(misses.size()));
}

// What each pair would have got from the others.
double left_out_spread(const std::vector<std::pair<double, double>>& pairs) {
  std::vector<double> misses;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    auto others = pairs;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    misses.push_back(pairs[i].second - mapped(monotone_fit(others), pairs[i].first));
  }
  return root_mean_square(misses);
}

// Least squares by the normal equations, three unknowns at most: Gauss with pivots.
template <std::size_t N>
std::array<double, N> solve(std::array<std::array<double, N + 1>, N> rows) {
  for (std::size_t i = 0; i < N; ++i) {
    std::size_t pivot = i;
    for (std::size_t k = i + 1; k < N; ++k) {
      if (std::abs(rows[k][i]) > std::abs(rows[pivot][i])) pivot = k;
    }
    std::swap(rows[i], rows[pivot]);
    if (rows[i][i] == 0) return {};
    for (std::size_t k = 0; k < N; ++k) {
      if (k == i) continue;
      const double factor = rows[k][i] / rows[i][i];
      for (std::size_t j = 0; j <= N; ++j) rows[k][j] -= factor * rows[i][j];
    }
  }
  std::array<double, N> out{};
  for (std::size_t i = 0; i < N; ++i) out[i] = rows[i][N] / rows[i][i];
  return out;
}

template <std::size_t N>
struct Sample {
  std::array<double, N> facts;
  double points;
};

template <std::size_t N>
std::array<double, N> least_squares(const std::vector<Sample<N>>& samples) {
  std::array<std::array<double, N + 1>, N> rows{};
  for (const Sample<N>& sample : samples) {
    for (std::size_t i = 0; i < N; ++i) {
      for (std::size_t j = 0; j < N; ++j) rows[i][j] += sample.facts[i] * sample.facts[j];
      rows[i][N] += sample.facts[i] * sample.points;
    }
  }
  return solve<N>(rows);
}

template <std::size_t N>
double spread_of(const std::vector<Sample<N>>& samples, const std::array<double, N>& line) {
  std::vector<double> misses;
  for (const Sample<N>& sample : samples) {
    misses.push_back(sample.points - std::inner_product(line.begin(), line.end(), sample.facts.begin(), 0.0));
  }
  return root_mean_square(misses);
}

double dense_equivalent_log(const ModelSize& size) {
  return 0.5 * (std::log(size.parameters) + std::log(size.active > 0 ? size.active : size.parameters));
}

// Parameters that one token uses: without the experts that are not chosen. The experts' three matrices are
// all that counts here.
double active_parameters(const CatalogueRow& row) {
  const auto all = static_cast<double>(row.parameters.value_or(0));
  if (!row.experts || !row.expert_feed_forward_length) return all;
  const auto dense = row.tensor_flags.find("n_dense_lead");
  const double lead = dense != row.tensor_flags.end() && dense->is_number() ? dense->get<double>() : 0;
  const double each = 3.0 * row.embedding_length * *row.expert_feed_forward_length;
  const double idle = std::max(0.0, row.layers - lead) * each * (*row.experts - row.experts_used.value_or(0));
  return std::max(all * 0.01, all - idle);
}

}  // namespace

int Quality::level() const {
  return static_cast<int>(std::floor(cautious() / kQualityStep));
}

std::string Quality::sentence() const {
  if (decided_by == kArena) return fmt::format("{} {:.0f}", decided_by, value);
  if (decided_by == "parameters")
    return fmt::format("perhaps {:.0f} by its {} billion parameters", points, format_number(value / 1e9));
  return fmt::format("about {:.0f} by {} {}", points, decided_by, format_number(value));
}

MonotoneMap monotone_fit(std::vector<std::pair<double, double>> pairs) {
  struct Block {
    double x, y, weight;
  };
  std::ranges::sort(pairs);
  std::vector<Block> blocks;
  const auto merge = [&blocks] {
    const Block last = blocks.back();
    blocks.pop_back();
    Block& before = blocks.back();
    const double weight = before.weight + last.weight;
    before = {(before.x * before.weight + last.x * last.weight) / weight,
              (before.y * before.weight + last.y * last.weight) / weight, weight};
  };
  for (const auto& [x, y] : pairs) {
    blocks.push_back({x, y, 1});
    while (blocks.size() > 1) {
      const Block& before = blocks[blocks.size() - 2];
      if (before.y < blocks.back().y && before.x < blocks.back().x) break;
      merge();
    }
  }
  MonotoneMap out;
  for (const Block& block : blocks) out.emplace_back(block.x, block.y);
  return out;
}

double mapped(const MonotoneMap& map, double score) {
  const auto above = std::ranges::lower_bound(map, score, {}, &std::pair<double, double>::first);
  if (above == map.begin()) return above->second;
  if (above == map.end()) return map.back().second;
  const auto below = std::prev(above);
  return below->second +
         (above->second - below->second) * (score - below->first) / (above->first - below->first);
}

std::optional<int> month_number(std::string_view year_month) {
  if (year_month.size() != 7 || year_month[4] != '-') return std::nullopt;
  const auto year = parse_uint(year_month.substr(0, 4));
  const auto month = parse_uint(year_month.substr(5));
  if (!year || !month || *year < 2000 || *year > 2100 || *month < 1 || *month > 12) return std::nullopt;
  return (static_cast<int>(*year) - 2023) * 12 + static_cast<int>(*month) - 1;
}

QualityScale::QualityScale(std::span<const CatalogueRow> rows) {
  for (const CatalogueRow& row : rows) {
    const auto month = month_number(row.release_month);
    if (!month || row.family.empty()) continue;
    const auto [place, fresh] = first_month_.emplace(row.family, *month);
    if (!fresh) place->second = std::min(place->second, *month);
  }
  for (const char* name : kMappedScores) {
    std::vector<std::pair<double, double>> pairs;
    for (const CatalogueRow& row : rows) {
      const auto arena = score(row, kArena);
      const auto other = score(row, name);
      if (arena && other) pairs.emplace_back(*other, *arena);
    }
    if (pairs.size() < kFewestModels) continue;
    steps_.push_back({name, monotone_fit(pairs), pairs.size(), left_out_spread(pairs)});
  }
  std::vector<Sample<3>> dated;
  std::vector<Sample<2>> all;
  for (const CatalogueRow& row : rows) {
    const auto arena = score(row, kArena);
    if (!arena || !row.parameters) continue;
    const ModelSize size = size_of(row);
    all.push_back({{1, dense_equivalent_log(size)}, *arena});
    if (const auto month = month_number(row.release_month))
      dated.push_back({{1, dense_equivalent_log(size), static_cast<double>(*month)}, *arena});
  }
  const auto three = least_squares(dated);
  with_month_ = {three[0], three[1], three[2], spread_of(dated, three), dated.size()};
  const auto two = least_squares(all);
  without_month_ = {two[0], two[1], 0, spread_of(all, two), all.size()};
  for (const CatalogueRow& row : rows) {
    const auto scored = by_score(row);
    if (scored && row.parameters)
      scored_.emplace_back(static_cast<double>(*row.parameters), scored->cautious());
  }
}

std::optional<double> QualityScale::upper_quartile_near(double parameters) const {
  std::vector<double> peers;
  for (const auto& [size, points] : scored_) {
    if (size >= parameters / 2 && size <= parameters * 2) peers.push_back(points);
  }
  if (peers.empty()) return std::nullopt;
  std::ranges::sort(peers);
  return peers[(peers.size() - 1) * 3 / 4];
}

double QualityScale::fewest_points() const {
  if (scored_.empty()) return 0;
  return std::ranges::min_element(scored_, {}, &std::pair<double, double>::second)->second;
}

ModelSize QualityScale::size_of(const CatalogueRow& row) const {
  ModelSize out{.parameters = static_cast<double>(row.parameters.value_or(0)),
                .active = active_parameters(row),
                .month = month_number(row.release_month)};
  const auto family = first_month_.find(row.family);
  if (!out.month && family != first_month_.end()) out.month = family->second;
  return out;
}

std::optional<Quality> QualityScale::by_score(const CatalogueRow& row) const {
  if (const auto arena = score(row, kArena)) return Quality{*arena, 0, kArena, *arena};
  for (const Step& step : steps_) {
    const auto own = score(row, step.score);
    if (!own) continue;
    Quality out{mapped(step.map, *own), step.spread, step.score, *own,
                fmt::format("mapped to the arena's scale by {} models that have both", step.models)};
    if (*own > step.map.back().first) out.remark += "; beyond the best of them, so perhaps better than told";
    return out;
  }
  return std::nullopt;
}

std::optional<Quality> QualityScale::of(const CatalogueRow& row) const {
  if (auto scored = by_score(row)) return scored;
  auto out = of(size_of(row));
  if (out && month_number(row.release_month) == std::nullopt)
    out->remark += "; its month of release is not known";
  return out;
}

std::optional<Quality> QualityScale::of(const ModelSize& size) const {
  if (!(size.parameters > 0)) return std::nullopt;
  const Line& line = size.month ? with_month_ : without_month_;
  if (line.models == 0) return std::nullopt;
  Quality out{.spread = line.spread, .decided_by = "parameters", .value = size.parameters};
  out.points = line.at_zero + line.per_log_parameter * dense_equivalent_log(size) +
               line.per_month * size.month.value_or(0);
  out.remark = "no score is known: its size is a rough sign and no more";
  if (const auto most = upper_quartile_near(size.parameters)) {
    out.points = std::min(out.points, *most + out.spread);
  } else {
    // Nothing near it has a score: an extrapolation is worth nothing.
    out.points = std::min(out.points, fewest_points());
  }
  return out;
}

const QualityScale& quality_scale() {
  static const QualityScale scale = [] {
    std::vector<CatalogueRow> ours;
    for (const CatalogueRow& row : catalogue()) {
      if (!row.own) ours.push_back(row);
    }
    return QualityScale(ours);
  }();
  return scale;
}

}  // namespace tokcast
