#include "machine/known_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "machine/isa_name.h"
#include "machine/known_parts_data.h"
#include "machine/part_name.h"

namespace tokcast {
namespace {

using testing::AnyOf;

struct NameRow {
  bool gpu = false;
  std::optional<Bytes> memory{};  // of the GPU, as its driver reports it
  std::string name;
  std::string expected;  // "-": not known
};

NameRow read_name_row(std::string_view line) {
  const auto fields = split(line, '|');
  EXPECT_EQ(fields.size(), 3U) << line;
  const auto kind = split(trim(fields[0]), ' ');
  NameRow row{.gpu = kind[0] == "gpu",
              .name = std::string(trim(fields[1])),
              .expected = std::string(trim(fields[2]))};
  if (kind.size() > 1) {
    row.memory =
        Bytes(static_cast<std::uint64_t>(parse_double(kind[1]).value() * static_cast<double>(kGibi.value)));
  }
  return row;
}

std::vector<NameRow> name_rows() {
  const auto text = read_file(TOKCAST_SOURCE_DIR "/src/machine/testdata/part_names.txt");
  std::vector<NameRow> rows;
  if (!text) return rows;
  for (const std::string_view line : split(*text, '\n')) {
    if (!line.empty() && !line.starts_with('#')) rows.push_back(read_name_row(line));
  }
  return rows;
}

const KnownPart* find_itself(const KnownPart& part) {
  return part.kind == PartKind::kGpu ? find_gpu(part.name, part.video_memory) : find_cpu(part.name);
}

TEST(KnownParts, MeansTheRightPartByHundredsOfRealNames) {
  const std::vector<NameRow> rows = name_rows();
  ASSERT_GE(rows.size(), 700U);
  for (const NameRow& row : rows) {
    const KnownPart* part = row.gpu ? find_gpu(row.name, row.memory) : find_cpu(row.name);
    EXPECT_EQ(part == nullptr ? "-" : part->name, row.expected) << row.name;
  }
}

TEST(KnownParts, ExpectsOnlyPartsThatExist) {
  std::set<std::string> names = {"-"};
  for (const KnownPart& part : known_parts()) names.insert(part.name);
  for (const NameRow& row : name_rows()) EXPECT_TRUE(names.contains(row.expected)) << row.expected;
}

TEST(KnownParts, FindsEveryPartByItsOwnName) {
  for (const KnownPart& part : known_parts()) EXPECT_EQ(find_itself(part), &part) << part.name;
}

TEST(KnownParts, SharesAnAliasBetweenPartsOnlyWhereMemoryOrTheChipDiffers) {
  for (const KnownPart& part : known_parts()) {
    for (const std::string& alias : part.aliases) {
      const KnownPart* found =
          part.kind == PartKind::kGpu ? find_gpu(alias, part.video_memory) : find_cpu(alias);
      const bool two_chips = part.note.starts_with("two chips have this name");
      EXPECT_TRUE(found == &part || (found == nullptr && two_chips)) << alias;
      EXPECT_NE(parse_part_name(alias).key, parse_part_name(part.name).key) << alias << " adds nothing";
    }
  }
}

TEST(KnownParts, HoldsEveryRowOfItsFileWithASourceAndNoUnknownKey) {
  const std::set<std::string> known = {"name",
                                       "kind",
                                       "vendor",
                                       "aliases",
                                       "cores",
                                       "threads",
                                       "isa",
                                       "note",
                                       "source",
                                       "performance_cores",
                                       "base_ghz",
                                       "boost_ghz",
                                       "confidence",
                                       "memory_gbs",
                                       "efficiency_cores",
                                       "memory_type",
                                       "memory_mts",
                                       "int8_tops",
                                       "fp16_tflops",
                                       "last_level_cache_mb",
                                       "memory_channels",
                                       "shares_memory",
                                       "fp32_tflops",
                                       "video_memory_gib"};
  const Json document = parse_json(known_parts_json(), "machines").value();
  EXPECT_EQ(document["schema"], "tokcast.machines/1");
  EXPECT_EQ(document["parts"].size(), known_parts().size());
  EXPECT_GE(known_parts().size(), 900U);
  for (const Json& row : document["parts"]) {
    for (const auto& [key, value] : row.items())
      EXPECT_TRUE(known.contains(key)) << row["name"] << " " << key;
    EXPECT_THAT(row["kind"], AnyOf("cpu", "gpu", "system")) << row["name"];
  }
  for (const KnownPart& part : known_parts()) {
    EXPECT_FALSE(part.source.empty() || part.vendor.empty()) << part.name;
    EXPECT_THAT(part.confidence, AnyOf("high", "medium", "low")) << part.name;
  }
}

TEST(KnownParts, NamesEachPartOnce) {
  std::set<std::string> names;
  for (const KnownPart& part : known_parts()) EXPECT_TRUE(names.insert(lower(part.name)).second) << part.name;
}

TEST(KnownParts, NamesInstructionSetsAsProbesDoAndWithAllThatTheyInclude) {
  for (const KnownPart& part : known_parts()) {
    EXPECT_EQ(part.isa, with_included_isa(part.isa)) << part.name;
  }
}

TEST(KnownParts, StatesNoMoreBandwidthThanTheChannelsHave) {
  for (const KnownPart& part : known_parts()) {
    if (!part.memory_channels || !part.megatransfers) continue;
    ASSERT_TRUE(part.memory_bandwidth) << part.name;
    const double channels = *part.memory_channels * 8e6 * *part.megatransfers;
    const double share = part.memory_bandwidth->value / channels;
    EXPECT_LT(share, 1.005) << part.name;
    EXPECT_TRUE(share > 0.97 || !part.note.empty()) << part.name;
  }
}

TEST(KnownParts, HasPlausibleFigures) {
  for (const KnownPart& part : known_parts()) {
    ASSERT_TRUE(part.memory_bandwidth) << part.name;
    EXPECT_GT(part.memory_bandwidth->value, 5e9) << part.name;
    EXPECT_LT(part.memory_bandwidth->value, 1e13) << part.name;
    if (part.cores && part.threads) {
      EXPECT_TRUE(*part.threads >= *part.cores && *part.threads <= 2 * *part.cores) << part.name;
    }
    if (part.performance_cores) {
      EXPECT_EQ(*part.performance_cores + part.efficiency_cores.value_or(0), *part.cores) << part.name;
    }
    if (part.base_gigahertz && part.boost_gigahertz) {
      EXPECT_LE(*part.base_gigahertz, *part.boost_gigahertz) << part.name;
    }
  }
}

TEST(KnownParts, KnowsTheFactsOfAProcessor) {
  const KnownPart* part = find_cpu("Intel(R) Xeon(R) CPU E5-2660 v3 @ 2.60GHz");
  ASSERT_NE(part, nullptr);
  EXPECT_EQ(part->kind, PartKind::kCpu);
  EXPECT_EQ(part->vendor, "Intel");
  EXPECT_EQ(part->cores, 10U);
  EXPECT_EQ(part->threads, 20U);
  EXPECT_EQ(part->memory_type, "DDR4");
  EXPECT_EQ(part->memory_channels, 4U);
  EXPECT_EQ(part->megatransfers, 2133U);
  EXPECT_NEAR(part->memory_bandwidth->value, 68.3e9, 1e6);
  EXPECT_THAT(part->isa, testing::ElementsAre("sse4.2", "avx", "avx2", "fma", "f16c"));
}

TEST(KnownParts, KnowsTheFactsOfAGraphicsCard) {
  const KnownPart* part = find_gpu("NVIDIA GeForce RTX 4090 Laptop GPU", Bytes(17'170'956'288));
  ASSERT_NE(part, nullptr);
  EXPECT_EQ(part->kind, PartKind::kGpu);
  EXPECT_EQ(part->video_memory, 16 * kGibi);
  EXPECT_NEAR(part->memory_bandwidth->value, 576e9, 1e6);
  EXPECT_FALSE(part->shares_memory);
}

TEST(KnownParts, FindsASystemAsProcessorAndAsGraphics) {
  EXPECT_NE(find_cpu("Apple M2 Max"), nullptr);
  EXPECT_EQ(find_cpu("Apple M2 Max"), find_gpu("Apple M2 Max", 64 * kGibi));
  EXPECT_TRUE(find_cpu("Apple M2 Max")->shares_memory);
}

}  // namespace
}  // namespace tokcast
