#include "fetch/remote_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/temporary_directory_test_util.h"
#include "fetch/test_clock_test_util.h"
#include "fetch/test_model_test_util.h"
#include "fetch/test_server_test_util.h"
#include "model/catalogue.h"
#include "model/gguf_writer.h"
#include "model/naming.h"

namespace tokcast {
namespace {

using testing::HasSubstr;

constexpr auto kSmall = "smollm2-135m-instruct";

class RemoteModelTest : public testing::Test {
 protected:
  RemoteModelTest() {
    hub_.add(kRepository, "small-Q8_0.gguf", test_model(kSmall, "Q8_0", {1000, 2000}), std::string(64, '8'));
    hub_.add(kRepository, "small-Q4_K_M.gguf", test_model(kSmall, "Q4_K_M", {1000, 2000}),
             std::string(64, '4'));
  }

  // Each time as a new process would.
  Result<Shape> find(const std::string& name, bool offline = false) {
    RemoteModels models(*client_, {.endpoint = hub_.endpoint(), .offline = offline},
                        HeaderStore(folder_.path()), clock_);
    return models.find_shape(name);
  }
  void forget() {
    hub_.hub().forget_requests();
    hub_.cdn().forget_requests();
  }
  static void expect_same(const Shape& shape, const Shape& expected) {
    EXPECT_EQ(shape.architecture, expected.architecture);
    EXPECT_EQ(shape.quantization, expected.quantization);
    EXPECT_EQ(shape.parameters(), expected.parameters());
    EXPECT_EQ(shape.weight_bytes(), expected.weight_bytes());
    EXPECT_EQ(shape.vocabulary, expected.vocabulary);
    EXPECT_EQ(shape.layers.size(), expected.layers.size());
    EXPECT_EQ(shape.kv_bytes_per_token(), expected.kv_bytes_per_token());
  }

