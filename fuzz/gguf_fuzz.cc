// GGUF headers from strangers: reading, shapes and writing must hold for any bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "model/gguf_reader.h"
#include "model/gguf_writer.h"
#include "model/shape.h"

namespace tokcast {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void use_shape(const GgufHeader& header) {
  const auto shape = shape_from_header(header, "fuzz");
  if (!shape) return;
  require(!shape->layers.empty() && shape->layers.size() <= 512);
  require(shape->active_parameters() <= shape->parameters());
  require(shape->decode_bytes() <= shape->weight_bytes());
  require(shape->kv_bytes(Tokens(1024)) <= shape->kv_bytes(Tokens(1 << 20)));
}

// What was read can be written and is then read back the same, except for arrays whose elements were not
// kept.
void write_and_reread(const GgufHeader& header, std::uint64_t padded_size) {
  const auto bytes = encode_gguf_header(header, padded_size);
  require(bytes.has_value() || padded_size != 0);
  if (!bytes) return;
  const auto source = make_buffer_source(std::as_bytes(std::span(*bytes)), "rewritten");
  const auto again = read_gguf(*source, GgufData::kOptional);
  require(again.has_value());
  require(again->offsets == header.offsets && again->alignment == header.alignment);
  require(again->data_offset == bytes->size());
  require(again->tensors.size() == header.tensors.size());
  for (std::size_t i = 0; i < header.tensors.size(); ++i) {
    require(again->tensors[i].name == header.tensors[i].name);
    require(again->tensors[i].dimensions == header.tensors[i].dimensions);
  }
}

void read_all_ways(std::span<const std::byte> bytes) {
  const auto source = make_buffer_source(bytes, "fuzz");
  const auto with_data = read_gguf(*source, GgufData::kRequired);
  const auto header = read_gguf(*source, GgufData::kOptional);
  require(header.has_value() || !with_data.has_value());
  require(header.has_value() || !header.error().place.empty());
  if (!header) return;
  use_shape(*header);
  write_and_reread(*header, 0);
  write_and_reread(*header, 65'536);
  GgufHeader compact = *header;
  if (lay_out_tensors(compact)) write_and_reread(compact, 0);
}

}  // namespace
}  // namespace tokcast

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tokcast::read_all_ways(std::as_bytes(std::span(data, size)));
  return 0;
}
