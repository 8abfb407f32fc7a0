#include "machine/microarchitecture.h"

#include <gtest/gtest.h>

namespace tokcast {
namespace {

std::optional<std::string> intel(std::uint32_t model, std::uint32_t stepping = 0) {
  return x86_microarchitecture({"GenuineIntel", 6, model, stepping});
}

std::optional<std::string> amd(std::uint32_t family, std::uint32_t model) {
  return x86_microarchitecture({"AuthenticAMD", family, model, 0});
}

TEST(Microarchitecture, KnowsIntelModelsNewerThanTheLibrary) {
  EXPECT_EQ(intel(0xCF, 2), "Emerald Rapids");
  EXPECT_EQ(intel(0x8F, 8), "Sapphire Rapids");
  EXPECT_EQ(intel(0xAD), "Granite Rapids");
  EXPECT_EQ(intel(0xB7), "Raptor Lake");
  EXPECT_EQ(intel(0xAA), "Meteor Lake");
  EXPECT_EQ(intel(0xC6), "Arrow Lake");
  EXPECT_EQ(intel(0xBD), "Lunar Lake");
}

TEST(Microarchitecture, TellsTheProcessorsOfModel55ApartByStepping) {
  EXPECT_EQ(intel(0x55, 4), "Skylake-SP");
  EXPECT_EQ(intel(0x55, 7), "Cascade Lake");
  EXPECT_EQ(intel(0x55, 11), "Cooper Lake");
}

TEST(Microarchitecture, KnowsTheZens) {
  EXPECT_EQ(amd(0x17, 0x71), "Zen 2");
  EXPECT_EQ(amd(0x19, 0x01), "Zen 3");
  EXPECT_EQ(amd(0x19, 0x11), "Zen 4");
  EXPECT_EQ(amd(0x19, 0x61), "Zen 4");
  EXPECT_EQ(amd(0x1A, 0x02), "Zen 5");
  EXPECT_EQ(amd(0x1A, 0x44), "Zen 5");
}

TEST(Microarchitecture, AsksTheLibraryForOlderModels) {
  EXPECT_EQ(intel(0x3F, 2), "Haswell");  // Xeon E5-2660 v3
  EXPECT_EQ(intel(0x9E, 9), "Kaby Lake");
  EXPECT_EQ(intel(0x9E, 10), "Coffee Lake");
  EXPECT_EQ(intel(0x8E, 11), "Whiskey Lake");
  EXPECT_EQ(intel(0x5E, 3), "Skylake");
  EXPECT_EQ(intel(0x6A), "Ice Lake");
  EXPECT_EQ(amd(0x17, 0x01), "Zen");
  EXPECT_EQ(amd(0x17, 0x08), "Zen+");
  EXPECT_EQ(amd(0x15, 0x02), "Piledriver");
  EXPECT_EQ(x86_microarchitecture({"HygonGenuine", 0x18, 0, 1}), "Zen");
}

TEST(Microarchitecture, OfAnUnknownModelIsUnknown) {
  EXPECT_EQ(intel(0xFFFF), std::nullopt);
  EXPECT_EQ(amd(0x1A, 0xF0), std::nullopt);
  EXPECT_EQ(x86_microarchitecture({"Somebody Else Entirely", 6, 0xCF, 0}), std::nullopt);
  EXPECT_EQ(x86_microarchitecture({"GenuineIntel", 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}), std::nullopt);
  EXPECT_EQ(arm_microarchitecture({0x41, 0xFFF}), std::nullopt);
}

TEST(Microarchitecture, KnowsArmCoresByImplementerAndPart) {
  EXPECT_EQ(arm_microarchitecture({0x41, 0xD0B}), "Cortex-A76");
  EXPECT_EQ(arm_microarchitecture({0x41, 0xD0C}), "Neoverse N1");
  EXPECT_EQ(arm_microarchitecture({0x61, 0x023}), "Firestorm");
  EXPECT_EQ(arm_microarchitecture({0xC0, 0xAC3}), "Ampere-1");
  EXPECT_EQ(arm_vendor(0x61), "Apple");
  EXPECT_EQ(arm_vendor(0x00), std::nullopt);
}

TEST(Microarchitecture, NamesTheProductOnlyWhereItsCoresAreItsOwn) {
  EXPECT_EQ(arm_product({0x61, 0x024}), "Apple M1 Pro");
  EXPECT_EQ(arm_product({0x41, 0xD0B}), std::nullopt);
}

TEST(Vendor, IsAsGivenIfNotKnown) {
  EXPECT_EQ(x86_vendor("AuthenticAMD"), "AMD");
  EXPECT_EQ(x86_vendor("Genuine  RDC"), "Genuine  RDC");
}

}  // namespace
}  // namespace tokcast
