#include "forecast/part_family.h"

#include <gtest/gtest.h>

#include <vector>

namespace tokcast {
namespace {

TEST(PartFamily, TellsTheDesignFromTheName) {
  EXPECT_EQ(gpu_family("GeForce RTX 4090"), "Ada");
  EXPECT_EQ(gpu_family("RTX PRO 6000 Blackwell Workstation Edition"), "Blackwell");
  EXPECT_EQ(gpu_family("A100 80GB PCIe"), "Ampere HBM");
  EXPECT_EQ(gpu_family("RTX A6000"), "Ampere");
  EXPECT_EQ(gpu_family("Radeon RX 7900 XTX"), "RDNA3");
  EXPECT_EQ(gpu_family("Radeon RX 580 8GB"), "GCN");
  EXPECT_EQ(cpu_family("Xeon E5-2660 v3"), "Haswell");
  EXPECT_EQ(cpu_family("EPYC 9374F"), "Zen EPYC 9");
}

TEST(PartFamily, KnowsNothingOfAStrangeName) {
  EXPECT_EQ(gpu_family("Banana 9000"), "");
  EXPECT_EQ(cpu_family("Banana 9000"), "");
}

TEST(PartFamily, TellsConsumerCardsFromOthersOfOneDesign) {
  EXPECT_EQ(gpu_line("NVIDIA", "GeForce RTX 4090"), "GeForce");
  EXPECT_EQ(gpu_line("NVIDIA", "RTX 6000 Ada"), "workstation");
  EXPECT_EQ(gpu_line("NVIDIA", "L40S"), "server");
  EXPECT_EQ(gpu_line("AMD", "Radeon RX 7900 XTX"), "");
}

TEST(PartFamily, TakesTheQuickestInstructionSet) {
  EXPECT_EQ(dot_isa(std::vector<std::string>{"sse4.2", "avx", "avx2", "avx512bw", "avx512vnni"}),
            "avx512vnni");
  EXPECT_EQ(dot_isa(std::vector<std::string>{"neon", "dotprod"}), "dotprod");
  EXPECT_EQ(dot_isa({}), "");
}

}  // namespace
}  // namespace tokcast
