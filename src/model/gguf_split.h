// The names of models in several files: name-00001-of-0000N.gguf, each part a GGUF file of its own with some
// of the tensors.
#ifndef TOKCAST_MODEL_GGUF_SPLIT_H_
#define TOKCAST_MODEL_GGUF_SPLIT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tokcast {

struct SplitName {
  std::string stem;  // of the path, up to the part's number
  std::uint64_t part = 1;
  std::uint64_t parts = 1;

  std::string path_of(std::uint64_t number) const;
};

// nullopt: not the name of a part.
std::optional<SplitName> parse_split_name(std::string_view path);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_GGUF_SPLIT_H_
