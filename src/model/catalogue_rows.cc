#include "model/catalogue_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "model/shape.h"

namespace tokcast {
namespace {

constexpr std::uint64_t kMostLayers = 512;
constexpr std::uint64_t kMostWidth = 1ULL << 24U;
constexpr std::uint64_t kMostTokens = 1ULL << 32U;
constexpr std::size_t kMostText = 8192;
constexpr Bytes kMostFile{4 * kMebi.value};

// One object of the document. Keeps the first error; takes note of the keys it was asked for.
class Fields {
 public:
  Fields(const Json& object, std::string place) : object_(object), place_(std::move(place)) {}

  std::string text(std::string_view key, std::size_t most = kMostText) {
    const Json* value = find(key);
    if (value == nullptr) return {};
    if (!value->is_string()) return fail(key, "must be text"), std::string();
    auto out = value->get<std::string>();
    if (out.size() > most) fail(key, fmt::format("is longer than {} bytes", most));
    return out;
  }

  std::optional<std::uint64_t> number(std::string_view key, std::uint64_t least, std::uint64_t most) {
    const Json* value = find(key);
    return value == nullptr ? std::nullopt : whole(key, *value, least, most);
  }

  std::optional<std::uint32_t> small(std::string_view key, std::uint64_t least, std::uint64_t most) {
    const auto out = number(key, least, std::min<std::uint64_t>(most, UINT32_MAX));
    return out ? std::optional(static_cast<std::uint32_t>(*out)) : std::nullopt;
  }

  std::vector<std::uint32_t> list(std::string_view key, std::uint64_t most) {
    std::vector<std::uint32_t> out;
    const Json* value = find(key);
    if (value == nullptr) return out;
    if (!value->is_array() || value->size() > kMostLayers) return fail(key, "must be a list of numbers"), out;
    for (const Json& item : *value) {
      const auto one = whole(key, item, 0, most);
      if (one) out.push_back(static_cast<std::uint32_t>(*one));
    }
    return out;
  }

  std::optional<bool> flag(std::string_view key) {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_boolean()) return fail(key, "must be true or false"), std::nullopt;
    return value->get<bool>();
  }

  std::map<std::string, double> scores(std::string_view key) {
    std::map<std::string, double> out;
    for (const auto& [name, value] : members(key)) {
      if (!value.is_number() || !std::isfinite(value.template get<double>())) {
        fail(key, fmt::format("'{}' must be a number", printable(name)));
      } else {
        out[name] = value.template get<double>();
      }
    }
    return out;
  }

  std::map<std::string, std::uint64_t> sizes(std::string_view key) {
    std::map<std::string, std::uint64_t> out;
    for (const auto& [name, value] : members(key)) {
      const auto bytes = whole(key, value, 1, 1ULL << 50U);
      if (bytes) out[name] = *bytes;
    }
    return out;
  }

  std::map<std::string, std::string> texts(std::string_view key) {
    std::map<std::string, std::string> out;
    for (const auto& [name, value] : members(key)) {
      if (!value.is_string()) {
        fail(key, fmt::format("'{}' must be text", printable(name)));
      } else {
        out[name] = value.template get<std::string>();
      }
    }
    return out;
  }

  std::vector<std::string> words(std::string_view key) {
    std::vector<std::string> out;
    const Json* value = find(key);
    if (value == nullptr) return out;
    if (!value->is_array() || value->size() > 256) return fail(key, "must be a list of words"), out;
    for (const Json& item : *value) {
      if (!item.is_string()) return fail(key, "must be a list of words"), out;
      out.push_back(lower(item.get<std::string>()));
    }
    return out;
  }

  // Numbers and short texts only: the tensor lists read nothing else.
  Json flags(std::string_view key) {
    Json out = Json::object();
    for (const auto& [name, value] : members(key)) {
      const bool number = value.is_number_unsigned() && value.template get<std::uint64_t>() <= kMostWidth;
      const bool word =
          value.is_string() && value.template get_ref<const std::string&>().size() <= kMostLayers;
      if (!number && !word)
        fail(key, fmt::format("'{}' must be a whole number or a short text", printable(name)));
      out[name] = value;
    }
    return out;
  }

