#include "machine/known_parts.h"

#include <map>
#include <set>

#include "base/json.h"
#include "machine/known_parts_data.h"
#include "machine/part_name.h"

namespace tokcast {
namespace {

template <typename T>
std::optional<T> find_number(const Json& row, std::string_view key) {
  const auto found = row.find(key);
  if (found == row.end() || !found->is_number()) return std::nullopt;
  return found->get<T>();
}

std::string text(const Json& row, std::string_view key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> texts(const Json& row, std::string_view key) {
  std::vector<std::string> all;
  const auto found = row.find(key);
  if (found == row.end()) return all;
  for (const Json& item : *found) {
    if (item.is_string()) all.push_back(item.get<std::string>());
  }
  return all;
}

PartKind kind_of(std::string_view name) {
  if (name == "gpu") return PartKind::kGpu;
  return name == "system" ? PartKind::kSystem : PartKind::kCpu;
}

void read_processor(const Json& row, KnownPart& part) {
  part.cores = find_number<std::uint32_t>(row, "cores");
  part.performance_cores = find_number<std::uint32_t>(row, "performance_cores");
  part.efficiency_cores = find_number<std::uint32_t>(row, "efficiency_cores");
  part.threads = find_number<std::uint32_t>(row, "threads");
  part.base_gigahertz = find_number<double>(row, "base_ghz");
  part.boost_gigahertz = find_number<double>(row, "boost_ghz");
  part.isa = texts(row, "isa");
  part.last_level_cache_megabytes = find_number<double>(row, "last_level_cache_mb");
}

void read_memory(const Json& row, KnownPart& part) {
  if (const std::string type = text(row, "memory_type"); !type.empty()) part.memory_type = type;
  part.memory_channels = find_number<std::uint32_t>(row, "memory_channels");
  part.megatransfers = find_number<std::uint32_t>(row, "memory_mts");
  if (const auto rate = find_number<double>(row, "memory_gbs")) {
    part.memory_bandwidth = BytesPerSecond(*rate * 1e9);
  }
  if (const auto gibi = find_number<std::uint64_t>(row, "video_memory_gib")) {
    part.video_memory = *gibi * kGibi;
  }
  const auto shares = row.find("shares_memory");
  part.shares_memory = shares != row.end() && *shares == true;
}

KnownPart read_part(const Json& row) {
  KnownPart part;
  part.name = text(row, "name");
  part.kind = kind_of(text(row, "kind"));
  part.vendor = text(row, "vendor");
  part.aliases = texts(row, "aliases");
  read_processor(row, part);
  read_memory(row, part);
  part.fp32_teraflops = find_number<double>(row, "fp32_tflops");
  part.fp16_teraflops = find_number<double>(row, "fp16_tflops");
  part.int8_teraops = find_number<double>(row, "int8_tops");
  part.confidence = text(row, "confidence");
  part.note = text(row, "note");
  part.source = text(row, "source");
  return part;
}

std::vector<KnownPart> read_parts() {
  std::vector<KnownPart> all;
  const Result<Json> document = parse_json(known_parts_json(), "the built-in table of known parts");
  if (!document) return all;  // known_parts_test.cc proves that this does not happen
  const auto parts = document->find("parts");
  if (parts == document->end()) return all;
  all.reserve(parts->size());
  for (const Json& row : *parts) all.push_back(read_part(row));
  return all;
}

using PartIndex = std::multimap<std::string, const KnownPart*>;

std::set<std::string> keys_of(const KnownPart& part) {
  std::set<std::string> keys = {parse_part_name(part.name).key};
  for (const std::string& alias : part.aliases) keys.insert(parse_part_name(alias).key);
  keys.erase("");
  return keys;
}

const PartIndex& part_index() {
  static const PartIndex index = [] {
    PartIndex made;
    for (const KnownPart& part : known_parts()) {
      for (const std::string& key : keys_of(part)) made.emplace(key, &part);
    }
    return made;
  }();
  return index;
}

// Drivers report somewhat less than a card is sold with: 22.5 GiB of an L4's 24 with error correction. The
// nearest two sizes under one name are 10 and 12, a share of 0.83.
bool may_have(const KnownPart& part, std::optional<Bytes> memory) {
  if (!memory || !part.video_memory) return true;
  const double share = *memory / *part.video_memory;
  return share > 0.86 && share < 1.06;
}

const KnownPart* find_part(PartKind kind, std::string_view text, std::optional<Bytes> memory) {
  const PartName name = parse_part_name(text);
  const KnownPart* found = nullptr;
  const auto [begin, end] = part_index().equal_range(name.key);
  for (auto entry = begin; entry != end; ++entry) {
    const KnownPart& part = *entry->second;
    const bool right_kind = part.kind == kind || part.kind == PartKind::kSystem;
    if (!right_kind || !may_have(part, name.memory) || !may_have(part, memory)) continue;
    if (found != nullptr) return nullptr;
    found = &part;
  }
  return found;
}

}  // namespace

std::span<const KnownPart> known_parts() {
  static const std::vector<KnownPart> parts = read_parts();
  return parts;
}

const KnownPart* find_cpu(std::string_view name) {
  return find_part(PartKind::kCpu, name, std::nullopt);
}

const KnownPart* find_gpu(std::string_view name, std::optional<Bytes> memory) {
  return find_part(PartKind::kGpu, name, memory);
}

}  // namespace tokcast
