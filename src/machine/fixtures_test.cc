// What the probe says of other machines: every fixture's whole profile is compared with the committed one, in
// tests/fixtures/machines/expected. With TOKCAST_UPDATE=1 in the environment the expectations are rewritten
// instead; `git diff` then shows what changed, and a person says whether it is right.
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>

#include "machine/fixture_test_util.h"
#include "machine/profile.h"

namespace tokcast {
namespace {

class Fixtures : public testing::TestWithParam<std::string> {};

std::string expected_path(const std::string& name) {
  return std::string(TOKCAST_FIXTURES "/expected/") + name + ".json";
}

std::string profile_text(const Fixture& fixture) {
  Profile profile;
  profile.limits = read_machine(fixture.root());
  profile.facts = read_facts(fixture.root(), "/");
  profile.gpus = survey_gpus({.root = fixture.root()});
  profile.provenance = fixture.archive().value("provenance", "");
  return profile_to_json(profile).dump(1) + "\n";
}

TEST_P(Fixtures, AreProfiledAsExpected) {
  const Fixture fixture(GetParam());
  const std::string profile = profile_text(fixture);
  const std::string path = expected_path(GetParam());
  if (getenv("TOKCAST_UPDATE") != nullptr) {
    ASSERT_TRUE(write_file(path, profile));
    return;
  }
  EXPECT_EQ(profile, read_file(path).value_or("no " + path));
}

TEST_P(Fixtures, SayWhereTheyComeFrom) {
  const std::string provenance = read_fixture(GetParam()).value("provenance", "");
  EXPECT_TRUE(provenance.starts_with("gathered ") || provenance.starts_with("constructed ")) << provenance;
}

// So that a fixture holds nothing that a user's archive could not hold: no path beyond the list, no name.
TEST_P(Fixtures, AreWhatGatherMakesOfThem) {
  const Fixture fixture(GetParam());
  const auto again = gather(fixture.root(), "");
  ASSERT_TRUE(again);
  for (const char* part : {"files", "binary_files", "links", "directories"}) {
    EXPECT_EQ(again->at(part), fixture.archive().at(part)) << part;
  }
}

// Test names are made of letters, digits and underscores.
std::string test_name(const testing::TestParamInfo<std::string>& fixture) {
  std::string name = fixture.param;
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Machines, Fixtures, testing::ValuesIn(fixture_names()), test_name);

}  // namespace
}  // namespace tokcast
