// What llama.cpp knows of an architecture beyond the keys in the file.
//
// Source: llama-arch.cpp (names) and models/*.cpp (load_arch_hparams: sliding-window patterns),
// ggml-org/llama.cpp of 2026.
#ifndef TOKCAST_MODEL_ARCHITECTURE_H_
#define TOKCAST_MODEL_ARCHITECTURE_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace tokcast {

struct Architecture {
  std::string_view name;
  // Why a forecast cannot be trusted; empty if the keys and tensors say all there is to know.
  std::string_view not_modelled{};
  // Of every `sliding_period` layers one sees all positions and the others a window: the last one, or the
  // first if `full_first`. 0: no sliding windows unless the file gives a pattern.
  std::uint32_t sliding_period = 0;
  bool full_first = false;
  std::uint32_t default_window = 0;  // 0: no sliding windows unless the file gives a window
  // Of every so many layers all but the last are recurrent. 0: the file says which are.
  std::uint32_t recurrent_period = 0;
  // So many layers keep keys and values and the others borrow them, whatever the file says. 0: the file says.
  std::uint32_t layers_with_keys = 0;
  // What of it no rate is known for; empty if all work is of the usual kinds.
  std::string_view roughly_modelled{};
};

// nullopt if llama.cpp has no such architecture (or it is newer than this table).
std::optional<Architecture> find_architecture(std::string_view name);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_ARCHITECTURE_H_
