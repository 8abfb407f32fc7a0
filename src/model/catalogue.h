// The catalogue: shapes of well-known open-weight models, so that a forecast needs no file and no network.
//
// data/catalogue.json is compiled into the binary. A row is facts only; rows expand to the GGUF header that
// llama.cpp's converter and quantiser would write for them (hyper-parameters, tensors, types), which is
// proven against published file sizes (quant_mix_test.cc).
#ifndef TOKCAST_MODEL_CATALOGUE_H_
#define TOKCAST_MODEL_CATALOGUE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/gguf.h"
#include "model/quant_mix.h"
#include "model/shape.h"

namespace tokcast {

enum class Thinks { kNever, kOptional, kAlways };  // at length, before it answers

// What a model can do, each with where that is said. nullopt: nobody says.
struct Abilities {
  std::optional<bool> chat{};   // follows instructions
  std::optional<bool> code{};   // made for code
  std::optional<bool> tools{};  // calls tools
  std::optional<Thinks> thinks{};
  std::optional<std::vector<std::string>> languages{};  // ISO 639-1
  std::map<std::string, std::string> sources{};         // by the names in the file: "chat", "languages" ...
};

struct CatalogueRow {
  std::string id;  // "llama-2-7b-chat"
  std::string family;
  std::string architecture;  // llama.cpp's name
  std::string hf_repo;       // of the original weights; may be empty
  std::string gguf_repo;     // of quantised files; may be empty
  std::string licence;
  std::string release_month;  // "2023-07"; may be empty
  std::uint32_t layers = 0;
  std::uint32_t embedding_length = 0;
  std::vector<std::uint32_t> heads{};     // one for all layers, or one per layer
  std::vector<std::uint32_t> kv_heads{};  // likewise
  std::uint32_t head_length = 0;
  std::vector<std::uint32_t> feed_forward_length{};  // of dense layers: one, or one per layer
  std::optional<std::uint32_t> experts{};
  std::optional<std::uint32_t> experts_used{};
  std::optional<std::uint32_t> expert_feed_forward_length{};
  std::optional<std::uint32_t> shared_experts{};
  std::uint32_t vocabulary = 0;
  bool tied_embeddings = false;
  std::optional<std::uint32_t> context_length{};
  std::optional<std::uint32_t> sliding_window{};
  std::optional<std::uint64_t> parameters{};  // what the tensors must add up to
  Json tensor_flags = Json::object();  // what the columns above cannot say (pattern, qk_norm, fused_qkv ...)
  Abilities abilities{};
  std::map<std::string, double> quality{};  // scores by name; of different names they do not compare
  std::string quality_source;
  std::map<std::string, std::uint64_t> published_bytes{};  // of files by mix, metadata included
  bool own = false;                                        // of the user's file, not of ours
};

// All rows, in the file's order, then those of add_to_catalogue. Parsed once, on first use.
std::span<const CatalogueRow> catalogue();

// From here on the catalogue has these rows too; one whose id is there already takes its place. Not thread
// safe, and spans taken before are void: for the start of a process.
void add_to_catalogue(std::vector<CatalogueRow> rows);

// By id, ignoring case. Errors: kNotFound with the nearest id as fix.
Result<CatalogueRow> find_catalogue_row(std::string_view id);

// The ids that `recommend` considers by default.
std::span<const std::string_view> short_list();

// What a file of this model in this mix ("Q4_K_M", "Q8_0", "F16" ...) contains. Errors: kUsage for an unknown
// mix (with the nearest as fix), kUnsupported for a row whose tensors are not known.
Result<GgufHeader> expand(const CatalogueRow& row, std::string_view mix);

// The hyper-parameters ("general.architecture", "<architecture>.block_count" ...) that llama.cpp needs to
// load a model of this row. Errors: kUnsupported for an architecture whose keys are not known.
Result<std::vector<GgufKeyValue>> hyperparameters(const CatalogueRow& row);

// Every tensor of this row, all of type F32 for those never quantised and F16 for the others; in llama.cpp's
// order of writing. Errors: kUnsupported.
Result<std::vector<Tensor>> tensors_of(const CatalogueRow& row);

// What apply_mix needs to know of this row; without importance matrix.
MixContext mix_context(const CatalogueRow& row);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_CATALOGUE_H_
