#include "fetch/test_model_test_util.h"

#include <cstring>

#include "model/catalogue.h"
#include "model/gguf_writer.h"

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

// A string that makes `out` a multiple of the alignment, so that all behind it keeps its place.
void put_filler(std::string& out, std::uint64_t alignment) {
  put_text(out, "tokenizer.chat_template");
  put(out, static_cast<std::uint32_t>(GgufValueType::kString));
  const std::uint64_t rest = alignment - (out.size() + sizeof(std::uint64_t)) % alignment;
  put_text(out, std::string(rest, ' '));
}

}  // namespace

std::string model_head(const GgufHeader& header, TestTokenizer tokenizer) {
  std::string out = encode_gguf_header(header).value();
  if (tokenizer.tokens == 0) return out;
  std::string tables;
  put_strings(tables, "tokenizer.ggml.tokens", tokenizer.tokens, 7);
  put_numbers(tables, "tokenizer.ggml.token_type", tokenizer.tokens);
  put_strings(tables, "tokenizer.ggml.merges", tokenizer.merges, 10);
  put_filler(tables, header.alignment);
  constexpr std::size_t kCountPlace = 16, kMetadataPlace = 24;
  std::uint64_t count = 0;
  std::memcpy(&count, out.data() + kCountPlace, sizeof(count));
  count += 4;
  std::memcpy(out.data() + kCountPlace, &count, sizeof(count));
  return out.insert(kMetadataPlace, tables);
}

TestFile test_model(std::string_view id, std::string_view mix, TestTokenizer tokenizer) {
  GgufHeader header = expand(find_catalogue_row(id).value(), mix).value();
  const Bytes data = lay_out_tensors(header).value();
  std::string head = model_head(header, tokenizer);
  const std::uint64_t size = head.size() + data.value;
  return TestFile::sparse(std::move(head), size);
}

}  // namespace tokcast
