#include "machine/part_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tokcast {
namespace {

TEST(PartName, KeepsWhatTellsPartsApart) {
  const std::vector<std::pair<std::string, std::string>> names = {
      {"Intel(R) Xeon(R) CPU E5-2660 v3 @ 2.60GHz", "e5 2660 v3"},
      {"12th Gen Intel(R) Core(TM) i7-12700H", "i7 12700h"},
      {"AMD Ryzen 9 7950X 16-Core Processor", "ryzen 9 7950x"},
      {"AMD Ryzen 7 2700X Eight-Core Processor", "ryzen 7 2700x"},
      {"AMD Ryzen 7 7840HS w/ Radeon 780M Graphics", "ryzen 7 7840hs"},
      {"AMD Ryzen Threadripper PRO 5995WX 64-Cores", "threadripper pro 5995wx"},
      {"Intel(R) Core(TM)2 Quad CPU    Q8400  @ 2.66GHz", "2 quad q8400"},
      {"Raspberry Pi 5 Model B Rev 1.0", "raspberry pi 5 model b"},
      {"Apple M3 Max 40-core GPU", "apple m3 max 40"},
      {"NVIDIA GeForce RTX 3080 Laptop GPU", "rtx 3080 laptop"},
      {"NVIDIA GeForce RTX 2070 with Max-Q Design", "rtx 2070 max q"},
      {"NVIDIA A100-SXM4-40GB", "a100 sxm"},
      {"AMD Radeon RX 7900 XTX (RADV NAVI31)", "rx 7900 xtx"},
      {"RTX 4070 (Laptop)", "rtx 4070 laptop"},
      {"RTX 3080Ti", "rtx 3080 ti"},
      {"NVIDIA Corporation AD102 [GeForce RTX 4090] (rev a1)", "rtx 4090"},
  };
  for (const auto& [name, key] : names) EXPECT_EQ(parse_part_name(name).key, key) << name;
}

TEST(PartName, LeavesNothingOfANameThatNamesNothing) {
  for (const char* name : {"", " ", "Intel(R) Xeon(R) Processor", "Intel Core Processor (Broadwell)", "()[]",
                           "@ 2.2GHz", "[AMD/ATI]", "...", "\xff\xfe\x80"}) {
    EXPECT_EQ(parse_part_name(name).key, "") << name;
  }
}

TEST(PartName, ReadsTheOneMemorySizeInAName) {
  EXPECT_EQ(parse_part_name("RTX 3080 12GB").memory, 12 * kGibi);
  EXPECT_EQ(parse_part_name("Radeon RX 7900 XT (20 GiB VRAM)").memory, 20 * kGibi);
  EXPECT_EQ(parse_part_name("RTX 3080 12GB").key, "rtx 3080");
  EXPECT_EQ(parse_part_name("GeForce RTX 3080").memory, std::nullopt);
  EXPECT_EQ(parse_part_name("GeForce RTX 3080 Mobile 8GB/16GB").memory, std::nullopt);
  EXPECT_EQ(parse_part_name("GeForce RTX 3080 Mobile 8GB/16GB").key, "rtx 3080 laptop");
}

TEST(PartName, DoesNotTakeNonsenseForAMemorySize) {
  for (const char* name : {"X 0GB", "X GB", "X 99999999999999999999999GB", "X 5000 GB", "X 1.5GB"}) {
    EXPECT_EQ(parse_part_name(name).memory, std::nullopt) << name;
  }
}

TEST(PartName, RefusesANameLongerThanAnyKernelGives) {
  EXPECT_EQ(parse_part_name("RTX 4090" + std::string(192, ' ')).key, "rtx 4090");
  EXPECT_EQ(parse_part_name("RTX 4090" + std::string(193, ' ')).key, "");
  EXPECT_EQ(parse_part_name(std::string(1'000'000, '(')).key, "");
}

TEST(PartName, SurvivesEveryTruncationAndEveryByte) {
  const std::string name =
      "NVIDIA Corporation GA104M [GeForce RTX 3080 Mobile / Max-Q 8GB/16GB] (rev a1) @ 2.6GHz";
  for (std::size_t length = 0; length <= name.size(); ++length) {
    for (int byte = 0; byte < 256; byte += 5) {
      std::string changed = name.substr(0, length);
      if (!changed.empty()) changed[length / 2] = static_cast<char>(byte);
      EXPECT_LE(parse_part_name(changed).key.size(), 2 * changed.size());
    }
  }
}

}  // namespace
}  // namespace tokcast
