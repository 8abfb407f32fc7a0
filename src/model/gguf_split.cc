#include "model/gguf_split.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "model/gguf_reader.h"

namespace tokcast {
namespace {

constexpr std::size_t kDigits = 5;
constexpr std::string_view kSuffix = ".gguf";

// How the parts are read.
struct Reading {
  GgufData data;
  const OpenSource& open;
};

Result<GgufHeader> read_one(const std::string& path, const Reading& reading, const GgufLimits& limits) {
  const auto source = reading.open(path);
  if (!source) return std::unexpected(source.error());
  return read_gguf(**source, reading.data, limits);
}

std::unexpected<Error> bad_split(const std::string& path, std::string message) {
  return fail(ErrorKind::kBadInput, std::move(message), path, "Get all parts again, from one place.");
}

// The part's own word on which it is, where it has one.
Result<void> check_part(const GgufHeader& header, const SplitName& name, std::uint64_t number) {
  const std::string path = name.path_of(number);
  const auto count = header.find_uint("split.count");
  if (count && *count != name.parts) {
    return bad_split(path, fmt::format("split.count is {}, but its name says {} parts", *count, name.parts));
  }
  const auto index = header.find_uint("split.no");  // counts from 0
  if (index && *index + 1 != number) {
    return bad_split(path, fmt::format("split.no is {}, but its name says part {}", *index, number));
  }
  return {};
}

Result<GgufHeader> read_part(const SplitName& name, std::uint64_t number, const Reading& reading,
                             const GgufLimits& limits) {
  const std::string path = name.path_of(number);
  auto header = read_one(path, reading, limits);
  if (!header && header.error().kind == ErrorKind::kNotFound) {
    return fail(ErrorKind::kNotFound, fmt::format("part {} of {} is missing", number, name.parts), path,
                "Get the missing part and put it beside the first.");
  }
  if (!header) return header;
  if (const auto checked = check_part(*header, name, number); !checked)
    return std::unexpected(checked.error());
  return header;
}

void append(GgufHeader& whole, GgufHeader part) {
  std::ranges::move(part.tensors, std::back_inserter(whole.tensors));
  std::ranges::copy(part.offsets, std::back_inserter(whole.offsets));
  if (whole.file_bytes && part.file_bytes) *whole.file_bytes += *part.file_bytes;
}

Result<void> check_whole(const GgufHeader& whole, const std::string& path) {
  const auto count = whole.find_uint("split.tensors.count");
  if (count && *count != whole.tensors.size()) {
    return bad_split(path, fmt::format("split.tensors.count is {}, but the parts have {} tensors", *count,
                                       whole.tensors.size()));
  }
  std::vector<std::string_view> names;
  for (const Tensor& tensor : whole.tensors) names.emplace_back(tensor.name);
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice == names.end()) return {};
  return bad_split(path, fmt::format("two parts have a tensor \"{}\"", printable(*twice)));
}

// Of a part after the first: its metadata repeat the first's, and all parts together shall cost what one file
// may.
GgufLimits limits_of_rest(GgufLimits limits, const GgufHeader& so_far) {
  limits.tensor_count -= std::min<std::uint64_t>(limits.tensor_count, so_far.tensors.size());
  limits.metadata_count /= 4;
  limits.kept_bytes /= 4;
  return limits;
}

Result<GgufHeader> read_parts(const SplitName& name, const Reading& reading, const GgufLimits& limits) {
  auto whole = read_part(name, 1, reading, limits);
  for (std::uint64_t number = 2; whole && number <= name.parts; ++number) {
    auto part = read_part(name, number, reading, limits_of_rest(limits, *whole));
    if (!part) return part;
    append(*whole, std::move(*part));
  }
  if (!whole) return whole;
  if (const auto checked = check_whole(*whole, name.path_of(1)); !checked) {
    return std::unexpected(checked.error());
  }
  std::erase_if(whole->metadata, [](const GgufKeyValue& entry) { return entry.key.starts_with("split."); });
  return whole;
}

}  // namespace

std::string SplitName::path_of(std::uint64_t number) const {
  return fmt::format("{}-{:05}-of-{:05}{}", stem, number, parts, kSuffix);
}

std::optional<SplitName> parse_split_name(std::string_view path) {
  constexpr std::size_t kTail = 1 + kDigits + 4 + kDigits;  // "-00001-of-00003"
  if (!path.ends_with(kSuffix)) return std::nullopt;
  path.remove_suffix(kSuffix.size());
  if (path.size() < kTail) return std::nullopt;
  const std::string_view tail = path.substr(path.size() - kTail);
  const auto part = parse_uint(tail.substr(1, kDigits));
  const auto parts = parse_uint(tail.substr(kTail - kDigits));
  if (tail[0] != '-' || tail.substr(1 + kDigits, 4) != "-of-" || !part || !parts) return std::nullopt;
  if (*part == 0 || *part > *parts) return std::nullopt;
  return SplitName{std::string(path.substr(0, path.size() - kTail)), *part, *parts};
}

Result<GgufHeader> read_gguf_file(const std::string& path, GgufData data, const GgufLimits& limits,
                                  const OpenSource& open) {
  const Reading reading{data, open};
  const auto name = parse_split_name(path);
  if (name && name->part != 1) {
    return fail(ErrorKind::kUsage,
                fmt::format("this is part {} of {} of a split model", name->part, name->parts), path,
                "Give the first part: " + name->path_of(1));
  }
  if (name && name->parts > 1) return read_parts(*name, reading, limits);
  auto header = read_one(path, reading, limits);
  const auto parts = header ? header->find_uint("split.count").value_or(1) : 1;
  if (parts > 1) {
    return bad_split(
        path, fmt::format("this is one of {} parts, but its name does not end in -00001-of-{:05}{}", parts,
                          parts, kSuffix));
  }
  return header;
}

}  // namespace tokcast
