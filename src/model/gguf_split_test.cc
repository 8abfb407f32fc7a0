#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/temporary_directory_test_util.h"
#include "model/gguf_reader.h"
#include "model/gguf_samples.h"

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

std::string raw_u16(std::uint16_t number) {
  return raw_u32(number).substr(0, 2);
}

// A model in three parts with one tensor each; tests change them before they are written.
class GgufSplit : public testing::Test {
 protected:
  void SetUp() override {
    const RawGguf whole = good_gguf();
    for (std::uint16_t i = 0; i < 3; ++i) {
      RawGguf& part = parts_.emplace_back();
      if (i == 0) part.metadata = whole.metadata;
      part.metadata.push_back({"split.no", 2, raw_u16(i)});
      part.metadata.push_back({"split.count", 2, raw_u16(3)});
      part.metadata.push_back({"split.tensors.count", 5, raw_u32(3)});
      part.tensors = {whole.tensors[i]};
      part.tensors[0].offset = 0;
      part.data_bytes = 4096;
    }
  }

  std::string path_of(int number) const {
    return folder_ / ("m-0000" + std::to_string(number) + "-of-00003.gguf");
  }
  static void write(const std::string& path, const RawGguf& file) {
    std::ofstream(path, std::ios::binary) << file.file();
  }
  Result<GgufHeader> read() const {
    for (int i = 0; i < 3; ++i) write(path_of(i + 1), parts_[static_cast<std::size_t>(i)]);
    return read_gguf_file(path_of(1), GgufData::kRequired);
  }

  const TemporaryDirectory folder_;
  std::vector<RawGguf> parts_;
};

TEST_F(GgufSplit, MergesTheTensorsOfAllParts) {
  const auto header = read();
  ASSERT_TRUE(header) << describe(header.error());
  ASSERT_EQ(header->tensors.size(), 3U);
  EXPECT_EQ(header->tensors[2].name, "output_norm.weight");
  EXPECT_THAT(header->offsets, ElementsAre(0, 0, 0));
  EXPECT_EQ(header->file_bytes,
            Bytes(parts_[0].file().size() + parts_[1].file().size() + parts_[2].file().size()));
  EXPECT_EQ(header->find_string("general.architecture"), "llama");
  EXPECT_EQ(header->find("split.count"), nullptr);
}

TEST_F(GgufSplit, TrustsTheNamesWhenThePartsSayNothing) {
  for (RawGguf& part : parts_)
    std::erase_if(part.metadata, [](const auto& e) { return e.key.starts_with("split."); });
  EXPECT_TRUE(read());
}

TEST_F(GgufSplit, NamesAMissingPart) {
  write(path_of(1), parts_[0]);
  write(path_of(2), parts_[1]);
  const auto header = read_gguf_file(path_of(1), GgufData::kRequired);
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(header.error().place, path_of(3));
}

TEST_F(GgufSplit, SendsALaterPartToTheFirst) {
  write(path_of(2), parts_[1]);
  const auto header = read_gguf_file(path_of(2), GgufData::kRequired);
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(header.error().fix, EndsWith(path_of(1)));
}

TEST_F(GgufSplit, RefusesAPartOfAnotherCount) {
  parts_[1].entry("split.count").value = raw_u16(4);
  const auto header = read();
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(header.error().place, path_of(2));
}

TEST_F(GgufSplit, RefusesPartsUnderEachOthersNames) {
  std::swap(parts_[1], parts_[2]);
  const auto header = read();
  ASSERT_FALSE(header);
  EXPECT_THAT(header.error().message, HasSubstr("split.no is 2"));
}

TEST_F(GgufSplit, RefusesAWrongTensorCount) {
  parts_[0].entry("split.tensors.count").value = raw_u32(4);
  const auto header = read();
  ASSERT_FALSE(header);
  EXPECT_THAT(header.error().message, HasSubstr("split.tensors.count"));
}

TEST_F(GgufSplit, CountsTheTensorsOfAllPartsAgainstTheLimit) {
  ASSERT_TRUE(read());
  const auto header = read_gguf_file(path_of(1), GgufData::kRequired, {.tensor_count = 2});
  ASSERT_FALSE(header);
  EXPECT_THAT(header.error().place, EndsWith("tensor count"));
}

TEST_F(GgufSplit, RefusesATensorInTwoParts) {
  parts_[2].tensors[0].name = parts_[1].tensors[0].name;
  const auto header = read();
  ASSERT_FALSE(header);
  EXPECT_THAT(header.error().message, HasSubstr("blk.0.attn_q.weight"));
}

TEST_F(GgufSplit, ReportsADamagedPartByItsName) {
  parts_[2].version = 1;
  const auto header = read();
  ASSERT_FALSE(header);
  EXPECT_THAT(header.error().place, testing::StartsWith(path_of(3)));
}

TEST_F(GgufSplit, RefusesAPartUnderAnotherName) {
  const std::string path = folder_ / "model.gguf";
  write(path, parts_[0]);
  const auto header = read_gguf_file(path, GgufData::kRequired);
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().kind, ErrorKind::kBadInput);
}

TEST_F(GgufSplit, ReadsASinglePartNamedLikeASplit) {
  const std::string path = folder_ / "m-00001-of-00001.gguf";
  write(path, good_gguf());
  EXPECT_TRUE(read_gguf_file(path, GgufData::kRequired));
}

TEST_F(GgufSplit, TakesNamesThatOnlyLookAlikeForSingleFiles) {
  for (const auto* name : {"m-00000-of-00003.gguf", "m-00004-of-00003.gguf", "m-0001-of-0003.gguf",
                           "m-1-of-3.gguf", "m-00001-in-00003.gguf", "-00001-of-0000x.gguf"}) {
    const std::string path = folder_ / name;
    write(path, good_gguf());
    EXPECT_TRUE(read_gguf_file(path, GgufData::kRequired)) << name;
  }
}

}  // namespace
}  // namespace tokcast
