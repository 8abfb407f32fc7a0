#include "choose/installed.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "choose/ollama_manifest.h"
#include "model/gguf_reader.h"
#include "model/gguf_split.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

bool is_weights(const std::string& file_name) {
  const std::string name = lower(file_name);
  // Projectors, importance matrices and draft heads are no models of their own (llama.cpp skips them too).
  for (const char* other : {"mmproj", "imatrix", "mtp-", "eagle3-", "dflash-", "dspark-"}) {
    if (name.find(other) != std::string::npos) return false;
  }
  return name.ends_with(".gguf");
}

std::optional<Bytes> bytes_on_disk(const std::string& path) {
  const auto part = parse_split_name(path);
  Bytes out{};
  for (std::uint64_t i = 1; i <= (part ? part->parts : 1); ++i) {
    std::error_code error;
    const auto size = fs::file_size(part ? part->path_of(i) : path, error);
    if (error) return std::nullopt;
    out += Bytes(size);
  }
  return out;
}

// Where the last tensor ends, if the header at least is whole.
std::optional<Bytes> promised_bytes(const std::string& path) {
  if (parse_split_name(path)) return std::nullopt;
  const auto header = read_gguf_file(path, GgufData::kOptional);
  if (!header || header->tensors.empty()) return std::nullopt;
  return Bytes(header->data_offset + header->offsets.back() + header->tensors.back().bytes().value);
}

// Looks through folders, each file once.
class Search {
 public:
  explicit Search(const InstalledLimits& limits) : limits_(limits) {}

  void look(const InstalledRoot& root) {
    std::error_code error;
    const fs::path canonical = fs::canonical(root.path, error);
    if (error || !fs::is_directory(canonical, error)) {
      if (root.holder == Holder::kFolder)
        out_.remarks.push_back(fmt::format("{} is no folder that can be read", root.path));
      return;
    }
    root_ = root;
    base_ = canonical;
    root.holder == Holder::kOllama ? look_at_manifests() : look_at_files();
  }

  Installed take() && {
    if (stopped_) {
      out_.remarks.push_back(fmt::format("stopped after {} entries and {} models: name fewer folders",
                                         entries_, out_.models.size()));
    }
    std::ranges::stable_sort(out_.models, {}, [](const InstalledModel& one) {
      return std::pair(static_cast<int>(one.holder), one.name);
    });
    return std::move(out_);
  }

 private:
  // Calls `visit` for what is no folder, below `start`, links to folders not followed.
  void walk(const fs::path& start, const std::function<void(const fs::directory_entry&)>& visit) {
    std::error_code error;
    auto here = fs::recursive_directory_iterator(start, fs::directory_options::skip_permission_denied, error);
    for (; !error && here != fs::recursive_directory_iterator(); here.increment(error)) {
      if (++entries_ > limits_.entries || out_.models.size() >= limits_.models) {
        stopped_ = true;
        return;
      }
      if (static_cast<std::size_t>(here.depth()) >= limits_.depth) here.disable_recursion_pending();
      std::error_code unknown;
      if (here->is_directory(unknown)) continue;
      visit(*here);
    }
    if (error) out_.remarks.push_back(fmt::format("{}: {}", start.string(), error.message()));
  }

  void look_at_files() {
    walk(base_, [this](const fs::directory_entry& entry) {
      const std::string path = entry.path().string();
      if (!is_weights(entry.path().filename().string())) return;
      const auto part = parse_split_name(path);
      if (part && part->part != 1) return;
      add(name_of(entry.path()), path);
    });
  }

  void look_at_manifests() {
    const fs::path manifests = base_ / "manifests";
    std::error_code error;
    if (!fs::is_directory(manifests, error)) return;
    walk(manifests, [this, &manifests](const fs::directory_entry& entry) {
      if (entry.path().filename().string().starts_with('.')) return;
      const std::string name = ollama_name(entry.path().lexically_relative(manifests).string());
      add_manifest(name, entry.path().string());
    });
  }

  void add_manifest(const std::string& name, const std::string& path) {
    InstalledModel model{.holder = root_.holder, .name = name, .path = path};
    const auto inside = inside_root(path);
    const auto text =
        inside ? read_file(path, kMostManifest) : Result<std::string>(std::unexpected(inside.error()));
    const auto manifest =
        text ? parse_ollama_manifest(*text, path) : Result<OllamaModel>(std::unexpected(text.error()));
    if (!manifest) {
      model.problem = describe(manifest.error());
      out_.models.push_back(std::move(model));
      return;
    }
    const std::string blob = (base_ / "blobs" / manifest->blob).string();
    std::error_code error;
    const auto size = fs::file_size(blob, error);
    if (!error && manifest->size && size != manifest->size->value) {
      model.path = blob;
      model.bytes = Bytes(size);
      model.problem = fmt::format("cut off or changed: {} are here, its manifest says {}",
                                  format_bytes(Bytes(size)), format_bytes(*manifest->size));
      out_.models.push_back(std::move(model));
      return;
    }
    add(name, blob);
    if (manifest->has_adapter && !out_.models.empty() && out_.models.back().path == blob)
      out_.remarks.push_back(fmt::format("{} has an adapter, which no forecast knows", name));
  }

