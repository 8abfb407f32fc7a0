#include "model/gguf_samples.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

namespace tokcast {
namespace {

constexpr std::uint32_t kUint8 = 0;
constexpr std::uint32_t kUint32 = 4;
constexpr std::uint32_t kInt32 = 5;
constexpr std::uint32_t kFloat32 = 6;
constexpr std::uint32_t kBool = 7;
constexpr std::uint32_t kString = 8;
constexpr std::uint32_t kArray = 9;
constexpr std::uint32_t kUint64 = 10;

constexpr std::uint32_t kTypeF32 = 0;
constexpr std::uint32_t kTypeQ4 = 2;
constexpr std::uint64_t kHuge = 1ULL << 62U;

template <typename Number>
std::string raw(Number number) {
  std::string bytes(sizeof(number), '\0');
  std::copy_n(reinterpret_cast<const char*>(&number), sizeof(number), bytes.begin());
  return bytes;
}

// What one rule's file changes in the good one.
struct Mutation {
  std::string name;
  std::function<void(RawGguf&)> change;
  std::string place;
  ErrorKind kind = ErrorKind::kBadInput;
};

std::vector<Mutation> header_mutations() {
  return {
      {"header-bad-magic", [](RawGguf& f) { f.magic = "GGUG"; }, "magic"},
      {"header-web-page", [](RawGguf& f) { f.magic = "<!DO"; }, "magic"},
      {"header-version-0", [](RawGguf& f) { f.version = 0; }, "version"},
      {"header-version-1", [](RawGguf& f) { f.version = 1; }, "version", ErrorKind::kUnsupported},
      {"header-version-future", [](RawGguf& f) { f.version = 4; }, "version", ErrorKind::kUnsupported},
      {"header-big-endian", [](RawGguf& f) { f.version = 3U << 24U; }, "version", ErrorKind::kUnsupported},
      {"header-tensor-count-huge", [](RawGguf& f) { f.tensor_count = kHuge; }, "tensor count"},
      {"header-tensor-count-wraps", [](RawGguf& f) { f.tensor_count = ~0ULL; }, "tensor count"},
      {"header-tensor-count-over-file", [](RawGguf& f) { f.tensor_count = 100'000; }, "tensor count"},
      {"header-metadata-count-huge", [](RawGguf& f) { f.metadata_count = kHuge; }, "metadata count"},
      {"header-metadata-count-over-file", [](RawGguf& f) { f.metadata_count = 60'000; }, "metadata count"},
  };
}

std::vector<Mutation> key_mutations() {
  return {
      {"kv-key-length-huge", [](RawGguf& f) { f.metadata[2].key_length = kHuge; }, "metadata 2 key"},
      {"kv-key-length-wraps", [](RawGguf& f) { f.metadata[2].key_length = ~0ULL; }, "metadata 2 key"},
      {"kv-key-longer-than-file", [](RawGguf& f) { f.metadata[2].key_length = 60'000; }, "metadata 2 key"},
      {"kv-empty-key", [](RawGguf& f) { f.metadata[2].key.clear(); }, "metadata 2 key"},
      {"kv-duplicate-key", [](RawGguf& f) { f.metadata.push_back(f.metadata[2]); }, "llama.block_count"},
      {"kv-bad-type", [](RawGguf& f) { f.metadata[2].type = 13; }, "llama.block_count type"},
      {"kv-bad-type-huge", [](RawGguf& f) { f.metadata[2].type = ~0U; }, "llama.block_count type"},
      {"kv-bool-of-2", [](RawGguf& f) { f.entry("test.bool").value = "\2"; }, "test.bool value"},
      {"kv-string-length-huge", [](RawGguf& f) { f.entry("general.name").value = raw_u64(kHuge); },
       "general.name"},
      {"kv-string-length-wraps", [](RawGguf& f) { f.entry("general.name").value = raw_u64(~0ULL); },
       "general.name"},
      {"kv-string-longer-than-file", [](RawGguf& f) { f.entry("general.name").value = raw_u64(1U << 20U); },
       "general.name"},
      {"kv-string-over-limit", [](RawGguf& f) { f.entry("general.name").value = raw_u64(65U << 20U); },
       "general.name"},
  };
}

std::vector<Mutation> array_mutations() {
  constexpr auto kKey = "test.numbers";
  return {
      {"array-nested",
       [](RawGguf& f) { f.entry(kKey).value = raw_array(kArray, 1, raw_array(kInt32, 0, "")); },
       "test.numbers element type"},
      {"array-bad-element-type", [](RawGguf& f) { f.entry(kKey).value = raw_array(13, 1, raw_u32(0)); },
       "test.numbers element type"},
      {"array-count-wraps", [](RawGguf& f) { f.entry(kKey).value = raw_array(kInt32, kHuge, ""); },
       "test.numbers element count"},
      {"array-count-negative", [](RawGguf& f) { f.entry(kKey).value = raw_array(kUint8, 1ULL << 63U, ""); },
       "test.numbers element count"},
      {"array-count-gibi", [](RawGguf& f) { f.entry(kKey).value = raw_array(kUint8, 1U << 30U, ""); },
       "test.numbers element count"},
      {"array-strings-count-huge",
       [](RawGguf& f) { f.entry(kKey).value = raw_array(kString, 1U << 30U, ""); },
       "test.numbers element count"},
      {"array-string-length-huge",
       [](RawGguf& f) { f.entry(kKey).value = raw_array(kString, 1, raw_u64(kHuge)); },
       "test.numbers string length"},
      {"array-string-longer-than-file",
       [](RawGguf& f) { f.entry(kKey).value = raw_array(kString, 1, raw_u64(1U << 20U)); },
       "test.numbers string"},
      {"array-bool-of-3", [](RawGguf& f) { f.entry(kKey).value = raw_array(kBool, 2, "\1\3"); },
       "test.numbers value"},
  };
}

void set_alignment(RawGguf& file, std::uint32_t alignment) {
  file.metadata.push_back({"general.alignment", kUint32, raw_u32(alignment)});
}

std::vector<Mutation> alignment_mutations() {
  constexpr auto kPlace = "general.alignment";
  return {
      {"alignment-0", [](RawGguf& f) { set_alignment(f, 0); }, kPlace},
      {"alignment-3", [](RawGguf& f) { set_alignment(f, 3); }, kPlace},
      {"alignment-131072", [](RawGguf& f) { set_alignment(f, 131'072); }, kPlace},
      {"alignment-2-to-31", [](RawGguf& f) { set_alignment(f, 1U << 31U); }, kPlace},
      {"alignment-of-uint64",
       [](RawGguf& f) { f.metadata.push_back({"general.alignment", kUint64, raw_u64(32)}); }, kPlace},
      {"alignment-of-int32",
       [](RawGguf& f) { f.metadata.push_back({"general.alignment", kInt32, raw_u32(32)}); }, kPlace},
      {"alignment-of-string",
       [](RawGguf& f) { f.metadata.push_back({"general.alignment", kString, raw_string("32")}); }, kPlace},
      {"alignment-inconsistent", [](RawGguf& f) { set_alignment(f, 4096); }, "blk.0.attn_q.weight offset"},
  };
}

std::vector<Mutation> tensor_mutations() {
  constexpr std::uint64_t kTwo32 = 1ULL << 32U;
  return {
      {"tensor-name-of-64", [](RawGguf& f) { f.tensors[1].name = std::string(64, 'x'); }, "tensor 1 name"},
      {"tensor-name-length-huge", [](RawGguf& f) { f.tensors[1].name_length = kHuge; }, "tensor 1 name"},
      {"tensor-name-empty", [](RawGguf& f) { f.tensors[1].name.clear(); }, "tensor 1 name"},
      {"tensor-name-twice", [](RawGguf& f) { f.tensors[1].name = f.tensors[0].name; }, "token_embd.weight"},
      {"tensor-dimensions-0", [](RawGguf& f) { f.tensors[0].dimensions.clear(); },
       "token_embd.weight dimension count"},
      {"tensor-dimensions-5", [](RawGguf& f) { f.tensors[0].dimensions = {1, 1, 1, 1, 1}; },
       "token_embd.weight dimension count"},
      {"tensor-dimensions-huge", [](RawGguf& f) { f.tensors[0].dimension_count = ~0U; },
       "token_embd.weight dimension count"},
      {"tensor-dimension-0", [](RawGguf& f) { f.tensors[0].dimensions = {32, 0}; },
       "token_embd.weight dimensions"},
      {"tensor-dimension-negative", [](RawGguf& f) { f.tensors[0].dimensions = {~0ULL, 1}; },
       "token_embd.weight dimensions"},
      {"tensor-elements-wrap", [](RawGguf& f) { f.tensors[0].dimensions = {kTwo32, kTwo32}; },
       "token_embd.weight dimensions"},
      {"tensor-elements-wrap-to-little", [](RawGguf& f) { f.tensors[0].dimensions = {kTwo32, kTwo32, 4, 1}; },
       "token_embd.weight dimensions"},
      {"tensor-bytes-wrap",
       [](RawGguf& f) {
         f.tensors[0].dimensions = {kTwo32, 1U << 30U};
         f.tensors[0].type = kTypeF32;
       },
       "token_embd.weight type"},
      {"tensor-type-removed", [](RawGguf& f) { f.tensors[0].type = 4; }, "token_embd.weight type",
       ErrorKind::kUnsupported},
      {"tensor-type-future", [](RawGguf& f) { f.tensors[0].type = 1000; }, "token_embd.weight type",
       ErrorKind::kUnsupported},
      {"tensor-type-negative", [](RawGguf& f) { f.tensors[0].type = ~0U; }, "token_embd.weight type",
       ErrorKind::kUnsupported},
      {"tensor-row-not-whole-blocks",
       [](RawGguf& f) {
         f.tensors[0].dimensions = {48, 4};
         f.tensors[0].type = kTypeQ4;
       },
       "token_embd.weight type"},
      {"tensor-offset-unaligned", [](RawGguf& f) { f.tensors[1].offset += 1; }, "blk.0.attn_q.weight offset"},
      {"tensor-offset-overlaps", [](RawGguf& f) { f.tensors[1].offset -= 32; }, "blk.0.attn_q.weight offset"},
      {"tensor-offset-out-of-order", [](RawGguf& f) { std::swap(f.tensors[0].offset, f.tensors[2].offset); },
       "blk.0.attn_q.weight offset"},
      {"tensor-offset-wraps", [](RawGguf& f) { f.tensors.back().offset = ~0ULL - 31; },
       "output_norm.weight offset"},
  };
}

std::vector<Mutation> data_mutations() {
  return {
      {"data-missing", [](RawGguf& f) { f.data_bytes = 0; }, "token_embd.weight data"},
      {"data-one-byte-short", [](RawGguf& f) { f.data_bytes -= 1; }, "output_norm.weight data"},
      {"data-beyond-file", [](RawGguf& f) { f.tensors.back().offset = 1ULL << 40U; },
       "output_norm.weight data"},
      {"data-sum-wraps", [](RawGguf& f) { f.tensors.back().offset = ~0ULL - 1023; },
       "output_norm.weight data"},
  };
}

}  // namespace

RawGguf::Entry& RawGguf::entry(std::string_view key) {
  return *std::ranges::find(metadata, key, &Entry::key);
}

std::string RawGguf::header() const {
  std::string out = magic + raw_u32(version) + raw_u64(tensor_count.value_or(tensors.size())) +
                    raw_u64(metadata_count.value_or(metadata.size()));
  for (const Entry& entry : metadata) {
    out +=
        raw_u64(entry.key_length.value_or(entry.key.size())) + entry.key + raw_u32(entry.type) + entry.value;
  }
  for (const TensorEntry& tensor : tensors) {
    const auto count = static_cast<std::uint32_t>(tensor.dimensions.size());
    out += raw_u64(tensor.name_length.value_or(tensor.name.size())) + tensor.name;
    out += raw_u32(tensor.dimension_count.value_or(count));
    for (const std::uint64_t length : tensor.dimensions) out += raw_u64(length);
    out += raw_u32(tensor.type) + raw_u64(tensor.offset);
  }
  return out;
}

std::string RawGguf::file() const {
  std::string out = header();
  out.append((alignment - out.size() % alignment) % alignment + data_bytes, '\0');
  return out;
}

std::string raw_u32(std::uint32_t number) {
  return raw(number);
}

std::string raw_u64(std::uint64_t number) {
  return raw(number);
}

std::string raw_string(std::string_view text) {
  return raw_u64(text.size()) + std::string(text);
}

std::string raw_array(std::uint32_t element_type, std::uint64_t count, std::string_view elements) {
  return raw_u32(element_type) + raw_u64(count) + std::string(elements);
}

RawGguf good_gguf() {
  RawGguf file;
  file.metadata = {
      {"general.architecture", kString, raw_string("llama")},
      {"general.name", kString, raw_string("sample")},
      {"llama.block_count", kUint32, raw_u32(1)},
      {"llama.context_length", kUint32, raw_u32(2048)},
      {"llama.embedding_length", kUint32, raw_u32(32)},
      {"llama.feed_forward_length", kUint32, raw_u32(64)},
      {"llama.attention.head_count", kUint32, raw_u32(4)},
      {"llama.attention.head_count_kv", kArray, raw_array(kInt32, 1, raw_u32(2))},
      {"llama.rope.freq_base", kFloat32, raw(10000.0F)},
      {"general.file_type", kUint32, raw_u32(2)},
      {"test.bool", kBool, "\1"},
      {"test.uint64", kUint64, raw_u64(~0ULL)},
      {"test.int8", 1, "\xff"},
      {"test.double", 12, raw(0.5)},
      {"test.numbers", kArray, raw_array(kFloat32, 2, raw(1.5F) + raw(-2.0F))},
      {"tokenizer.ggml.tokens", kArray,
       raw_array(kString, 3, raw_string("a") + raw_string("") + raw_string("bc"))},
  };
  file.tensors = {
      {"token_embd.weight", {32, 3}, kTypeQ4, 0},
      {"blk.0.attn_q.weight", {32, 2}, kTypeF32, 64},
      {"output_norm.weight", {32}, kTypeF32, 64 + 256},
  };
  file.data_bytes = 64 + 256 + 128;
  return file;
}

std::vector<MalformedGguf> malformed_ggufs() {
  std::vector<MalformedGguf> files = {
      {"empty", "", ErrorKind::kBadInput, "magic"},
      {"magic-only", "GGUF", ErrorKind::kBadInput, "version"},
  };
  for (const auto& group : {header_mutations(), key_mutations(), array_mutations(), alignment_mutations(),
                            tensor_mutations(), data_mutations()}) {
    for (const Mutation& mutation : group) {
      RawGguf file = good_gguf();
      mutation.change(file);
      files.push_back({mutation.name, file.file(), mutation.kind, mutation.place});
    }
  }
  return files;
}

}  // namespace tokcast