  const Json* find(std::string_view key) {
    asked_.insert(std::string(key));
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  bool has(std::string_view key) { return find(key) != nullptr; }

  void require(bool holds, std::string_view key, const std::string& what) {
    if (!holds) fail(key, what);
  }

  void fail(std::string_view key, const std::string& what) {
    if (!error_)
      error_ =
          Error{ErrorKind::kBadInput, fmt::format("'{}' {}", key, what), fmt::format("{}, {}", place_, key),
                "Correct it there; docs/CATALOGUE.md explains the keys."};
  }

  // Of what was read, or of a key that nobody reads.
  std::optional<Error> error() {
    for (const auto& [key, value] : object_.items()) {
      if (asked_.contains(key) || error_) continue;
      const std::vector<std::string> known(asked_.begin(), asked_.end());
      const auto near = nearest_word(key, known);
      error_ = Error{ErrorKind::kBadInput, fmt::format("no key is called '{}'", printable(key)), place_,
                     near ? fmt::format("Did you mean {}?", *near) : "Remove it."};
    }
    return error_;
  }

 private:
  std::optional<std::uint64_t> whole(std::string_view key, const Json& value, std::uint64_t least,
                                     std::uint64_t most) {
    if (value.is_number_unsigned()) {
      const auto number = value.get<std::uint64_t>();
      if (number >= least && number <= most) return number;
    }
    fail(key, fmt::format("must be a whole number from {} to {}", least, most));
    return std::nullopt;
  }

  std::vector<std::pair<std::string, Json>> members(std::string_view key) {
    std::vector<std::pair<std::string, Json>> out;
    const Json* value = find(key);
    if (value == nullptr) return out;
    if (!value->is_object() || value->size() > 256) return fail(key, "must be an object"), out;
    for (const auto& [name, item] : value->items()) out.emplace_back(name, item);
    return out;
  }

  const Json& object_;
  std::string place_;
  std::set<std::string> asked_{};
  std::optional<Error> error_{};
};

void read_names(Fields& fields, CatalogueRow& row) {
  row.id = fields.text("id", 128);
  row.family = fields.text("family", 128);
  row.architecture = fields.text("architecture", 64);
  row.hf_repo = fields.text("hf_repo", 256);
  row.gguf_repo = fields.text("gguf_repo", 256);
  row.licence = fields.text("licence", 256);
  row.release_month = fields.text("release_month", 7);
  for (const char* key : {"source", "notes", "param_check", "sliding_window_remark"}) fields.text(key);
  const auto safe = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
  fields.require(!row.id.empty() && std::ranges::all_of(row.id, safe), "id",
                 "must be letters, digits, '-', '_' and '.'");
  fields.require(!row.architecture.empty(), "architecture", "must name llama.cpp's architecture");
}

void read_sizes(Fields& fields, CatalogueRow& row) {
  row.layers = fields.small("layers", 1, kMostLayers).value_or(0);
  row.embedding_length = fields.small("embedding_length", 1, kMostWidth).value_or(0);
  row.heads = fields.list("heads", kMostWidth);
  row.kv_heads = fields.list("kv_heads", kMostWidth);
  row.head_length = fields.small("head_length", 0, kMostWidth).value_or(0);
  row.feed_forward_length = fields.list("feed_forward_length", kMostWidth);
  row.experts = fields.small("experts", 1, 65536);
  row.experts_used = fields.small("experts_used", 1, 65536);
  row.expert_feed_forward_length = fields.small("expert_feed_forward_length", 1, kMostWidth);
  row.shared_experts = fields.small("shared_experts", 0, 65536);
  row.vocabulary = fields.small("vocabulary", 1, kMostWidth).value_or(0);
  row.tied_embeddings = fields.flag("tied_embeddings").value_or(false);
  row.context_length = fields.small("context_length", 1, kMostTokens);
  row.sliding_window = fields.small("sliding_window", 1, kMostTokens);
  row.parameters = fields.number("parameters", 1, 1ULL << 50U);
  row.tensor_flags = fields.flags("tensor_flags");
}

void check_sizes(Fields& fields, const CatalogueRow& row) {
  fields.require(row.layers > 0, "layers", "is missing");
  fields.require(row.embedding_length > 0, "embedding_length", "is missing");
  fields.require(row.vocabulary > 0, "vocabulary", "is missing");
  const auto per_layer = [&row](const std::vector<std::uint32_t>& all) {
    return all.size() == 1 || all.size() == row.layers;
  };
  fields.require(per_layer(row.heads), "heads", "must have one number, or one for each layer");
  fields.require(per_layer(row.kv_heads), "kv_heads", "must have one number, or one for each layer");
  fields.require(row.feed_forward_length.empty() || per_layer(row.feed_forward_length), "feed_forward_length",
                 "must have one number, or one for each layer");
  fields.require(row.experts.has_value() == row.experts_used.has_value(), "experts_used",
                 "goes with 'experts'");
  fields.require(!row.experts || row.experts_used <= row.experts, "experts_used",
                 "must not exceed 'experts'");
  fields.require(row.experts || !row.feed_forward_length.empty(), "feed_forward_length", "is missing");
  const bool all_zero = std::ranges::all_of(row.feed_forward_length, [](auto width) { return width == 0; });
  fields.require(row.experts || !all_zero, "feed_forward_length", "must not be 0 in every layer");
}

std::optional<Thinks> read_thinks(Fields& uses) {
  const std::string word = uses.text("thinks", 16);
  if (word == "never") return Thinks::kNever;
  if (word == "optional") return Thinks::kOptional;
  if (word == "always") return Thinks::kAlways;
  uses.require(word.empty(), "thinks", "must be never, optional or always");
  return std::nullopt;
}

std::optional<Error> read_abilities(Fields& fields, CatalogueRow& row, const std::string& place) {
  Abilities& out = row.abilities;
  out.sources = fields.texts("uses_source");
  if (fields.has("languages")) out.languages = fields.words("languages");
  const std::string source = fields.text("languages_source");
  if (!source.empty()) out.sources["languages"] = source;
  const Json* object = fields.find("uses");
  if (object == nullptr) return std::nullopt;
  if (!object->is_object()) return fields.fail("uses", "must be an object"), std::nullopt;
  Fields uses(*object, place + ", uses");
  out.chat = uses.flag("chat");
  out.code = uses.flag("code");
  out.tools = uses.flag("tools");
  out.thinks = read_thinks(uses);
  return uses.error();
}

Result<CatalogueRow> read_row(const Json& object, const std::string& place) {
  if (!object.is_object()) return fail(ErrorKind::kBadInput, "a model must be an object", place);
  Fields fields(object, place);
  CatalogueRow row;
  read_names(fields, row);
  read_sizes(fields, row);
  check_sizes(fields, row);
  row.quality = fields.scores("quality");
  row.quality_source = fields.text("quality_source");
  row.published_bytes = fields.sizes("published_bytes");
  if (auto error = read_abilities(fields, row, place)) return std::unexpected(*error);
  if (auto error = fields.error()) return std::unexpected(*error);
  return row;
}

std::string place_of(const Json& object, std::string_view place, std::size_t index) {
  std::string out = fmt::format("{}, models[{}]", place, index);
  if (!object.is_object()) return out;
  const auto id = object.find("id");
  if (id == object.end() || !id->is_string()) return out;
  return out + fmt::format(" ({})", printable(id->get<std::string>()).substr(0, 64));
}

// What the rows say must add up to a model that llama.cpp could load.
Result<void> prove(const CatalogueRow& row, const std::string& place) {
  auto header = expand(row, "Q4_K_M");
  if (header) {
    const auto shape = shape_from_header(std::move(*header), row.id);
    if (shape) return {};
    header = std::unexpected(shape.error());
  }
  Error error = header.error();
  error.kind = ErrorKind::kBadInput;
  error.message = "these facts do not make a model: " + error.message;
  error.place = place + (error.place.empty() ? "" : ", " + error.place);
  return std::unexpected(error);
}

}  // namespace

Result<std::vector<CatalogueRow>> catalogue_rows(const Json& document, std::string_view place) {
  const std::string where(place);
  if (!document.is_object()) return fail(ErrorKind::kBadInput, "a catalogue must be an object", where);
  const auto schema = document.find("schema");
  if (schema == document.end() || *schema != "tokcast.catalogue/1") {
    return fail(ErrorKind::kUnsupported, "this is no catalogue of the schema tokcast.catalogue/1", where,
                R"(It must begin with {"schema": "tokcast.catalogue/1", "models": [...]}.)");
  }
  const auto models = document.find("models");
  if (models == document.end() || !models->is_array() || models->size() > kMostCatalogueRows) {
    return fail(ErrorKind::kBadInput,
                fmt::format("'models' must be a list of at most {} models", kMostCatalogueRows),
                where + ", models");
  }
  std::vector<CatalogueRow> out;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < models->size(); ++i) {
    const Json& object = (*models)[i];
    auto row = read_row(object, place_of(object, place, i));
    if (!row) return std::unexpected(row.error());
    if (!ids.insert(lower(row->id)).second)
      return fail(ErrorKind::kBadInput, "this id stands there twice", place_of(object, place, i));
    out.push_back(std::move(*row));
  }
  return out;
}

std::string user_catalogue_path() {
  return config_directory() + "/catalogue.json";
}

Result<std::vector<CatalogueRow>> read_user_catalogue(const std::string& path) {
  const auto text = read_file(path, kMostFile);
  if (!text && text.error().kind == ErrorKind::kNotFound) return std::vector<CatalogueRow>{};
  if (!text) return std::unexpected(text.error());
  const auto document = parse_json(*text, path, {.size = kMostFile, .depth = 8});
  if (!document) return std::unexpected(document.error());
  auto rows = catalogue_rows(*document, path);
  if (!rows) return rows;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const std::string place = fmt::format("{}, models[{}] ({})", path, i, (*rows)[i].id);
    if (auto ok = prove((*rows)[i], place); !ok) return std::unexpected(ok.error());
    (*rows)[i].own = true;
  }
  return rows;
}

}  // namespace tokcast