  // As the holder calls it: below the root, for the hub's cache by repository.
  std::string name_of(const fs::path& path) const {
    const std::string below = path.lexically_relative(base_).string();
    if (root_.holder != Holder::kHubCache || !below.starts_with("models--")) return below;
    const std::vector<std::string_view> parts = split(below, '/');
    std::string repository(parts.front().substr(8));
    const auto dashes = repository.find("--");
    if (dashes != std::string::npos) repository.replace(dashes, 2, "/");
    return repository + "/" + path.filename().string();
  }

  // Errors: why this file is not to be opened.
  Result<void> inside_root(const std::string& path) const {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (error) return fail(ErrorKind::kNotFound, "a link that leads nowhere, or a file that is gone");
    if (!real.string().starts_with(base_.string() + "/"))
      return fail(ErrorKind::kBadInput, fmt::format("a link out of its folder, to {}", real.string()), "",
                  "Name that folder with --models-dir to look there.");
    if (!fs::is_regular_file(real, error)) return fail(ErrorKind::kBadInput, "no regular file");
    return {};
  }

  void add(std::string name, const std::string& path) {
    InstalledModel model{.holder = root_.holder, .name = std::move(name), .path = path};
    if (const auto inside = inside_root(path); !inside) {
      model.problem = describe(inside.error());
    } else {
      struct stat facts{};
      if (::stat(path.c_str(), &facts) == 0 && !seen_.emplace(facts.st_dev, facts.st_ino).second) return;
      read(model);
    }
    out_.models.push_back(std::move(model));
  }

  static void read(InstalledModel& model) {
    model.bytes = bytes_on_disk(model.path);
    auto header = read_gguf_file(model.path, GgufData::kRequired);
    if (!header) {
      model.problem = describe(header.error());
      const auto promised =
          header.error().kind == ErrorKind::kBadInput ? promised_bytes(model.path) : std::nullopt;
      if (promised && model.bytes && *promised > *model.bytes)
        model.problem =
            fmt::format("cut off: {} of {} are here", format_bytes(*model.bytes), format_bytes(*promised));
      return;
    }
    auto shape = shape_from_header(std::move(*header), fs::path(model.path).stem().string());
    if (!shape) {
      model.problem = describe(shape.error());
      return;
    }
    // A blob's name says nothing.
    if (model.holder == Holder::kOllama) shape->id = model.name;
    model.shape = std::move(*shape);
  }

  const InstalledLimits& limits_;
  Installed out_{};
  InstalledRoot root_{};
  fs::path base_{};
  std::size_t entries_ = 0;
  bool stopped_ = false;
  std::set<std::pair<dev_t, ino_t>> seen_{};
};

// Letters and digits only, lower case.
std::string bare(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

// How much of the row's names stands in the file's; 0: none.
std::size_t likeness(const CatalogueRow& row, const std::string& name) {
  std::size_t best = 0;
  const auto slash = row.hf_repo.rfind('/');
  const std::string repository = slash == std::string::npos ? row.hf_repo : row.hf_repo.substr(slash + 1);
  for (const std::string& one : {bare(row.id), bare(repository)}) {
    if (!one.empty() && name.find(one) != std::string::npos) best = std::max(best, one.size());
  }
  return best;
}

}  // namespace

std::string_view holder_name(Holder holder) {
  switch (holder) {
    case Holder::kHubCache:
      return "hub cache";
    case Holder::kLlamaCpp:
      return "llama.cpp";
    case Holder::kOllama:
      return "Ollama";
    case Holder::kLmStudio:
      return "LM Studio";
    case Holder::kGpt4All:
      return "GPT4All";
    case Holder::kJan:
      return "Jan";
    case Holder::kFolder:
      break;
  }
  return "folder";
}

Installed find_installed(std::span<const InstalledRoot> roots, const InstalledLimits& limits) {
  Search search(limits);
  for (const InstalledRoot& root : roots) search.look(root);
  return std::move(search).take();
}

const CatalogueRow* row_of(const Shape& shape, std::string_view name) {
  const std::string wanted = bare(name) + " " + bare(shape.header.find_string("general.name").value_or(""));
  const CatalogueRow* best = nullptr;
  std::size_t most = 0;
  for (const CatalogueRow& row : catalogue()) {
    if (row.architecture != shape.architecture || !row.parameters) continue;
    const double ratio = static_cast<double>(shape.parameters()) / static_cast<double>(*row.parameters);
    const std::size_t like = std::abs(ratio - 1) <= 0.01 ? likeness(row, wanted) : 0;
    if (like > most) {
      most = like;
      best = &row;
    }
  }
  return best;
}

}  // namespace tokcast
