#include "fetch/hub_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

HubListing listing(std::initializer_list<const char*> paths) {
  HubListing out{"user/repo", "main", {}};
  for (const char* path : paths)
    out.files.push_back({path, Bytes(1000), std::string(64, 'a'), std::string(40, 'b')});
  return out;
}

std::vector<std::string> paths(const Result<std::vector<HubFile>>& files) {
  std::vector<std::string> out;
  if (!files) return {describe(files.error())};
  for (const HubFile& file : *files) out.push_back(file.path);
  return out;
}

std::vector<std::string> chosen(const HubListing& files, const std::string& quant = {}) {
  return paths(choose_files(files, {.repository = "user/repo", .quant = quant}));
}

TEST(ChooseFiles, TakesWhatIsAskedInAnyCase) {
  const auto files = listing({"README.md", "m-Q2_K.gguf", "m-Q4_K_M.gguf", "m.q5_k_s.gguf", "m-Q8_0.gguf"});
  EXPECT_THAT(chosen(files, "Q2_K"), ElementsAre("m-Q2_K.gguf"));
  EXPECT_THAT(chosen(files, "q8_0"), ElementsAre("m-Q8_0.gguf"));
  EXPECT_THAT(chosen(files, "Q5_K_S"), ElementsAre("m.q5_k_s.gguf"));
}

TEST(ChooseFiles, TakesQ4KMThenQ80ThenTheFirst) {
  EXPECT_THAT(chosen(listing({"m-Q2_K.gguf", "m-Q8_0.gguf", "m-Q4_K_M.gguf"})), ElementsAre("m-Q4_K_M.gguf"));
  EXPECT_THAT(chosen(listing({"m-Q2_K.gguf", "m-Q8_0.gguf"})), ElementsAre("m-Q8_0.gguf"));
  EXPECT_THAT(chosen(listing({"config.json", "m-Q3_K.gguf", "m-Q2_K.gguf"})), ElementsAre("m-Q3_K.gguf"));
}

TEST(ChooseFiles, LeavesOutProjectorsMatricesAndDraftModels) {
  EXPECT_THAT(
      chosen(listing({"mmproj-Q4_K_M.gguf", "imatrix-Q4_K_M.gguf", "mtp-m-Q4_K_M.gguf",
                      "eagle3-m-Q4_K_M.gguf", "dflash-m-Q8_0.gguf", "dspark-m-Q8_0.gguf", "m-Q2_K.gguf"})),
      ElementsAre("m-Q2_K.gguf"));
}

TEST(ChooseFiles, TakesWholeWordsBeforePartsOfWords) {
  EXPECT_THAT(chosen(listing({"m-BF16.gguf", "m-F16.gguf"}), "F16"), ElementsAre("m-F16.gguf"));
  EXPECT_THAT(chosen(listing({"m-BF16.gguf"}), "F16"), ElementsAre("m-BF16.gguf"));  // as llama.cpp does
  EXPECT_THAT(chosen(listing({"m-IQ4_K_M.gguf", "UD/m-UD-Q4_K_M.gguf"})), ElementsAre("UD/m-UD-Q4_K_M.gguf"));
}

TEST(ChooseFiles, Case32TakesAllPartsInTheirOrder) {
  EXPECT_THAT(chosen(listing({"Q4_K_M/m-Q4_K_M-00002-of-00003.gguf", "Q4_K_M/m-Q4_K_M-00003-of-00003.gguf",
                              "Q4_K_M/m-Q4_K_M-00001-of-00003.gguf", "m-Q8_0.gguf"})),
              ElementsAre("Q4_K_M/m-Q4_K_M-00001-of-00003.gguf", "Q4_K_M/m-Q4_K_M-00002-of-00003.gguf",
                          "Q4_K_M/m-Q4_K_M-00003-of-00003.gguf"));
}

TEST(ChooseFiles, Case32NamesAPartThatIsMissing) {
  const auto files =
      choose_files(listing({"m-Q4_K_M-00001-of-00003.gguf", "m-Q4_K_M-00003-of-00003.gguf"}), {});
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().kind, ErrorKind::kBadInput);
  EXPECT_THAT(files.error().message, HasSubstr("part 2 of 3"));
}

TEST(ChooseFiles, Case32DoesNotMixPartsOfDifferentCounts) {
  EXPECT_FALSE(choose_files(listing({"m-Q4_K_M-00001-of-00002.gguf", "m-Q4_K_M-00002-of-00003.gguf"}), {}));
}

TEST(ChooseFiles, TakesTheFileThatIsNamed) {
  const auto files = listing({"a/m-Q8_0.gguf", "a/m-Q4_K_M.gguf", "mmproj-F16.gguf"});
  EXPECT_THAT(paths(choose_files(files, {.file = "a/M-Q8_0.gguf"})), ElementsAre("a/m-Q8_0.gguf"));
  EXPECT_THAT(paths(choose_files(files, {.file = "mmproj-F16.gguf"})), ElementsAre("mmproj-F16.gguf"));
  EXPECT_EQ(choose_files(files, {.file = "m-Q8_0.gguf"}).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(choose_files(listing({"m-00001-of-00002.gguf", "m-00002-of-00002.gguf"}),
                         {.file = "m-00002-of-00002.gguf"})
                .error()
                .kind,
            ErrorKind::kUsage);
}

TEST(ChooseFiles, TakesAllFilesOfAFolder) {
  const auto files = listing({"en/low/v.onnx", "en/low/v.onnx.json", "en/lower/v.onnx", "README.md"});
  EXPECT_THAT(paths(choose_files(files, {.file = "en/low/"})),
              ElementsAre("en/low/v.onnx", "en/low/v.onnx.json"));
  EXPECT_EQ(choose_files(files, {.file = "de/"}).error().kind, ErrorKind::kNotFound);
}

TEST(ChooseFiles, SaysWhatThereIsInstead) {
  const auto files =
      choose_files(listing({"m-Q8_0.gguf", "m-Q2_K.gguf", "mmproj.gguf"}), {.quant = "Q4_K_M"});
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(files.error().fix, "There is: m-Q8_0.gguf, m-Q2_K.gguf.");
  const auto none = choose_files(listing({"model.safetensors"}), {});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().fix, HasSubstr("-GGUF"));
}

TEST(CheckFetchable, Case33RefusesFilesThatTheHubDoesNotSendOverHttp) {
  HubListing files = listing({"m-00001-of-00002.gguf", "m-00002-of-00002.gguf"});
  files.files[1].size = Bytes(50'000'000'000);
  EXPECT_TRUE(check_fetchable(files.files));
  files.files[1].size = Bytes(50'000'000'001);
  const auto checked = check_fetchable(files.files);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(checked.error().place, HasSubstr("00002"));
}

}  // namespace
}  // namespace tokcast
