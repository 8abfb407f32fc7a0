// The rules are those of llama.cpp (common/download.cpp), so that both take the same file: a quantisation
// matches where its name stands in the path before '-' or '.', in any case. One difference: a match of a
// whole word goes first, so that F16 is not BF16.
#include "fetch/hub_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "model/gguf_split.h"

namespace tokcast {
namespace {

constexpr std::size_t kShownNames = 12;
// huggingface_hub's MAX_HTTP_DOWNLOAD_SIZE.
constexpr Bytes kMostHttpBytes{50'000'000'000};

bool is_gguf(std::string_view path) {
  return path.ends_with(".gguf");
}

bool is_model(std::string_view path) {
  constexpr std::array<std::string_view, 6> kOthers{"mmproj",  "imatrix", "mtp-",
                                                    "eagle3-", "dflash-", "dspark-"};
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const auto has = [name](std::string_view other) { return name.find(other) != std::string_view::npos; };
  return is_gguf(path) && std::ranges::none_of(kOthers, has);
}

// Where a model begins: a file of its own, or part 1 of several.
bool is_start(const HubFile& file) {
  const auto split_name = parse_split_name(file.path);
  return is_model(file.path) && (!split_name || split_name->part == 1);
}

bool matches(std::string_view path, std::string_view quant, bool whole_word) {
  const std::string text = lower(path), wanted = lower(quant);
  for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) {
    const auto end = at + wanted.size();
    const bool ends = end < text.size() && (text[end] == '-' || text[end] == '.');
    const bool begins = at == 0 || std::string_view("-._/").find(text[at - 1]) != std::string_view::npos;
    if (ends && (begins || !whole_word)) return true;
  }
  return false;
}

const HubFile* find_quant(const HubListing& listing, std::string_view quant) {
  for (const bool whole_word : {true, false}) {
    const auto found = std::ranges::find_if(listing.files, [&](const HubFile& file) {
      return is_start(file) && matches(file.path, quant, whole_word);
    });
    if (found != listing.files.end()) return &*found;
  }
  return nullptr;
}

const HubFile* find_usual(const HubListing& listing) {
  for (const std::string_view quant : {"Q4_K_M", "Q8_0"}) {
    if (const HubFile* file = find_quant(listing, quant)) return file;
  }
  const auto first = std::ranges::find_if(listing.files, is_start);
  return first == listing.files.end() ? nullptr : &*first;
}

const HubFile* find_path(const HubListing& listing, std::string_view path) {
  const auto found = std::ranges::find_if(
      listing.files, [path](const HubFile& file) { return equals_ignoring_case(file.path, path); });
  return found == listing.files.end() ? nullptr : &*found;
}

std::string what_there_is(const HubListing& listing) {
  std::vector<std::string> names;
  std::size_t more = 0;
  for (const HubFile& file : listing.files) {
    if (!is_start(file)) continue;
    names.size() < kShownNames ? names.push_back(printable(file.path)) : static_cast<void>(++more);
  }
  if (names.empty()) return "Look for a repository whose name ends in -GGUF.";
  std::string out = fmt::format("There is: {}", fmt::join(names, ", "));
  return more == 0 ? out + "." : out + fmt::format(" and {} more.", more);
}

std::unexpected<Error> no_file(const HubListing& listing, std::string message) {
  return fail(ErrorKind::kNotFound, std::move(message), listing.repository, what_there_is(listing));
}

Result<std::vector<HubFile>> all_below(const HubListing& listing, const std::string& folder) {
  std::vector<HubFile> out;
  const auto is_below = [&folder](const HubFile& file) { return file.path.starts_with(folder); };
  std::ranges::copy_if(listing.files, std::back_inserter(out), is_below);
  if (out.empty()) return no_file(listing, "there is no folder " + printable(folder));
  return out;
}

Result<std::vector<HubFile>> with_all_parts(const HubListing& listing, const HubFile& first) {
  const auto name = parse_split_name(first.path);
  if (!name || name->parts == 1) return std::vector<HubFile>{first};
  std::vector<HubFile> out;
  for (std::uint64_t part = 1; part <= name->parts; ++part) {
    const HubFile* file = find_path(listing, name->path_of(part));
    if (file == nullptr) {
      return fail(ErrorKind::kBadInput, fmt::format("part {} of {} is missing on the hub", part, name->parts),
                  listing.repository, "Choose another quantisation, or tell who published it.");
    }
    out.push_back(*file);
  }
  return out;
}

}  // namespace

Result<std::vector<HubFile>> choose_files(const HubListing& listing, const HubName& name) {
  if (name.is_folder()) return all_below(listing, name.file);
  const HubFile* chosen = nullptr;
  if (!name.file.empty()) {
    chosen = find_path(listing, name.file);
    if (chosen == nullptr) return no_file(listing, "there is no file " + printable(name.file));
  } else if (!name.quant.empty()) {
    chosen = find_quant(listing, name.quant);
    if (chosen == nullptr) return no_file(listing, "there is no model in " + printable(name.quant));
  } else {
    chosen = find_usual(listing);
    if (chosen == nullptr) return no_file(listing, "there is no GGUF model in this repository");
  }
  if (const auto split_name = parse_split_name(chosen->path); split_name && split_name->part != 1) {
    return fail(ErrorKind::kUsage, fmt::format("this is part {} of {}", split_name->part, split_name->parts),
                printable(chosen->path), "Give the first part: " + printable(split_name->path_of(1)));
  }
  return with_all_parts(listing, *chosen);
}

Result<void> check_fetchable(std::span<const HubFile> files) {
  for (const HubFile& file : files) {
    if (file.size <= kMostHttpBytes) continue;
    return fail(ErrorKind::kUnsupported,
                fmt::format("it has {}, and the hub sends files above {} by its own Xet protocol alone",
                            format_bytes(file.size), format_bytes(kMostHttpBytes)),
                printable(file.path),
                "Take a quantisation that is smaller or in parts, or fetch it with `hf download`.");
  }
  return {};
}

}  // namespace tokcast
