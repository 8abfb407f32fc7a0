#include "model/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "model/catalogue_data.h"
#include "model/catalogue_rows.h"
#include "model/gguf_writer.h"
#include "model/quant_mix.h"

namespace tokcast {
namespace {

std::vector<CatalogueRow> read_catalogue() {
  const Result<Json> document = parse_json(catalogue_json(), "the built-in catalogue");
  if (!document) return {};  // catalogue_test.cc proves that this does not happen
  auto rows = catalogue_rows(*document, "the built-in catalogue");
  return rows ? std::move(*rows) : std::vector<CatalogueRow>{};
}

std::vector<CatalogueRow>& all_rows() {
  static std::vector<CatalogueRow> rows = read_catalogue();
  return rows;
}

// Heads of keys and values in the first layer as its file declares them: those of Mamba and convolution
// layers are none, and latent attention counts as one.
std::uint32_t first_kv_heads(const CatalogueRow& row) {
  if (row.architecture == "deepseek2") return 1;
  const auto pattern = row.tensor_flags.find("pattern");
  if (pattern != row.tensor_flags.end() && pattern->is_string()) {
    const auto kinds = pattern->get<std::string>();
    if (kinds.starts_with('M') || kinds.starts_with('C')) return 0;
  }
  return row.kv_heads.empty() ? 0 : row.kv_heads.front();
}

}  // namespace

MixContext mix_context(const CatalogueRow& row) {
  return {.architecture = row.architecture,
          .layers = row.layers,
          .heads = row.heads.empty() ? 0 : row.heads.front(),
          .kv_heads = first_kv_heads(row),
          .experts = row.experts.value_or(0)};
}

std::span<const CatalogueRow> catalogue() {
  return all_rows();
}

void add_to_catalogue(std::vector<CatalogueRow> rows) {
  std::vector<CatalogueRow>& all = all_rows();
  for (CatalogueRow& row : rows) {
    const auto same = std::ranges::find_if(
        all, [&row](const CatalogueRow& other) { return equals_ignoring_case(other.id, row.id); });
    if (same == all.end()) {
      all.push_back(std::move(row));
    } else {
      *same = std::move(row);
    }
  }
}

Result<CatalogueRow> find_catalogue_row(std::string_view id) {
  const std::span<const CatalogueRow> rows = catalogue();
  const auto found =
      std::ranges::find_if(rows, [id](const CatalogueRow& row) { return equals_ignoring_case(row.id, id); });
  if (found != rows.end()) return *found;
  std::vector<std::string> ids;
  for (const CatalogueRow& row : rows) ids.push_back(row.id);
  const std::optional<std::string> nearest = nearest_word(id, ids);
  return fail(ErrorKind::kNotFound, fmt::format("the catalogue has no model named '{}'", printable(id)), {},
              nearest ? fmt::format("did you mean {}?", *nearest) : "'tokcast models' lists them all");
}

std::span<const std::string_view> short_list() {
  static constexpr std::array<std::string_view, 18> kIds = {"tinyllama-1.1b-chat",
                                                            "llama-3.2-1b-instruct",
                                                            "qwen2.5-1.5b-instruct",
                                                            "qwen3-1.7b",
                                                            "gemma-2-2b-it",
                                                            "qwen2.5-3b-instruct",
                                                            "llama-3.2-3b-instruct",
                                                            "phi-3-mini-4k-instruct",
                                                            "gemma-3-4b-it",
                                                            "qwen3-4b",
                                                            "llama-2-7b-chat",
                                                            "mistral-7b-instruct-v0.3",
                                                            "qwen2.5-7b-instruct",
                                                            "llama-3.1-8b-instruct",
                                                            "qwen3-8b",
                                                            "llama-2-13b-chat",
                                                            "gpt-oss-20b",
                                                            "qwen3-30b-a3b"};
  return kIds;
}

Result<GgufHeader> expand(const CatalogueRow& row, std::string_view mix) {
  GgufHeader header;
  Result<std::vector<Tensor>> tensors = tensors_of(row);
  if (!tensors) return std::unexpected(tensors.error());
  MixContext context = mix_context(row);
  // Nearly all published I-quants are made with one; of the others nobody can say, and their sizes hardly
  // differ.
  context.importance_matrix = lower(mix).starts_with("iq");
  if (const Result<void> applied = apply_mix(*tensors, mix, context); !applied) {
    return std::unexpected(applied.error());
  }
  Result<std::vector<GgufKeyValue>> keys = hyperparameters(row);
  if (!keys) return std::unexpected(keys.error());
  header.tensors = std::move(*tensors);
  header.metadata = std::move(*keys);
  header.metadata.push_back(gguf_string("general.name", row.id));
  header.metadata.push_back(gguf_uint32("general.file_type", mix_file_type(mix).value_or(0)));
  if (const Result<Bytes> laid_out = lay_out_tensors(header); !laid_out) {
    return std::unexpected(laid_out.error());
  }
  return header;
}

}  // namespace tokcast
