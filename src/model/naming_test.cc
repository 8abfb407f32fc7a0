#include "model/naming.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/temporary_directory_test_util.h"
#include "model/catalogue.h"
#include "model/gguf_writer.h"

namespace tokcast {
namespace {

class FindShape : public testing::Test {
 protected:
  // The header of a catalogue model as a file without weights; its path.
  std::string write_header(const std::string& name, std::string_view id, std::string_view mix) {
    GgufHeader header = expand(find_catalogue_row(id).value(), mix).value();
    EXPECT_TRUE(lay_out_tensors(header));
    return write_text(directory_ / name, encode_gguf_header(header).value());
  }

  const TemporaryDirectory directory_;
};

ErrorKind kind_of(const std::string& name) {
  const auto shape = find_shape(name);
  EXPECT_FALSE(shape) << name;
  return shape ? ErrorKind::kInterrupted : shape.error().kind;
}

TEST_F(FindShape, TakesACatalogueIdInTheUsualMix) {
  const auto shape = find_shape("llama-2-7b-chat");
  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->id, "llama-2-7b-chat");
  EXPECT_EQ(shape->quantization, kDefaultMix);
  EXPECT_EQ(shape->parameters(), 6'738'415'616);
}

TEST_F(FindShape, TakesTheMixAfterAColon) {
  const auto usual = find_shape("llama-2-7b-chat");
  const auto large = find_shape("llama-2-7b-chat:Q8_0");
  ASSERT_TRUE(usual && large);
  EXPECT_EQ(large->quantization, "Q8_0");
  EXPECT_GT(large->weight_bytes(), usual->weight_bytes());
}

TEST_F(FindShape, IgnoresTheCaseOfAnId) {
  EXPECT_EQ(find_shape("LLaMA-2-7B-chat").value().id, "llama-2-7b-chat");
}

TEST_F(FindShape, NamesTheNearestIdForATypo) {
  const auto shape = find_shape("lama-2-7b-chat");
  ASSERT_FALSE(shape);
  EXPECT_EQ(shape.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(shape.error().fix.find("llama-2-7b-chat"), std::string::npos);
}

TEST_F(FindShape, RefusesAMixThatDoesNotExist) {
  EXPECT_EQ(kind_of("llama-2-7b-chat:Q9_9"), ErrorKind::kUsage);
  EXPECT_EQ(kind_of("llama-2-7b-chat:"), ErrorKind::kUsage);
}

TEST_F(FindShape, LeavesModelsThatAreElsewhereToOthers) {
  EXPECT_EQ(kind_of("user/model"), ErrorKind::kUnsupported);
  EXPECT_EQ(kind_of("user/model:Q4_K_M"), ErrorKind::kUnsupported);
  EXPECT_EQ(kind_of("hf://user/model"), ErrorKind::kUnsupported);
  EXPECT_EQ(kind_of("https://example.org/model.gguf"), ErrorKind::kUnsupported);
}

TEST_F(FindShape, KnowsRemoteNamesFromPaths) {
  for (const char* name :
       {"user/model", "user/model:Q4_K_M", "hf://user/model", "https://example.org/model.gguf"}) {
    EXPECT_TRUE(is_remote_name(name)) << name;
  }
  for (const char* name : {"llama-2-7b-chat", "llama-2-7b-chat:Q8_0", "here/model.gguf", "./here/model",
                           "../model", "/tmp/model", "~/model", ""}) {
    EXPECT_FALSE(is_remote_name(name)) << name;
  }
  EXPECT_FALSE(is_remote_name(write_header("odd", "smollm2-135m-instruct", "Q4_K_M")));
}

TEST(RepositoryOfId, IsWhereTheFilesOfACatalogueRowLie) {
  EXPECT_EQ(repository_of_id("llama-2-13b-chat").value(), "TheBloke/Llama-2-13B-chat-GGUF");
  EXPECT_EQ(repository_of_id("Llama-2-13B-Chat:Q8_0").value(), "TheBloke/Llama-2-13B-chat-GGUF:Q8_0");
}

TEST(RepositoryOfId, IsUnknownForSomeRowsAndSaysSo) {
  EXPECT_EQ(repository_of_id("falcon-7b-instruct").error().kind, ErrorKind::kNotFound);
  EXPECT_NE(repository_of_id("falcon-7b-instruct").error().fix.find("user/repo"), std::string::npos);
  EXPECT_EQ(repository_of_id("llama-2-13b-chet").error().fix, "did you mean llama-2-13b-chat?");
}

// What is not the name of a repository could not be asked for.
TEST(RepositoryOfId, IsARepositoryForEveryRowThatHasOne) {
  for (const CatalogueRow& row : catalogue()) {
    if (row.gguf_repo.empty()) continue;
    EXPECT_EQ(std::ranges::count(row.gguf_repo, '/'), 1) << row.id;
    EXPECT_TRUE(is_remote_name(row.gguf_repo)) << row.id;
  }
}

TEST_F(FindShape, SaysThatAFileDoesNotExist) {
  EXPECT_EQ(kind_of("missing.gguf"), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of("/missing/file.gguf"), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of("./missing/file"), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of(""), ErrorKind::kNotFound);
}

TEST_F(FindShape, ReadsAFileWithoutWeightsAndCallsItByItsName) {
  const auto shape = find_shape(write_header("mine.gguf", "smollm2-135m-instruct", "Q4_K_M"));
  ASSERT_TRUE(shape) << describe(shape.error());
  EXPECT_EQ(shape->id, "mine");
  EXPECT_EQ(shape->quantization, "Q4_K_M");
  EXPECT_EQ(shape->weight_bytes(), find_shape("smollm2-135m-instruct").value().weight_bytes());
}

TEST_F(FindShape, ReadsAFileWhateverItIsCalled) {
  EXPECT_TRUE(find_shape(write_header("weights:Q9", "smollm2-135m-instruct", "Q8_0")));
}

TEST_F(FindShape, RefusesWhatIsNoModel) {
  const std::string text = "not a model at all, but long enough to hold a header of one";
  EXPECT_EQ(kind_of(write_text(directory_ / "text.gguf", text)), ErrorKind::kBadInput);
  EXPECT_EQ(kind_of(directory_.path()), ErrorKind::kBadInput);
}

}  // namespace
}  // namespace tokcast
