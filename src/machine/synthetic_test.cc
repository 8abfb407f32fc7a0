#include "machine/synthetic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/known_parts.h"

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

Profile machine(std::string_view line) {
  const auto profile = parse_synthetic(line);
  EXPECT_TRUE(profile) << line << ": " << describe(profile.error());
  return profile.value_or(Profile{});
}

std::string refusal(std::string_view line) {
  const auto profile = parse_synthetic(line);
  if (profile) return "understood";
  EXPECT_EQ(profile.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(profile.error().fix, HasSubstr("E5-2660 v3 39GiB"));
  return profile.error().message;
}

TEST(SyntheticMachine, HasTheCoresMemoryAndBandwidthOfItsLine) {
  const Profile profile = machine("16c avx2 4x ddr4-2133 39GiB");
  EXPECT_EQ(profile.provenance, "synthetic");
  EXPECT_EQ(profile.facts.cpu.cores, 16U);
  EXPECT_EQ(profile.facts.cpu.logical_cpus, 16U);
  EXPECT_EQ(profile.facts.cpu.sockets, 1U);
  EXPECT_EQ(profile.facts.cpu.architecture, "x86_64");
  EXPECT_THAT(profile.facts.cpu.isa, ElementsAre("sse4.2", "avx", "avx2", "fma", "f16c"));
  EXPECT_EQ(profile.facts.memory.total, 39 * kGibi);
  ASSERT_THAT(profile.facts.memory.modules, SizeIs(4));
  EXPECT_EQ(profile.facts.memory.modules[3].type, "DDR4");
  EXPECT_EQ(profile.facts.memory.modules[3].megatransfers, 2133U);
  EXPECT_FALSE(profile.rates);
}

TEST(SyntheticMachine, MayUseAllOfItself) {
  const Profile profile = machine("16c avx2 4x ddr4-2133 39GiB");
  EXPECT_EQ(profile.limits.name, "16c avx2");
  EXPECT_EQ(profile.limits.usable_threads(), 16U);
  EXPECT_EQ(profile.limits.memory_available, 39 * kGibi);
  EXPECT_EQ(profile.limits.memory_limit()->bytes, 39 * kGibi);
}

TEST(SyntheticMachine, CountsCoresThreadsAndChannelsOverAllSockets) {
  const Profile profile = machine("2x10c/20t avx2 8x ddr4-2133 64GiB");
  EXPECT_EQ(profile.facts.cpu.sockets, 2U);
  EXPECT_EQ(profile.facts.cpu.cores, 20U);
  EXPECT_EQ(profile.facts.cpu.logical_cpus, 40U);
  EXPECT_THAT(profile.facts.memory.modules, SizeIs(8));
  EXPECT_EQ(profile.limits.usable_threads(), 20U);
}

TEST(SyntheticMachine, OfTwoKindsOfCoresUsesTheFastOnes) {
  const Profile profile = machine("Core i7-12700H 32GiB");
  EXPECT_EQ(profile.facts.cpu.cores, 14U);
  EXPECT_EQ(profile.limits.usable_threads(), 6U);
}

TEST(SyntheticMachine, TakesAProcessorByNameWithItsChannels) {
  const Profile profile = machine("E5-2660 v3 39GiB");
  EXPECT_EQ(profile.facts.cpu.name, "Xeon E5-2660 v3");
  EXPECT_EQ(profile.limits.name, "Xeon E5-2660 v3");
  EXPECT_EQ(profile.facts.cpu.cores, 10U);
  EXPECT_EQ(profile.facts.cpu.logical_cpus, 20U);
  EXPECT_THAT(profile.facts.memory.modules, SizeIs(4));
  EXPECT_EQ(profile.facts.memory.modules[0].megatransfers, 2133U);
  EXPECT_EQ(profile.facts.memory.modules[0].size.value, 39 * kGibi.value / 4);
}

TEST(SyntheticMachine, DoublesAProcessorByName) {
  const Profile profile = machine("2x Xeon E5-2690 v4 8x ddr4-1866 128GB");
  EXPECT_EQ(profile.facts.cpu.cores, 28U);
  EXPECT_EQ(profile.facts.cpu.sockets, 2U);
  ASSERT_THAT(profile.facts.memory.modules, SizeIs(8));
  EXPECT_EQ(profile.facts.memory.modules[0].megatransfers, 1866U);
  EXPECT_EQ(profile.facts.memory.total, Bytes(128'000'000'000));
}

TEST(SyntheticMachine, TakesAQuotaAndAGraphicsCard) {
  const Profile profile =
      machine("8c avx512vnni 2x ddr5-5600 32GiB quota 1.5 gpu NVIDIA GeForce RTX 4090 Laptop GPU");
  EXPECT_EQ(profile.limits.cpu_quota, 1.5);
  EXPECT_EQ(profile.limits.usable_threads(), 2U);
  ASSERT_THAT(profile.gpus.gpus, SizeIs(1));
  EXPECT_EQ(profile.gpus.gpus[0].name, "GeForce RTX 4090 Laptop");
  EXPECT_EQ(profile.gpus.gpus[0].vendor, "NVIDIA");
  EXPECT_EQ(profile.gpus.gpus[0].memory_free, 16 * kGibi);
  EXPECT_FALSE(profile.gpus.gpus[0].integrated);
}

TEST(SyntheticMachine, GivesASystemItsOwnGraphics) {
  const Profile profile = machine("Apple M2 Ultra 192GB");
  ASSERT_THAT(profile.gpus.gpus, SizeIs(1));
  EXPECT_TRUE(profile.gpus.gpus[0].integrated);
  EXPECT_EQ(profile.gpus.gpus[0].memory_total, std::nullopt);
  EXPECT_THAT(machine("Raspberry Pi 5 8GB").gpus.gpus, SizeIs(0));
}

TEST(SyntheticMachine, LeavesUnknownWhatTheLineDoesNotSay) {
  const Profile profile = machine("4c 8GiB");
  EXPECT_EQ(profile.facts.cpu.architecture, "unknown");
  EXPECT_THAT(profile.facts.cpu.isa, SizeIs(0));
  EXPECT_THAT(profile.facts.memory.modules, SizeIs(0));
  EXPECT_EQ(profile.limits.cpu_quota, std::nullopt);
  EXPECT_EQ(profile.limits.last_level_cache, std::nullopt);
}

TEST(SyntheticMachine, IsPrintedAsItWasWritten) {
  for (const char* line :
       {"16c avx2 4x ddr4-2133 39GiB", "2x10c/20t avx2 8x ddr4-2133 64GiB",
        "8c avx512vnni 2x ddr5-5600 32GiB", "4c 8GB", "12c avx512bf16 avxvnni 64GiB quota 1.5",
        "64c i8mm sve 8x ddr5-4800 256GiB", "Xeon E5-2660 v3 39GiB", "2x Xeon E5-2690 v4 256GiB",
        "Ryzen 9 7950X 2x ddr5-3600 64GB", "Apple M3 Max 40-core GPU 64GB",
        "16c avx2 4x ddr4-2133 39GiB quota 12 gpu GeForce RTX 3080 12GB", "Core 2 Quad Q8400 8GiB"}) {
    EXPECT_EQ(print_synthetic(machine(line)), line);
  }
}

TEST(SyntheticMachine, IsTheSameMachineInAnyCaseAndSpacing) {
  EXPECT_EQ(print_synthetic(machine("  16C AVX2   4X DDR4-2133 39gib GPU rtx 4090 ")),
            "16c avx2 4x ddr4-2133 39GiB gpu GeForce RTX 4090");
  EXPECT_EQ(print_synthetic(machine("1x16c sse4.2 avx2 4x ddr4-2133 39GiB")), "16c avx2 4x ddr4-2133 39GiB");
  EXPECT_EQ(print_synthetic(machine("E5-2660 v3 4x ddr4-2133 39GiB")), "Xeon E5-2660 v3 39GiB");
}

TEST(SyntheticMachine, ComesBackFromPrintForEveryKnownPart) {
  for (const KnownPart& part : known_parts()) {
    const bool card = part.kind == PartKind::kGpu;
    const std::string line = card ? "8c avx2 32GiB gpu " + part.name : "2x " + part.name + " 32GiB";
    const Profile profile = machine(line);
    EXPECT_EQ(print_synthetic(profile), line);
    EXPECT_EQ(profile_to_json(machine(print_synthetic(profile))), profile_to_json(profile)) << line;
  }
}

TEST(SyntheticMachine, NamesTheWordThatHasNoMeaning) {
  EXPECT_THAT(refusal("16c avx3 39GiB"), HasSubstr("'avx3'"));
  EXPECT_THAT(refusal("16c avx2 4x ddr9-2133 39GiB"), HasSubstr("'4x'"));
  EXPECT_THAT(refusal("16c 39GiB 40GiB"), HasSubstr("'40gib'"));
  EXPECT_THAT(refusal("16c 8c 39GiB"), HasSubstr("'8c'"));
  EXPECT_THAT(refusal("16c/8t 39GiB"), HasSubstr("processor"));
  EXPECT_THAT(refusal("16c 39GiB quota 0"), HasSubstr("'quota'"));
  EXPECT_THAT(refusal("16c 39GiB quota nan"), HasSubstr("'quota'"));
  EXPECT_THAT(refusal("16c 39GiB 25ms"), HasSubstr("'25ms'"));
  EXPECT_THAT(refusal("16c 39GiB gpu"), HasSubstr("'gpu'"));
}

TEST(SyntheticMachine, SaysWhatIsMissing) {
  EXPECT_THAT(refusal(""), HasSubstr("no processor"));
  EXPECT_THAT(refusal("39GiB"), HasSubstr("no processor"));
  EXPECT_THAT(refusal("16c avx2"), HasSubstr("no memory size"));
  EXPECT_THAT(refusal("E5-2660 v3"), HasSubstr("no memory size"));
}

TEST(SyntheticMachine, DoesNotGuessANameThatIsNotKnown) {
  EXPECT_THAT(refusal("E5-2660 v9 39GiB"), HasSubstr("no one processor is known as 'e5-2660 v9'"));
  EXPECT_THAT(refusal("Intel Xeon Processor 39GiB"), HasSubstr("no one processor"));
  EXPECT_THAT(refusal("16c avx2 39GiB gpu RTX 3080"),
              HasSubstr("no one graphics processor is known as 'rtx 3080'"));
  EXPECT_THAT(refusal("16c avx2 39GiB gpu Apple M1"), HasSubstr("no one graphics processor"));
}

TEST(SyntheticMachine, RefusesNumbersThatNoMachineHas) {
  for (const char* line :
       {"0c 8GiB", "99999c 8GiB", "99999999999999999999c 8GiB", "65x8c 8GiB", "8c 0GiB", "8c 1000001GiB",
        "8c 18446744073709551615GiB", "-8c 8GiB", "8c 0x ddr4-2133 8GiB", "8c 4x ddr4-0 8GiB",
        "8c 4x ddr4-999999999 8GiB", "8c 8GiB quota 1e9", "8c 8.5GiB"}) {
    EXPECT_NE(refusal(line), "understood") << line;
  }
}

TEST(SyntheticMachine, SurvivesAnyBytes) {
  const std::string line = "2x10c/20t avx2 8x ddr4-2133 64GiB quota 1.5 gpu RTX 4090";
  for (std::size_t length = 0; length <= line.size(); ++length) {
    for (int byte = 0; byte < 256; byte += 3) {
      std::string changed = line.substr(0, length);
      if (!changed.empty()) changed[length / 2] = static_cast<char>(byte);
      const auto profile = parse_synthetic(changed);
      EXPECT_TRUE(!profile || parse_synthetic(print_synthetic(*profile))) << changed;
    }
  }
  EXPECT_THAT(refusal(std::string(501, 'x')), HasSubstr("longer than 500 bytes"));
  EXPECT_THAT(refusal("16c \x1b[31m 8GiB").find('\x1b'), std::string::npos);
}

TEST(SyntheticMachine, DescribesAnyOtherProfileAsNearlyAsItCan) {
  Profile profile;
  profile.facts.cpu.name = "unknown processor";
  profile.facts.cpu.logical_cpus = 3;
  profile.facts.memory.total = Bytes(41'864'105'984);
  profile.facts.memory.modules = {{kGibi, "DDR4", 2133}, {kGibi, "DDR5", 4800}};
  EXPECT_EQ(print_synthetic(profile), "3c 38GiB");
  EXPECT_EQ(print_synthetic(Profile{}), "1c 0GiB");
}

}  // namespace
}  // namespace tokcast
