#include "model/gguf_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/temporary_directory_test_util.h"
#include "model/gguf_samples.h"

namespace tokcast {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

Result<GgufHeader> read_bytes(const std::string& bytes, GgufData data = GgufData::kRequired,
                              const GgufLimits& limits = {}) {
  const auto source = make_buffer_source(std::as_bytes(std::span(bytes)), "model.gguf");
  return read_gguf(*source, data, limits);
}

// Serves a buffer without saying how long it is, and counts what is asked of it.
class RemoteSource final : public ByteSource {
 public:
  explicit RemoteSource(std::string bytes) : bytes_(std::move(bytes)) {}

  Result<void> read(std::uint64_t offset, std::span<std::byte> out) override {
    ++reads;
    if (offset + out.size() > bytes_.size()) return fail(ErrorKind::kBadInput, "it ends before", name_);
    if (broken) return fail(ErrorKind::kNetwork, "the connection broke", name_);
    bytes_read += out.size();
    std::ranges::copy(std::as_bytes(std::span(bytes_)).subspan(offset, out.size()), out.begin());
    return {};
  }
  std::optional<Bytes> size() const override {
    return known_size ? std::optional(Bytes(bytes_.size())) : std::nullopt;
  }
  const std::string& name() const override { return name_; }

  int reads = 0;
  std::uint64_t bytes_read = 0;
  bool broken = false;
  bool known_size = false;

 private:
  std::string bytes_;
  std::string name_ = "https://example.org/model.gguf";
};

TEST(GgufReader, ReadsAGoodFile) {
  const auto header = read_bytes(good_gguf().file());
  ASSERT_TRUE(header) << describe(header.error());
  EXPECT_EQ(header->version, 3U);
  EXPECT_EQ(header->alignment, 32U);
  EXPECT_EQ(header->metadata.size(), 16U);
  EXPECT_EQ(header->find_string("general.architecture"), "llama");
  EXPECT_EQ(header->find_uint("llama.embedding_length"), 32U);
  EXPECT_EQ(header->find_double("llama.rope.freq_base"), 10000.0);
  EXPECT_EQ(header->find_double("test.double"), 0.5);
  EXPECT_EQ(header->find_uint("test.uint64"), ~0ULL);
  EXPECT_EQ(header->find_uint("test.int8"), std::nullopt) << "-1 is no unsigned number";
  EXPECT_EQ(header->find_double("test.int8"), -1.0);
  EXPECT_EQ(header->find("no.such.key"), nullptr);
  EXPECT_EQ(header->file_bytes, Bytes(good_gguf().file().size()));
}

TEST(GgufReader, ReadsTensors) {
  const auto header = read_bytes(good_gguf().file());
  ASSERT_TRUE(header);
  ASSERT_EQ(header->tensors.size(), 3U);
  EXPECT_EQ(header->tensors[0].type, GgmlType::kQ4_0);
  EXPECT_THAT(header->tensors[0].dimensions, ElementsAre(32, 3));
  EXPECT_EQ(header->tensors[0].elements(), 96U);
  EXPECT_EQ(header->tensors[0].bytes(), Bytes(3UL * 18));
  EXPECT_EQ(header->tensors[0].layer(), std::nullopt);
  EXPECT_EQ(header->tensors[1].layer(), 0U);
  EXPECT_THAT(header->offsets, ElementsAre(0, 64, 320));
  EXPECT_EQ(header->data_offset, (good_gguf().header().size() + 31) / 32 * 32);
}

TEST(GgufReader, ReadsVersion2) {
  RawGguf file = good_gguf();
  file.version = 2;
  EXPECT_TRUE(read_bytes(file.file()));
}

TEST(GgufReader, HonoursTheFilesAlignment) {
  RawGguf file = good_gguf();
  file.metadata.push_back({"general.alignment", 4, raw_u32(64)});
  file.alignment = 64;
  file.tensors[1].offset = 64;
  const auto header = read_bytes(file.file());
  ASSERT_TRUE(header) << describe(header.error());
  EXPECT_EQ(header->alignment, 64U);
  EXPECT_EQ(header->data_offset % 64, 0U);
}

TEST(GgufReader, KeepsShortArraysAndOnlyCountsStrings) {
  const auto header = read_bytes(good_gguf().file());
  ASSERT_TRUE(header);
  const auto& numbers = std::get<GgufArray>(header->find("test.numbers")->value);
  EXPECT_THAT(numbers.numbers, ElementsAre(1.5, -2.0));
  const auto& tokens = std::get<GgufArray>(header->find("tokenizer.ggml.tokens")->value);
  EXPECT_EQ(tokens.element_type, GgufValueType::kString);
  EXPECT_EQ(tokens.count, 3U);
  EXPECT_EQ(tokens.payload_bytes, 3 * 8 + 3);
  EXPECT_TRUE(tokens.numbers.empty());
}

TEST(GgufReader, KeepsNoLongAndNoInexactArrays) {
  RawGguf file = good_gguf();
  file.metadata.push_back({"long", 9, raw_array(0, 5000, std::string(5000, '\1'))});
  file.metadata.push_back({"inexact", 9, raw_array(10, 1, raw_u64(~0ULL))});
  const auto header = read_bytes(file.file());
  ASSERT_TRUE(header) << describe(header.error());
  for (const auto* key : {"long", "inexact"}) {
    const auto& array = std::get<GgufArray>(header->find(key)->value);
    EXPECT_TRUE(array.numbers.empty()) << key;
    EXPECT_GE(array.payload_bytes, 8U) << key;
  }
}

TEST(GgufReader, RefusesEveryMalformedFileWithItsKindAndPlace) {
  const auto files = malformed_ggufs();
  ASSERT_GE(files.size(), 60U);
  for (const MalformedGguf& file : files) {
    const auto header = read_bytes(file.bytes);
    ASSERT_FALSE(header) << file.name;
    const Error& error = header.error();
    EXPECT_EQ(error.kind, file.kind) << file.name << ": " << describe(error);
    EXPECT_THAT(error.place, StartsWith("model.gguf: byte ")) << file.name;
    EXPECT_THAT(error.place, EndsWith(", " + file.place)) << file.name << ": " << describe(error);
    EXPECT_FALSE(error.message.empty() || error.fix.empty()) << file.name;
  }
}

TEST(GgufReader, RefusesMalformedHeadersAlsoWhenNoDataAreNeeded) {
  for (const MalformedGguf& file : malformed_ggufs()) {
    const bool only_data = file.name.starts_with("data-");
    EXPECT_EQ(read_bytes(file.bytes, GgufData::kOptional).has_value(), only_data) << file.name;
  }
}

TEST(GgufReader, RefusesEveryTruncation) {
  const std::string bytes = good_gguf().file();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto header = read_bytes(bytes.substr(0, length));
    ASSERT_FALSE(header) << length << " of " << bytes.size() << " bytes";
    ASSERT_EQ(header.error().kind, ErrorKind::kBadInput) << length;
  }
}

