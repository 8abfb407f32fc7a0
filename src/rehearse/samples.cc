#include "rehearse/samples.h"
#include "base/statistics.h"

#include <algorithm>

#include "rehearse/statistics.h"

namespace tokcast {

std::vector<double> values(const std::vector<Seconds>& samples) {
  std::vector<double> out;
  for (const Seconds sample : samples) out.push_back(sample.value);
  return out;
}

std::vector<double> usable_samples(const std::vector<Seconds>& samples, bool after_load) {
  std::vector<double> out = values(samples);
  if (after_load && !out.empty()) out.erase(out.begin());
  return out;
}

ShareLost share_lost_by(const std::vector<std::vector<double>>& tests) {
  constexpr double kHiccup = 1.3;
  std::vector<double> slowdowns;
  for (const auto& samples : tests) {
    for (const double sample : samples) slowdowns.push_back(sample / quiet(samples));
  }
  if (slowdowns.empty()) return {};
  double sum = 0;
  for (const double slowdown : slowdowns) sum += std::min(slowdown, kHiccup);
  return {std::max(0.0, quantile(slowdowns, 0.5) - 1),
          std::max(0.0, sum / static_cast<double>(slowdowns.size()) - 1)};
}

SampleTable::SampleTable(const Rehearsal& rehearsal) : rehearsal_(rehearsal) {
  for (const RehearsalSamples* group : groups(RehearsalPass::kRound)) rounds_.insert(group->number);
}

std::vector<BenchTest> SampleTable::tests_in_rounds() const {
  std::set<BenchTest> tests;
  for (const RehearsalSamples* group : groups(RehearsalPass::kRound)) {
    if (group->large) tests.insert(group->test);
  }
  return {tests.begin(), tests.end()};
}

std::vector<const RehearsalSamples*> SampleTable::groups(RehearsalPass pass) const {
  std::vector<const RehearsalSamples*> out;
  for (const RehearsalSamples& group : rehearsal_.samples) {
    if (group.pass == pass) out.push_back(&group);
  }
  return out;
}

std::vector<double> SampleTable::collect(auto wanted) const {
  std::vector<double> out;
  for (const RehearsalSamples& group : rehearsal_.samples) {
    if (!wanted(group)) continue;
    const auto samples = usable_samples(group.samples, group.after_load);
    out.insert(out.end(), samples.begin(), samples.end());
  }
  return out;
}

std::vector<double> SampleTable::of(const BenchTest& test, bool large,
                                    std::optional<RehearsalPass> pass) const {
  return collect([&](const RehearsalSamples& group) {
    return group.large == large && group.test == test && (!pass || group.pass == *pass);
  });
}

std::vector<double> SampleTable::of_round(const BenchTest& test, bool large, std::uint32_t round) const {
  return collect([&](const RehearsalSamples& group) {
    return group.large == large && group.test == test && group.pass == RehearsalPass::kRound &&
           group.number == round;
  });
}

ShareLost SampleTable::share_lost(bool decode) const {
  std::set<std::pair<BenchTest, bool>> seen;
  std::vector<std::vector<double>> tests;
  for (const RehearsalSamples& group : rehearsal_.samples) {
    if ((group.test.generate > 0) != decode || group.test.depth != 0) continue;
    if (seen.emplace(group.test, group.large).second) tests.push_back(of(group.test, group.large));
  }
  return share_lost_by(tests);
}

}  // namespace tokcast
