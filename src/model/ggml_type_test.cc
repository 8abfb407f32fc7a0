#include "model/ggml_type.h"

#include <gtest/gtest.h>

#include <limits>

namespace tokcast {
namespace {

TEST(GgmlType, EveryTypeIsFoundByIdAndByName) {
  for (const TypeGeometry& entry : all_types()) {
    EXPECT_EQ(find_type(static_cast<std::uint32_t>(entry.type))->name, entry.name);
    EXPECT_EQ(find_type(entry.name)->type, entry.type);
    EXPECT_EQ(geometry(entry.type).name, entry.name);
  }
}

TEST(GgmlType, NamesAreFoundInAnyCase) {
  EXPECT_EQ(find_type("q4_k")->type, GgmlType::kQ4_K);
}

TEST(GgmlType, RemovedAndUnknownTypesAreNotFound) {
  for (const std::uint32_t id : {4U, 5U, 31U, 38U, 43U, 4'000'000'000U}) EXPECT_FALSE(find_type(id)) << id;
  EXPECT_FALSE(find_type("Q4_2"));
  EXPECT_FALSE(find_type(""));
}

TEST(GgmlType, ARowIsStoredInWholeBlocks) {
  EXPECT_EQ(row_bytes(GgmlType::kF32, 3), 12U);
  EXPECT_EQ(row_bytes(GgmlType::kQ4_K, 4096), 4096U / 256 * 144);
  EXPECT_EQ(row_bytes(GgmlType::kMXFP4, 2880), 2880U / 32 * 17);
  EXPECT_EQ(row_bytes(GgmlType::kQ8_0, 0), 0U);
}

TEST(GgmlType, ARowThatIsNotWholeBlocksHasNoSize) {
  EXPECT_FALSE(row_bytes(GgmlType::kQ4_K, 896));
  EXPECT_FALSE(row_bytes(GgmlType::kQ8_0, 33));
}

TEST(GgmlType, ARowTooLongForItsSizeHasNoSize) {
  constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
  EXPECT_FALSE(row_bytes(GgmlType::kF32, kHuge));
  EXPECT_EQ(row_bytes(GgmlType::kI8, kHuge), kHuge);
}

}  // namespace
}  // namespace tokcast