TEST(GgufReader, AcceptsAHeaderCutAnywhereAfterTheLastDescription) {
  const std::string bytes = good_gguf().file();
  const std::size_t header_size = good_gguf().header().size();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto header = read_bytes(bytes.substr(0, length), GgufData::kOptional);
    ASSERT_EQ(header.has_value(), length >= header_size) << length;
  }
}

TEST(GgufReader, SurvivesEveryOneByteChange) {
  const std::string bytes = good_gguf().file();
  const std::size_t header_size = good_gguf().header().size();
  for (std::size_t at = 0; at < header_size; ++at) {
    for (const char value : {'\x00', '\x01', '\x7f', '\x80', '\xff'}) {
      std::string changed = bytes;
      changed[at] = value;
      const auto header = read_bytes(changed);
      if (!header) {
        ASSERT_FALSE(header.error().place.empty()) << at;
      }
    }
  }
}

TEST(GgufReader, SaysThatAFileIsEmpty) {
  EXPECT_EQ(read_bytes("").error().message, "the file is empty");
}

TEST(GgufReader, PointsAtTheFirstByteOfTheWrongField) {
  RawGguf file;
  file.metadata = {{"general.alignment", 4, raw_u32(3)}};
  const auto header = read_bytes(file.file());
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().place, "model.gguf: byte 53, general.alignment");
}

TEST(GgufReader, PointsAtTheSecondOfTwoKeys) {
  RawGguf file;
  file.metadata = {{"b", 4, raw_u32(3)}, {"a", 4, raw_u32(3)}, {"b", 4, raw_u32(3)}};
  const auto header = read_bytes(file.file());
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().place, "model.gguf: byte 58, b");
}

TEST(GgufReader, NamesTheUnknownTensorType) {
  RawGguf file = good_gguf();
  file.tensors[0].type = 77;
  EXPECT_THAT(read_bytes(file.file()).error().message, HasSubstr("77"));
}

