#include "machine/profile.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/temporary_directory_test_util.h"
#include "machine/profile_store.h"

namespace tokcast {
namespace {

Profile full_profile() {
  Profile profile;
  profile.limits = {.name = "Some CPU",
                    .logical_cpus = 4,
                    .physical_cores = 2,
                    .allowed_cpus = 4,
                    .cpu_quota = 1.5,
                    .last_level_cache = Bytes(8'000'000),
                    .memory_total = Bytes(16'000'000'000),
                    .memory_available = Bytes(9'000'000'000),
                    .kernel = "6.1"};
  profile.facts.cpu.name = "Some CPU";
  profile.facts.cpu.isa = {"avx2"};
  profile.facts.cpu.caches = {{3, Bytes(8'000'000), 1}};
  profile.facts.cpu.numa_nodes = {{.id = 1, .memory = Bytes(5), .cpus = {0, 3}}};
  profile.facts.memory.modules = {{Bytes(8'000'000'000), "DDR4", 3200}};
  profile.facts.unknown = {{"disk.kind", "no /sys"}};
  profile.gpus.gpus = {{.name = "RTX", .vendor = "NVIDIA", .memory_total = Bytes(24), .sources = {"nvml"}}};
  profile.gpus.troubles = {{"vulkan", "it hung", "Wait."}};
  Rates rates;
  rates.bandwidth = {{.threads = 2, .numa_node = 1, .bytes_per_second = {4e10, 3e10, 5e10, 7}}};
  rates.dot = {{"int8", "avx2", 2, {9e11, 8e11, 1e12, 7}}};
  rates.wall = Seconds(2.5);
  profile.rates = rates;
  profile.provenance = "probed";
  profile.unix_time = 1'700'000'000;
  profile.tool_version = "0.1.0";
  return profile;
}

TEST(Profile, SurvivesTheWayThroughJson) {
  const Json written = profile_to_json(full_profile());
  const auto read = profile_from_json(written);
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(profile_to_json(*read), written);
  EXPECT_EQ(read->limits.cpu_quota, 1.5);
  EXPECT_EQ(read->facts.cpu.numa_nodes[0].cpus, (std::vector<std::uint32_t>{0, 3}));
  EXPECT_EQ(read->rates->bandwidth[0].numa_node, 1U);
}

TEST(Profile, WritesWhatIsNotKnownAsNull) {
  const Json written = profile_to_json({});
  EXPECT_TRUE(written["cpu"]["cores"].is_null());
  EXPECT_TRUE(written["limits"]["usable_memory_bytes"].is_null());
  EXPECT_TRUE(written["rates"].is_null());
  EXPECT_TRUE(profile_from_json(written));
}

TEST(Profile, NamesTheKeyThatIsMissingOrImpossible) {
  const auto place_after = [](auto change) {
    Json json = profile_to_json(full_profile());
    change(json);
    const auto read = profile_from_json(json);
    return read ? std::string("accepted") : read.error().place;
  };
  EXPECT_EQ(place_after([](Json& j) { j["cpu"].erase("cores"); }), "cpu.cores");
  EXPECT_EQ(place_after([](Json& j) { j["cpu"]["cores"] = -1; }), "cpu.cores");
  EXPECT_EQ(place_after([](Json& j) { j["cpu"]["cores"] = 5'000'000'000; }), "cpu.cores");
  EXPECT_EQ(place_after([](Json& j) { j["limits"]["cpu_quota"] = "many"; }), "limits.cpu_quota");
  EXPECT_EQ(place_after([](Json& j) { j["gpus"] = 3; }), "gpus");
  EXPECT_EQ(place_after([](Json& j) { j["schema"] = "tokcast.machine/2"; }), "schema");
  EXPECT_EQ(place_after([](Json& j) { j = Json::array(); }), "schema");
}

TEST(Profile, IsKeptForThisMachineOnly) {
  const TemporaryDirectory directory;
  const std::string path = directory / "new/machine.json";
  ASSERT_TRUE(save_profile(path, full_profile()));
  Machine now = full_profile().limits;
  EXPECT_TRUE(find_profile(path, now));
  now.kernel = "6.2";
  EXPECT_FALSE(find_profile(path, now)) << "another kernel";
  now = full_profile().limits;
  now.cpu_quota.reset();
  EXPECT_FALSE(find_profile(path, now)) << "another share of it";
  ASSERT_TRUE(write_file(path, "{"));
  EXPECT_FALSE(find_profile(path, full_profile().limits));
  EXPECT_FALSE(find_profile(path + ".none", full_profile().limits));
}

}  // namespace
}  // namespace tokcast
