// `tokcast probe` and `tokcast gather` from the outside, on this machine and on others' files.
#include <gtest/gtest.h>

#include <cmath>

#include "cli_test_util.h"
#include "machine/own_cpus_test_util.h"
#include "schema.h"

namespace tokcast {
namespace {

class Probe : public Cli {
 protected:
  // Another machine's files, laid out.
  std::string machine(const std::string& name) {
    const std::string archive = std::string(TOKCAST_FIXTURES) + "/" + name + ".json";
    EXPECT_EQ(tokcast({"gather", archive, "--unpack", home_ / name}).exit_code, 0);
    return home_ / name;
  }
  std::string profile_of(const std::string& name) {
    const std::string file = home_ / (name + ".profile.json");
    EXPECT_EQ(tokcast({"probe", "--root", machine(name), "--save", file}).exit_code, 0);
    return file;
  }
};

TEST_F(Probe, MeasuresThisMachineAndItsDocumentIsWhatTheSchemaSays) {
  const ChildResult result = tokcast({"probe", "--quick", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_EQ(schema_findings("machine", result.standard_output), "");
  const Json json = parsed(result);
  EXPECT_GT(json["rates"]["bandwidth"][0]["bytes_per_second"]["median"].get<double>(), 1e8);
  EXPECT_FALSE(json["rates"]["dot"].empty());
  EXPECT_GE(json["limits"]["usable_threads"].get<int>(), 1);
}

TEST_F(Probe, FitsOnAPageOfEightyColumns) {
  const ChildResult result = tokcast({"probe", "--no-rates"});
  ASSERT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_LE(widest_line(result.standard_output), 80) << result.standard_output;
  EXPECT_TRUE(contains(result.standard_output, "may be used"));
  EXPECT_TRUE(contains(result.standard_output, "tokcast recommend"));
}

TEST_F(Probe, ReadsAnotherMachinesFilesAndSavesAProfileThatForecastsTake) {
  const std::string file = profile_of("container-quota-half");
  EXPECT_EQ(schema_findings("machine", read_text(file)), "");
  const Json json = parsed(tokcast({"forecast", kSmall, "--machine", file, "--json"}));
  EXPECT_EQ(parse_json(read_text(file), file)->at("limits").at("usable_threads"), 1) << "half a processor";
  EXPECT_LE(json["memory"]["limit_bytes"].get<double>(), std::pow(2, 31)) << "2 GiB";
  EXPECT_EQ(json["memory"]["limit_from"], "cgroup");
}

TEST_F(Probe, TakesAMachineInWords) {
  const Json json =
      parsed(tokcast({"forecast", kSmall, "--machine", "16c avx2 4x ddr4-2133 39GiB", "--json"}));
  EXPECT_TRUE(contains(json["machine"]["name"], "16c avx2")) << json["machine"];
  EXPECT_EQ(json["memory"]["limit_bytes"], 39ULL << 30U);
  const Json two =
      parsed(tokcast({"forecast", kSmall, "--machine", "2x10c/20t avx2 8x ddr4-2133 64GiB", "--json"}));
  EXPECT_EQ(two["memory"]["limit_bytes"], 64ULL << 30U);
  const ChildResult nonsense = tokcast({"forecast", kSmall, "--machine", "a fast one"});
  EXPECT_EQ(nonsense.exit_code, 2);
  EXPECT_EQ(tokcast({"forecast", kSmall, "--machine", "no/such.json"}).exit_code, 33);
}

TEST_F(Probe, WarnsOfTheQuotaInAContainer) {
  const ChildResult result = tokcast({"probe", "--root", machine("container-quota-half")});
  EXPECT_TRUE(contains(result.standard_output, "grants 0.5 processors' worth")) << result.standard_output;
}

TEST_F(Probe, KeepsWhatItMeasuredOfThisMachineOnly) {
  EXPECT_EQ(tokcast({"probe", "--no-rates"}).exit_code, 0);
  const std::string kept = home_ / ".cache/tokcast/machine.json";
  EXPECT_FALSE(std::filesystem::exists(kept)) << "nothing was measured";
  EXPECT_EQ(tokcast({"probe", "--quick"}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(kept));
  EXPECT_EQ(schema_findings("machine", read_text(kept)), "");
}

TEST_F(Probe, GathersWhatItReadsAndReadsThatAgain) {
  const std::string archive = home_ / "mine.json";
  ASSERT_EQ(tokcast({"gather", archive}).exit_code, 0);
  ASSERT_EQ(tokcast({"gather", archive, "--unpack", home_ / "mine"}).exit_code, 0);
  const Json here = parsed(tokcast({"probe", "--no-rates", "--json"}));
  const Json there = parsed(tokcast({"probe", "--root", home_ / "mine", "--json"}));
  EXPECT_EQ(there["cpu"]["name"], here["cpu"]["name"]);
  EXPECT_EQ(there["cpu"]["isa"], here["cpu"]["isa"]);
  EXPECT_EQ(there["cpu"]["cores"], here["cpu"]["cores"]);
  EXPECT_EQ(there["memory"]["total_bytes"], here["memory"]["total_bytes"]);
}

TEST_F(Probe, GathersWhichProcessorsItMightUse) {
  const std::string cpu = std::to_string(own_cpus().at(0));
  const std::string archive = home_ / "narrow.json";
  ASSERT_EQ(run({"taskset", "-c", cpu, TOKCAST_BINARY, "gather", archive}).exit_code, 0);
  ASSERT_EQ(tokcast({"gather", archive, "--unpack", home_ / "narrow"}).exit_code, 0);
  const Json there = parsed(tokcast({"probe", "--root", home_ / "narrow", "--json"}));
  EXPECT_EQ(there["limits"]["allowed_cpus"], 1);
}

TEST_F(Probe, RefusesAnArchiveThatIsNone) {
  write_text(home_ / "bad.json", R"({"schema": "tokcast.gather/1", "files": {"/../evil": "x"}})");
  const ChildResult result = tokcast({"gather", home_ / "bad.json", "--unpack", home_ / "x"});
  EXPECT_EQ(result.exit_code, 34) << result.standard_error;
  EXPECT_FALSE(std::filesystem::exists(home_ / "evil"));
}

TEST_F(Probe, TellsAFleetWhatAnotherMachineIs) {
  const std::string root = machine("dual-xeon-e5-2660-v3");
  const auto exported = [&](const std::string& kind) {
    return tokcast({"probe", "--root", root, "--export", kind}).standard_output;
  };
  EXPECT_TRUE(contains(exported("nfd"), "tokcast-microarchitecture=Haswell\n")) << exported("nfd");
  EXPECT_TRUE(contains(exported("slurm"), "tokcast_microarchitecture_haswell,")) << exported("slurm");
  EXPECT_TRUE(contains(exported("prometheus"), "\ntokcast_usable_threads 20\n")) << exported("prometheus");
  EXPECT_EQ(tokcast({"probe", "--export", "prometheus", "--json"}).exit_code, 2);
  EXPECT_EQ(tokcast({"probe", "--export", "xml"}).exit_code, 2);
}

}  // namespace
}  // namespace tokcast
