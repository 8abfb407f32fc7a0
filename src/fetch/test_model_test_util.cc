#include "fetch/test_model_test_util.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <utility>

#include "model/catalogue.h"
#include "model/gguf_writer.h"
#include "model/tiny_model_test_util.h"
#include "rehearse/random_weights.h"

namespace tokcast {
namespace {

template <typename Number>
void put(std::string& out, Number number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

void put_text(std::string& out, std::string_view text) {
  put(out, std::uint64_t{text.size()});
  out += text;
}

void put_strings(std::string& out, std::string_view key, std::uint64_t count, std::uint64_t typical_length) {
  put_text(out, key);
  put(out, static_cast<std::uint32_t>(GgufValueType::kArray));
  put(out, static_cast<std::uint32_t>(GgufValueType::kString));
  put(out, count);
  for (std::uint64_t i = 0; i < count; ++i) put_text(out, std::string(typical_length - 2 + i % 5, 'x'));
}

void put_numbers(std::string& out, std::string_view key, std::uint64_t count) {
  put_text(out, key);
  put(out, static_cast<std::uint32_t>(GgufValueType::kArray));
  put(out, static_cast<std::uint32_t>(GgufValueType::kInt32));
  put(out, count);
  out.append(count * sizeof(std::int32_t), '\1');
}

// 256 bytes and three marks: the smallest vocabulary that llama.cpp serves.
constexpr std::uint32_t kByteTokens = 259;

std::string byte_token(std::uint32_t id) {
  constexpr std::array kMarks{"<unk>", "<s>", "</s>"};
  return id < kMarks.size() ? kMarks[id] : fmt::format("<0x{:02X}>", id - kMarks.size());
}

void put_array(std::string& out, std::string_view key, GgufValueType type) {
  put_text(out, key);
  put(out, static_cast<std::uint32_t>(GgufValueType::kArray));
  put(out, static_cast<std::uint32_t>(type));
  put(out, std::uint64_t{kByteTokens});
}

std::string byte_tables() {
  constexpr std::int32_t kUnknown = 2, kControl = 3, kByte = 6;  // llama.cpp's token types
  std::string out;
  put_array(out, "tokenizer.ggml.tokens", GgufValueType::kString);
  for (std::uint32_t id = 0; id < kByteTokens; ++id) put_text(out, byte_token(id));
  put_array(out, "tokenizer.ggml.scores", GgufValueType::kFloat32);
  for (std::uint32_t id = 0; id < kByteTokens; ++id) put(out, -static_cast<float>(id));
  put_array(out, "tokenizer.ggml.token_type", GgufValueType::kInt32);
  for (std::uint32_t id = 0; id < kByteTokens; ++id) put(out, id == 0 ? kUnknown : id < 3 ? kControl : kByte);
  return out;
}

std::string weights(const GgufHeader& header, Bytes size) {
  std::string out(size.value, '\0');
  for (std::size_t i = 0; i < header.tensors.size(); ++i) {
    const Tensor& tensor = header.tensors[i];
    const auto bytes = tensor.type == GgmlType::kF32
                           ? random_f32(tensor.name, tensor.elements(), i)
                           : random_blocks(tensor.type, tensor.elements() / 32, i);  // Q8_0
    std::memcpy(out.data() + header.offsets[i], bytes.data(), bytes.size());
  }
  return out;
}

// What is said, and nothing else; as long as makes `out` a multiple of the alignment, so that all behind it
// keeps its place.
void put_template(std::string& out, std::uint64_t alignment) {
  std::string text = "{% for message in messages %}{{ message.content }}{% endfor %}";
  put_text(out, "tokenizer.chat_template");
  put(out, static_cast<std::uint32_t>(GgufValueType::kString));
  const std::uint64_t end = out.size() + sizeof(std::uint64_t) + text.size();
  put_text(out, text.append((alignment - end % alignment) % alignment, ' '));
}

// The header with `count` tables, and a chat template, among its metadata.
std::string with_tables(const GgufHeader& header, std::string tables, std::uint64_t count) {
  constexpr std::size_t kCountPlace = 16, kMetadataPlace = 24;
  std::string out = encode_gguf_header(header).value();
  put_template(tables, header.alignment);
  std::uint64_t all = 0;
  std::memcpy(&all, out.data() + kCountPlace, sizeof(all));
  all += count + 1;
  std::memcpy(out.data() + kCountPlace, &all, sizeof(all));
  return out.insert(kMetadataPlace, tables);
}

}  // namespace

std::string model_head(const GgufHeader& header, TestTokenizer tokenizer) {
  if (tokenizer.tokens == 0) return encode_gguf_header(header).value();
  std::string tables;
  put_strings(tables, "tokenizer.ggml.tokens", tokenizer.tokens, 7);
  put_numbers(tables, "tokenizer.ggml.token_type", tokenizer.tokens);
  put_strings(tables, "tokenizer.ggml.merges", tokenizer.merges, 10);
  return with_tables(header, std::move(tables), 3);
}

TestFile test_model(std::string_view id, std::string_view mix, TestTokenizer tokenizer) {
  GgufHeader header = expand(find_catalogue_row(id).value(), mix).value();
  const Bytes data = lay_out_tensors(header).value();
  std::string head = model_head(header, tokenizer);
  const std::uint64_t size = head.size() + data.value;
  return TestFile::sparse(std::move(head), size);
}

TestFile servable_model(std::string_view id) {
  CatalogueRow row = id.empty() ? tiny_row() : find_catalogue_row(id).value();
  row.vocabulary = kByteTokens;
  GgufHeader header = expand(row, "Q8_0").value();
  std::erase_if(header.metadata, [](const auto& entry) { return entry.key == "tokenizer.ggml.model"; });
  header.metadata.push_back(gguf_string("tokenizer.ggml.model", "llama"));
  const Bytes data = lay_out_tensors(header).value();
  return TestFile::of(with_tables(header, byte_tables(), 3) + weights(header, data));
}

}  // namespace tokcast
