// A model's shape: all that a forecast needs to know of a model, and nothing of its weights.
//
// It has one source, a GGUF header: read from a file or a hub, or expanded from a catalogue row
// (catalogue.h).
#ifndef TOKCAST_MODEL_SHAPE_H_
#define TOKCAST_MODEL_SHAPE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "model/gguf.h"

namespace tokcast {

enum class LayerKind {
  kAttention,  // keeps keys and values for every position (of the window, if it has one)
  kRecurrent,  // keeps a state of fixed size
  kOther,      // neither: a feed-forward layer of its own
};

struct LayerShape {
  LayerKind kind = LayerKind::kAttention;
  std::uint32_t heads = 0;
  std::uint32_t kv_heads = 0;
  std::uint32_t key_length = 0;                   // of one head
  std::uint32_t value_length = 0;                 // of one head
  std::optional<std::uint32_t> sliding_window{};  // positions; nullopt: it sees all
  bool mixture_of_experts = false;
  // Multi-head latent attention: one vector of a position serves all heads, as key and (in part) as value.
  bool values_in_keys = false;
  bool borrows_keys_values = false;  // it looks at those of an earlier layer and keeps none
  std::uint64_t state_elements =
      0;  // F32 numbers that it carries from token to token: state spaces, convolutions
};

// Of one element of the caches, F16 if nothing else is said: keys and values may be of different types.
struct KvBytes {
  KvBytes() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): mostly both are alike
  KvBytes(double of_both) : key(of_both), value(of_both) {}
  KvBytes(double of_keys, double of_values) : key(of_keys), value(of_values) {}

  double key = 2;
  double value = 2;
};

// llama.cpp's default physical batch (--ubatch-size), which a window's cache must hold besides the window.
constexpr std::uint64_t kMicroBatch = 512;

struct Shape {
  std::string id;            // what the user called it, or the file's own name
  std::string architecture;  // llama.cpp's name: "llama", "qwen2", "gemma3" ...
  std::string quantization;  // "Q4_K_M", "Q8_0" ...; "unknown" if the file does not say
  GgufHeader header;         // hyper-parameters and every tensor
  std::uint32_t embedding_length = 0;
  std::uint32_t vocabulary = 0;
  std::optional<std::uint32_t> context_length{};  // that it was trained for
  std::optional<std::uint32_t> experts{};         // nullopt: dense
  std::optional<std::uint32_t> experts_used{};
  bool tied_output = false;          // no output.weight: token_embd is read in full instead
  std::vector<LayerShape> layers{};  // those that run in plain decoding (no next-token-prediction blocks)
  // Why nothing can be forecast of this model yet ("recurrent models (RWKV) are not modelled yet"); empty if
  // all of it is modelled.
  std::vector<std::string> not_modelled{};
  // What of it no rate was measured for ("gated delta nets and other recurrent layers"): its price is an
  // analogy, so that forecasts from rates are wider. A rehearsal times it like everything else.
  std::vector<std::string> roughly_modelled{};

  std::uint64_t parameters() const;         // elements of all tensors
  std::uint64_t active_parameters() const;  // without the experts not chosen
  Bytes weight_bytes() const;               // of all tensors, as stored
  // Bytes of weights read to decode one token: chosen experts only, one row of an untied embedding, a tied
  // one whole.
  Bytes decode_bytes() const;
  // Bytes of keys and values kept for one more token of context over all layers; sliding windows ignored.
  Bytes kv_bytes_per_token(KvBytes element = {}) const;
  // Bytes of keys and values of a context of `tokens`, windows honoured, as llama.cpp allocates them; of the
  // layers from `first_layer` on.
  Bytes kv_bytes(Tokens context, KvBytes element = {}, std::size_t first_layer = 0) const;
  // Bytes of what recurrent layers carry from token to token, of one session, as llama.cpp allocates it
  // (llama_hparams::n_embd_r and n_embd_s, in F32); of the layers from `first_layer` on.
  Bytes state_bytes(std::size_t first_layer = 0) const;
};

// Errors: kBadInput with the offending key if hyper-parameters are missing, zero, out of range (1 to 512
// layers) or contradict the tensors; kUnsupported if general.architecture is absent or is no language model.
Result<Shape> shape_from_header(GgufHeader header, std::string id);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_SHAPE_H_
