#include "machine/cpuinfo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kXeon =
    "processor\t: 0\n"
    "vendor_id\t: GenuineIntel\n"
    "cpu family\t: 6\n"
    "model\t\t: 207\n"
    "model name\t: Intel(R) Xeon(R) Processor\n"
    "stepping\t: 2\n"
    "flags\t\t: fpu lm sse4_2 avx f16c fma avx2 bmi2\n";

constexpr std::string_view kPi5 =
    "processor\t: 0\n"
    "Features\t: fp asimd evtstrm aes fphp asimdhp asimddp\n"
    "CPU implementer\t: 0x41\n"
    "CPU architecture: 8\n"
    "CPU part\t: 0xd0b\n"
    "\n"
    "Revision\t: c04170\n"
    "Model\t\t: Raspberry Pi 5 Model B Rev 1.0\n";

std::string arm_core(std::string_view implementer, std::string_view part) {
  return "Features\t: fp asimd\nCPU implementer\t: " + std::string(implementer) +
         "\nCPU part\t: " + std::string(part) + "\n\n";
}

TEST(Cpuinfo, IdentifiesAnX86Processor) {
  const CpuFacts cpu = identify_processor(kXeon);
  EXPECT_EQ(cpu.name, "Intel(R) Xeon(R) Processor");
  EXPECT_EQ(cpu.vendor, "Intel");
  EXPECT_EQ(cpu.microarchitecture, "Emerald Rapids");
  EXPECT_EQ(cpu.architecture, "x86_64");
  EXPECT_THAT(cpu.isa, ElementsAre("sse4.2", "avx", "avx2", "fma", "f16c"));
  EXPECT_EQ(cpu.ggml_variant, "haswell");
}

TEST(Cpuinfo, DoesNotBelieveANumberThatWhatTheProcessorCanDoContradicts) {
  const std::string guest =
      "vendor_id : GenuineIntel\ncpu family : 6\nmodel : 167\nstepping : 1\nflags : lm avx2 ";
  EXPECT_EQ(identify_processor(guest + "avx512f\n").microarchitecture, "Rocket Lake");
  EXPECT_EQ(identify_processor(guest + "avx512f amx_tile amx_int8\n").microarchitecture, std::nullopt);
}

TEST(Cpuinfo, NamesAnArmProcessorByItsCoresAndNotByItsBoard) {
  const CpuFacts cpu = identify_processor(kPi5);
  EXPECT_EQ(cpu.name, "Cortex-A76");
  EXPECT_EQ(cpu.vendor, "ARM");
  EXPECT_EQ(cpu.microarchitecture, "Cortex-A76");
  EXPECT_EQ(cpu.architecture, "aarch64");
  EXPECT_THAT(cpu.isa, ElementsAre("neon", "dotprod", "fp16"));
  EXPECT_EQ(cpu.ggml_variant, std::nullopt);
}

TEST(Cpuinfo, NamesAllKindsOfCores) {
  const std::string rk3588 =
      arm_core("0x41", "0xd05") + arm_core("0x41", "0xd05") + arm_core("0x41", "0xd0b");
  EXPECT_EQ(identify_processor(rk3588).microarchitecture, "Cortex-A55 + Cortex-A76");
  const CpuFacts apple = identify_processor(arm_core("0x61", "0x022") + arm_core("0x61", "0x023"));
  EXPECT_EQ(apple.name, "Apple M1");
  EXPECT_EQ(apple.microarchitecture, "Icestorm + Firestorm");
}

TEST(Cpuinfo, GuessesNoDesignIfOneKindOfCoresIsNotKnown) {
  const CpuFacts cpu = identify_processor(arm_core("0x41", "0xd0b") + arm_core("0x41", "0xfff"));
  EXPECT_EQ(cpu.microarchitecture, std::nullopt);
  EXPECT_EQ(cpu.name, "unknown processor");
  EXPECT_EQ(cpu.vendor, "ARM");
}

TEST(Cpuinfo, IdentifiesARiscVProcessor) {
  const CpuFacts cpu = identify_processor(
      "processor\t: 0\nhart\t: 1\nisa\t: rv64imafdcv_zba\nmmu\t: sv39\nuarch\t: spacemit,x60\n");
  EXPECT_EQ(cpu.architecture, "riscv64");
  EXPECT_EQ(cpu.name, "spacemit,x60");
  EXPECT_EQ(cpu.microarchitecture, "spacemit,x60");
  EXPECT_THAT(cpu.isa, ElementsAre("rvv"));
}

TEST(Cpuinfo, OfNothingIsUnknown) {
  const CpuFacts cpu = identify_processor("");
  EXPECT_EQ(cpu.name, "unknown processor");
  EXPECT_EQ(cpu.architecture, "unknown");
  EXPECT_EQ(cpu.vendor, std::nullopt);
  EXPECT_THAT(cpu.isa, IsEmpty());
}

TEST(Cpuinfo, IsFitForATerminalWhateverItSays) {
  const CpuFacts cpu = identify_processor("vendor_id : \x1b[31mx\nflags : lm\nmodel name : a\x1b]0;b\n");
  EXPECT_EQ(cpu.name, "a?]0;b");
  EXPECT_EQ(cpu.vendor, "?[31mx");
}

TEST(Cpuinfo, SurvivesEveryTruncation) {
  for (const std::string_view whole : {kXeon, kPi5}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_FALSE(identify_processor(whole.substr(0, length)).name.empty());
    }
  }
}

}  // namespace
}  // namespace tokcast
