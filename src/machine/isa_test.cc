#include "machine/isa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kHaswell = "fpu sse sse2 ssse3 sse4_1 sse4_2 avx f16c fma avx2 bmi1 bmi2";
const std::string skylake_x = std::string(kHaswell) + " avx512f avx512dq avx512cd avx512bw avx512vl";
const std::string alder_lake = std::string(kHaswell) + " avx_vnni";
const std::string zen4 = skylake_x + " avx512vbmi avx512_vnni avx512_bf16";

TEST(Isa, GivesX86FlagsTheirCanonicalNamesInAFixedOrder) {
  EXPECT_THAT(x86_isa("amx_int8 amx_tile avx2 avx sse4_2 avx512_vnni avx_vnni fma"),
              ElementsAre("sse4.2", "avx", "avx2", "fma", "avx512vnni", "avxvnni", "amx-int8"));
  EXPECT_THAT(x86_isa("avx512_4vnniw xavx2"), IsEmpty());
}

TEST(Isa, GivesArmFeaturesTheirCanonicalNames) {
  EXPECT_THAT(arm_isa("fp asimd evtstrm aes fphp asimdhp asimddp sve i8mm bf16 sve2"),
              ElementsAre("neon", "dotprod", "i8mm", "fp16", "bf16", "sve", "sve2"));
  EXPECT_THAT(arm_isa("half thumb fastmult vfp neon vfpv4"), ElementsAre("neon"));
}

TEST(Isa, FindsTheVectorExtensionOfRiscVAmongItsLettersOnly) {
  EXPECT_THAT(riscv_isa("rv64imafdcv_zicsr_zifencei"), ElementsAre("rvv"));
  EXPECT_THAT(riscv_isa("rv64imafdc_zve64x_svinval"), IsEmpty());
  EXPECT_THAT(riscv_isa("rv"), IsEmpty());
  EXPECT_THAT(riscv_isa("v"), IsEmpty());
}

TEST(GgmlVariant, IsTheBestThatTheFlagsAllow) {
  EXPECT_EQ(best_ggml_variant("fpu sse sse2"), "x64");
  EXPECT_EQ(best_ggml_variant("sse4_2"), "sse42");
  EXPECT_EQ(best_ggml_variant("sse4_2 avx"), "sandybridge");
  EXPECT_EQ(best_ggml_variant("sse4_2 avx f16c"), "ivybridge");
  EXPECT_EQ(best_ggml_variant("sse4_2 avx f16c fma"), "piledriver");
  EXPECT_EQ(best_ggml_variant(kHaswell), "haswell");
  EXPECT_EQ(best_ggml_variant(alder_lake), "alderlake");
  EXPECT_EQ(best_ggml_variant(skylake_x), "skylakex");
  EXPECT_EQ(best_ggml_variant(skylake_x + " avx512vbmi"), "cannonlake");
  EXPECT_EQ(best_ggml_variant(skylake_x + " avx512_vnni"), "cascadelake");
  EXPECT_EQ(best_ggml_variant(skylake_x + " avx512vbmi avx512_vnni"), "icelake");
  EXPECT_EQ(best_ggml_variant(skylake_x + " avx512_vnni avx512_bf16"), "cooperlake");
  EXPECT_EQ(best_ggml_variant(zen4), "zen4");
  EXPECT_EQ(best_ggml_variant(zen4 + " amx_tile amx_int8"), "sapphirerapids");
}

TEST(GgmlVariant, WithoutAnyOfItsFlagsFallsBack) {
  // A hypervisor that hides one part of AVX-512 hides ggml's "AVX512" as a whole.
  EXPECT_EQ(best_ggml_variant(std::string(kHaswell) + " avx512f avx512cd avx512bw avx512vl"), "haswell");
  EXPECT_EQ(best_ggml_variant("sse4_2 avx f16c fma avx2"), "piledriver");  // no bmi2
  EXPECT_EQ(best_ggml_variant(zen4 + " avx_vnni"), "zen4");
}

TEST(GgmlVariant, IsUnknownWithoutFlags) {
  EXPECT_EQ(best_ggml_variant(""), std::nullopt);
  EXPECT_EQ(best_ggml_variant(" \n"), std::nullopt);
}

}  // namespace
}  // namespace tokcast
