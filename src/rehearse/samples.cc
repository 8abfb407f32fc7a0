#include "rehearse/samples.h"

#include <algorithm>

#include "rehearse/statistics.h"

namespace tokcast {

std::vector<double> values(const std::vector<Seconds>& samples) {
  std::vector<double> out;
  for (const Seconds sample : samples) out.push_back(sample.value);
  return out;
}

std::vector<double> usable_samples(const RehearsalSamples& group) {
  std::vector<double> out = values(group.samples);
  if (group.after_load && out.size() > 1) out.erase(out.begin());
  return out;
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

std::vector<double> SampleTable::of(const BenchTest& test, bool large, std::optional<std::uint32_t> round,
                                    RehearsalPass pass) const {
  std::vector<double> out;
  for (const RehearsalSamples* group : groups(pass)) {
    if (group->large != large || group->test != test || (round && group->number != *round)) continue;
    const auto samples = usable_samples(*group);
    out.insert(out.end(), samples.begin(), samples.end());
  }
  return out;
}

double SampleTable::share_lost(bool decode) const {
  constexpr double kHiccup = 1.3;
  double spent = 0;
  double undisturbed = 0;
  for (const RehearsalSamples* group : groups(RehearsalPass::kRound)) {
    if ((group->test.generate > 0) != decode) continue;
    const double own_speed = quiet(of(group->test, group->large));
    for (const double sample : usable_samples(*group)) {
      spent += std::min(sample, kHiccup * own_speed);
      undisturbed += own_speed;
    }
  }
  return undisturbed > 0 ? std::max(0.0, spent / undisturbed - 1) : 0;
}

}  // namespace tokcast