  static constexpr const char* kRepository = "user/repo";
  const TemporaryDirectory folder_{};
  TestHub hub_{};
  TestClock clock_{};
  std::unique_ptr<HttpClient> client_ = curl_http_client();
};

TEST_F(RemoteModelTest, FindsTheShapeBehindARepository) {
  const auto shape = find("user/repo");
  ASSERT_TRUE(shape) << describe(shape.error());
  EXPECT_EQ(shape->id, "small-Q4_K_M");
  expect_same(*shape, find_shape(kSmall).value());
  EXPECT_EQ(shape->header.file_bytes, Bytes(test_model(kSmall, "Q4_K_M", {1000, 2000}).size));
}

TEST_F(RemoteModelTest, FindsTheQuantisationTheFileAndTheRevision) {
  EXPECT_EQ(find("user/repo:Q8_0").value().quantization, "Q8_0");
  EXPECT_EQ(find("hf://user/repo@main/small-Q8_0.gguf").value().quantization, "Q8_0");
  EXPECT_EQ(find(std::string("user/repo@") + TestHub::kCommit + ":q8_0").value().quantization, "Q8_0");
  EXPECT_EQ(find(hub_.endpoint() + "/user/repo/blob/main/small-Q8_0.gguf").value().quantization, "Q8_0");
  EXPECT_EQ(find("user/repo:Q2_K").error().kind, ErrorKind::kNotFound);
}

TEST_F(RemoteModelTest, SaysThatAFolderIsNoModel) {
  EXPECT_EQ(find("hf://user/repo/small/").error().kind, ErrorKind::kUsage);
}

TEST_F(RemoteModelTest, FindsTheShapeBehindAnyAddress) {
  const std::string url = hub_.cdn().url(TestHub::cdn_path(kRepository, "small-Q8_0.gguf"));
  const auto shape = find(url);
  ASSERT_TRUE(shape) << describe(shape.error());
  EXPECT_EQ(shape->id, "small-Q8_0");
  EXPECT_TRUE(hub_.hub().requests().empty());
  EXPECT_TRUE(find(url));
  EXPECT_EQ(hub_.cdn().requests().back().method, "HEAD");
}

// docs/FETCH.md gives these figures.
TEST_F(RemoteModelTest, JudgesAModelOfFourGigabytesByLessThanAHundredthOfItInSixRequests) {
  struct Row {
    TestTokenizer tokenizer;
    std::uint64_t mebibytes;
    std::uint64_t requests;
  };
  for (const Row& row :
       {Row{{32'000, 61'249}, 5, 4}, Row{kLargeTokenizer, 10, 5}, Row{{248'000, 500'000}, 18, 6}}) {
    const TestFile file = test_model("llama-3.1-8b-instruct", "Q4_K_M", row.tokenizer);
    ASSERT_GT(file.size, 4'000'000'000);
    const std::string repository = "user/large" + std::to_string(row.tokenizer.tokens);
    hub_.add(repository, "large-Q4_K_M.gguf", file, std::string(64, 'a'));
    forget();
    const auto shape = find(repository);
    ASSERT_TRUE(shape) << describe(shape.error());
    expect_same(*shape, find_shape("llama-3.1-8b-instruct").value());
    EXPECT_EQ(hub_.body_bytes() >> 20U, row.mebibytes);
    EXPECT_EQ(hub_.request_count(), row.requests);
    EXPECT_LE(hub_.body_bytes(), file.size / 100);
  }
}

TEST_F(RemoteModelTest, ASecondLookCostsOneRequestAndNoBytes) {
  const auto first = find("user/repo");
  forget();
  const auto second = find("user/repo");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(hub_.request_count(), 1);
  EXPECT_EQ(hub_.body_bytes(), 0);
  EXPECT_EQ(hub_.hub().requests().at(0).method, "HEAD");
  EXPECT_EQ(second->id, first->id);
  EXPECT_EQ(second->header.file_bytes, first->header.file_bytes);
  expect_same(*second, *first);
}

TEST_F(RemoteModelTest, ASecondLookAtACommitCostsNothing) {
  const std::string name = std::string("user/repo@") + TestHub::kCommit;
  ASSERT_TRUE(find(name));
  forget();
  EXPECT_TRUE(find(name));
  EXPECT_EQ(hub_.request_count(), 0);
}

TEST_F(RemoteModelTest, Case7LooksAgainWhenTheFileChanged) {
  ASSERT_TRUE(find("user/repo:Q4_K_M"));
  hub_.add(kRepository, "small-Q4_K_M.gguf", test_model("qwen3-4b", "Q4_K_M"), std::string(64, 'b'));
  const auto shape = find("user/repo:Q4_K_M");
  ASSERT_TRUE(shape) << describe(shape.error());
  EXPECT_EQ(shape->architecture, "qwen3");
}

TEST_F(RemoteModelTest, Case36UsesWhatIsStoredWhenOffline) {
  EXPECT_TRUE(find("user/repo"));
  forget();
  EXPECT_TRUE(find("user/repo", true));
  EXPECT_EQ(hub_.request_count(), 0);
}

TEST_F(RemoteModelTest, TakesADamagedStoreForNone) {
  ASSERT_TRUE(find("user/repo"));
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    std::filesystem::resize_file(entry.path(), std::filesystem::file_size(entry.path()) / 2);
  }
  EXPECT_TRUE(find("user/repo"));
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    std::ofstream(entry.path()) << "{}";
  EXPECT_TRUE(find("user/repo"));
}

// Two parts as llama.cpp's gguf-split makes them: the first has the metadata and some of the tensors.
std::pair<std::string, std::string> split_model(std::uint16_t told_count) {
  GgufHeader first = expand(find_catalogue_row(kSmall).value(), "Q4_K_M").value();
  GgufHeader second;
  const auto number = [](const char* key, std::uint16_t value) {
    return GgufKeyValue{key, {GgufValueType::kUint16, std::uint64_t{value}}};
  };
  const auto tensors = static_cast<std::uint32_t>(first.tensors.size());
  for (GgufHeader* part : {&first, &second}) {
    part->metadata.push_back(number("split.no", part == &first ? 0 : 1));
    part->metadata.push_back(number("split.count", told_count));
    part->metadata.push_back(gguf_uint32("split.tensors.count", tensors));
  }
  second.tensors.assign(first.tensors.begin() + 20, first.tensors.end());
  first.tensors.resize(20);
  std::pair<std::string, std::string> out;
  for (auto [header, file] : {std::pair{&first, &out.first}, std::pair{&second, &out.second}}) {
    const Bytes data = lay_out_tensors(*header).value();
    *file = encode_gguf_header(*header).value() + std::string(data.value, '\0');
  }
  return out;
}

TEST_F(RemoteModelTest, Case32ReadsAllPartsOfASplitModel) {
  const auto [first, second] = split_model(2);
  hub_.add("user/split", "m-Q4_K_M-00001-of-00002.gguf", TestFile::of(first));
  hub_.add("user/split", "m-Q4_K_M-00002-of-00002.gguf", TestFile::of(second));
  const auto shape = find("user/split");
  ASSERT_TRUE(shape) << describe(shape.error());
  expect_same(*shape, find_shape(kSmall).value());
  EXPECT_EQ(shape->header.file_bytes, Bytes(first.size() + second.size()));
  forget();
  const auto again = find("user/split");
  ASSERT_TRUE(again) << describe(again.error());
  expect_same(*again, *shape);
  EXPECT_EQ(hub_.request_count(), 1);
}

TEST_F(RemoteModelTest, Case32RefusesAPartThatIsMissingOrCountsOtherwise) {
  const auto [first, second] = split_model(3);
  hub_.add("user/split", "m-Q4_K_M-00001-of-00002.gguf", TestFile::of(first));
  EXPECT_EQ(find("user/split").error().kind, ErrorKind::kBadInput);
  hub_.add("user/split", "m-Q4_K_M-00002-of-00002.gguf", TestFile::of(second));
  const auto shape = find("user/split");
  ASSERT_FALSE(shape);
  EXPECT_EQ(shape.error().kind, ErrorKind::kBadInput);
  EXPECT_THAT(shape.error().message, HasSubstr("split.count"));
}

TEST_F(RemoteModelTest, Case31RefusesWhatIsNoGguf) {
  hub_.add(kRepository, "page-Q5_K_M.gguf", TestFile::of("<html>Log in</html>, and some more text"));
  const auto shape = find("user/repo:Q5_K_M");
  ASSERT_FALSE(shape);
  EXPECT_EQ(shape.error().kind, ErrorKind::kBadInput);
  EXPECT_THAT(shape.error().message, HasSubstr("web page"));
}

TEST_F(RemoteModelTest, SaysThatARepositoryIsGatedWhereTheListIsNot) {
  hub_.hub().answer(TestHub::resolve_path(kRepository, "small-Q4_K_M.gguf", "main"), 403, "",
                    {{"X-Error-Code", "GatedRepo"}});
  const auto shape = find("user/repo");
  ASSERT_FALSE(shape);
  EXPECT_THAT(shape.error().message, HasSubstr("gated"));
}

TEST_F(RemoteModelTest, RefusesAFileThatEndsBeforeItsWeightsDo) {
  TestFile file = test_model(kSmall, "Q4_K_M");
  file.size -= 1;
  hub_.add("user/cut", "m-Q4_K_M.gguf", file, std::string(64, 'c'));
  EXPECT_EQ(find("user/cut").error().kind, ErrorKind::kBadInput);
}

}  // namespace
}  // namespace tokcast
