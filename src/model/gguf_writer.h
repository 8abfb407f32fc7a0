// Writes GGUF headers (version 3): the counterpart of gguf_reader.h, for skeletons and tests.
#ifndef TOKCAST_MODEL_GGUF_WRITER_H_
#define TOKCAST_MODEL_GGUF_WRITER_H_

#include <string>
#include <vector>

#include "base/result.h"
#include "model/gguf.h"

namespace tokcast {

// Gives each tensor its offset (in order, each padded to header.alignment) and returns the size of the data
// section. Errors: kBadInput if a size overflows or a row is not whole blocks.
Result<Bytes> lay_out_tensors(GgufHeader& header);

// The bytes of everything before the data section, for a header whose offsets are laid out. If `padded_size`
// is not 0, the result is made exactly that long by a metadata string "tokcast.padding" (it must be at least
// kMaxHeaderPadding longer than the bare header and a multiple of the alignment): two headers of one padded
// size can take turns before the same data. Arrays that were read without their elements cannot be written
// and are left out.
Result<std::string> encode_gguf_header(const GgufHeader& header, std::uint64_t padded_size = 0);

constexpr std::uint64_t kMaxHeaderPadding = 4096;

}  // namespace tokcast

#endif  // TOKCAST_MODEL_GGUF_WRITER_H_