TEST(GgufReader, HoldsToItsLimits) {
  const std::string bytes = good_gguf().file();
  EXPECT_FALSE(read_bytes(bytes, GgufData::kRequired, {.metadata_count = 15}));
  EXPECT_FALSE(read_bytes(bytes, GgufData::kRequired, {.tensor_count = 2}));
  EXPECT_FALSE(read_bytes(bytes, GgufData::kRequired, {.key_bytes = 10}));
  EXPECT_FALSE(read_bytes(bytes, GgufData::kRequired, {.string_bytes = 4}));
  EXPECT_FALSE(read_bytes(bytes, GgufData::kRequired, {.header_bytes = 200}));
  EXPECT_FALSE(read_bytes(bytes, GgufData::kRequired, {.kept_bytes = 50}));
  EXPECT_TRUE(read_bytes(bytes, GgufData::kRequired, {.metadata_count = 16, .tensor_count = 3}));
}

TEST(GgufReader, KeepsLittleOfManyArrays) {
  RawGguf file = good_gguf();
  for (int i = 0; i < 600; ++i) {  // 600 arrays of 4 kB would cost 19 MB once widened
    file.metadata.push_back({"array" + std::to_string(i), 9, raw_array(0, 4096, std::string(4096, '\0'))});
  }
  const auto header = read_bytes(file.file());
  ASSERT_FALSE(header);
  EXPECT_THAT(header.error().place, EndsWith(" elements"));
}

TEST(GgufReader, ReadsASourceOfUnknownSize) {
  RemoteSource source(good_gguf().file());
  const auto header = read_gguf(source, GgufData::kRequired);
  ASSERT_TRUE(header) << describe(header.error());
  EXPECT_EQ(header->file_bytes, std::nullopt);
  EXPECT_LT(source.reads, 60);
}

TEST(GgufReader, RefusesATruncatedSourceOfUnknownSize) {
  const std::string bytes = good_gguf().header();
  for (std::size_t length = 0; length < bytes.size(); length += 7) {
    RemoteSource source(bytes.substr(0, length));
    const auto header = read_gguf(source, GgufData::kOptional);
    ASSERT_FALSE(header) << length;
    ASSERT_EQ(header.error().kind, ErrorKind::kBadInput) << length;
  }
}

TEST(GgufReader, AsksARemoteSourceSeldomAndSkipsWhatItNeedsNot) {
  RawGguf file = good_gguf();
  constexpr std::uint64_t kCount = 3U << 20U;
  file.metadata.push_back({"tokenizer.ggml.scores", 9, raw_array(6, kCount, std::string(4 * kCount, '\0'))});
  RemoteSource source(file.file());
  source.known_size = true;
  ASSERT_TRUE(read_gguf(source, GgufData::kRequired));
  EXPECT_EQ(source.reads, 2);
  EXPECT_LT(source.bytes_read, 3U << 20U) << "12 MB of scores are in between";
}

TEST(GgufReader, PassesOnThatTheConnectionBroke) {
  RemoteSource source(good_gguf().file());
  source.broken = true;
  source.known_size = true;
  const auto header = read_gguf(source, GgufData::kRequired);
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().kind, ErrorKind::kNetwork);
}

TEST(GgufReader, NamesAMissingFile) {
  const auto header = read_gguf_file("/no/such/model.gguf", GgufData::kOptional);
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(header.error().place, "/no/such/model.gguf");
}

TEST(GgufReader, RefusesDirectoriesAndPipes) {
  const TemporaryDirectory directory;
  const std::string pipe = directory / "pipe.gguf";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path : {directory.path(), pipe, std::string("/dev/zero")}) {
    const auto header = read_gguf_file(path, GgufData::kOptional);
    ASSERT_FALSE(header) << path;
    EXPECT_EQ(header.error().kind, ErrorKind::kBadInput) << path;
  }
}

TEST(GgufTensor, CountsAHostileTensorAsEndless) {
  const Tensor tensor{"x", GgmlType::kF32, {1ULL << 40U, 1ULL << 40U}};
  EXPECT_EQ(tensor.elements(), ~0ULL);
  EXPECT_EQ(tensor.bytes(), Bytes(~0ULL));
  EXPECT_EQ(checked_bytes(tensor), std::nullopt);
}

TEST(GgufTensor, KnowsItsLayerFromItsNameOnly) {
  EXPECT_EQ((Tensor{"blk.17.ffn_up.weight"}).layer(), 17U);
  for (const auto* name :
       {"output.weight", "blk.", "blk.x.y", "blk.-1.y", "v.blk.3.y", "blk.99999999999.y"}) {
    EXPECT_EQ((Tensor{name}).layer(), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace tokcast
