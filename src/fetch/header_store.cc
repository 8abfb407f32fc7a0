#include "fetch/header_store.h"

#include <span>
#include <string_view>

#include "base/file.h"
#include "base/json.h"
#include "model/gguf_reader.h"
#include "model/gguf_writer.h"

namespace tokcast {
namespace {

constexpr auto kSchema = "tokcast.header/1";

std::string text_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

Result<GgufHeader> parse_header(std::string_view bytes) {
  const auto source = make_buffer_source(std::as_bytes(std::span(bytes)), "stored header");
  return read_gguf(*source, GgufData::kOptional);
}

}  // namespace

std::string HeaderStore::path_of(const std::string& name) const {
  return directory_ + "/" + stable_hash(name);
}

std::optional<StoredHeader> HeaderStore::find(const std::string& name) const {
  const auto content = read_file(path_of(name));
  const auto line_end = content ? content->find('\n') : std::string::npos;
  if (line_end == std::string::npos) return std::nullopt;
  const auto about = parse_json(std::string_view(*content).substr(0, line_end), "stored header");
  if (!about || !about->is_object() || text_at(*about, "schema") != kSchema ||
      text_at(*about, "name") != name) {
    return std::nullopt;
  }
  const auto size = about->find("file_bytes");
  if (size == about->end() || !size->is_number_unsigned()) return std::nullopt;
  auto header = parse_header(std::string_view(*content).substr(line_end + 1));
  if (!header) return std::nullopt;
  header->file_bytes = Bytes(size->get<std::uint64_t>());
  return StoredHeader{text_at(*about, "url"), text_at(*about, "validator"), text_at(*about, "model"),
                      std::move(*header)};
}

Result<void> HeaderStore::save(const std::string& name, const StoredHeader& stored) const {
  GgufHeader header = stored.header;
  // The parts of a split model each count their offsets from 0; as one file they must follow one another.
  if (const auto laid = lay_out_tensors(header); !laid) return std::unexpected(laid.error());
  const auto bytes = encode_gguf_header(header);
  if (!bytes) return std::unexpected(bytes.error());
  const Json about{
      {"schema", kSchema},     {"name", name},
      {"url", stored.url},     {"validator", stored.validator},
      {"model", stored.model}, {"file_bytes", stored.header.file_bytes.value_or(Bytes(0)).value}};
  return write_file(path_of(name), about.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n" + *bytes);
}

HeaderStore default_header_store() {
  return HeaderStore(cache_directory() + "/headers");
}

}  // namespace tokcast
