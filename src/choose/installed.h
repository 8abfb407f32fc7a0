// Models that are on this machine already, whoever fetched them: read only, never followed out of their
// folder, never believed.
//
//   holder        where                                                        layout
//   hub cache     LLAMA_CACHE, HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE,            models--USER--REPO/snapshots/
//                 $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub,               COMMIT/FILE.gguf, links to
//                 ~/.cache/huggingface/hub: all that are there                 ../../blobs/HASH
//   llama.cpp     ~/.cache/llama.cpp (before its release 0.7)                  FILE.gguf
//   Ollama        OLLAMA_MODELS, ~/.ollama/models,                             see ollama_manifest.h
//                 /usr/share/ollama/.ollama/models
//   LM Studio     ~/.lmstudio/models, ~/.cache/lm-studio/models                PUBLISHER/REPO/FILE.gguf
//   GPT4All       ~/.local/share/nomic.ai/GPT4All                              FILE.gguf
//   Jan           ~/.local/share/Jan/data/{llamacpp/models,models},            .../FILE.gguf
//                 ~/jan/models
//   folder        what the user names                                          any
//
// Every header is read, no weights. A file that cannot be used is listed with its reason: cut off, no GGUF, a
// link out of its folder.
#ifndef TOKCAST_CHOOSE_INSTALLED_H_
#define TOKCAST_CHOOSE_INSTALLED_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "model/catalogue.h"
#include "model/shape.h"

namespace tokcast {

enum class Holder { kHubCache, kLlamaCpp, kOllama, kLmStudio, kGpt4All, kJan, kFolder };

// As the table calls them.
std::string_view holder_name(Holder holder);

struct InstalledRoot {
  Holder holder = Holder::kFolder;
  std::string path;
};

struct InstalledModel {
  Holder holder = Holder::kFolder;
  std::string name;                      // as its holder calls it: "user/repo/file.gguf", "llama3:8b"
  std::string path;                      // of the file, of the first part of a split one
  std::optional<Bytes> bytes{};          // on the disk, all parts together
  std::optional<Shape> shape{};          // nullopt: see the problem
  std::optional<std::string> problem{};  // one sentence: why it cannot be used
};

struct InstalledLimits {
  std::size_t entries = 200'000;  // of all folders together
  std::size_t models = 1'000;
  std::size_t depth = 12;
};

struct Installed {
  std::vector<InstalledModel> models{};  // by holder, then by name; each file once
  std::vector<std::string> remarks{};    // what was not looked at, and why
};

// The value of an environment variable; nullopt if it is not set or empty.
using Environment = std::function<std::optional<std::string>(const char* name)>;

// Those that may be there, `folders` last. Reads nothing but the environment.
std::vector<InstalledRoot> installed_roots(const Environment& environment,
                                           std::span<const std::string> folders);
// Of this process.
std::vector<InstalledRoot> installed_roots(std::span<const std::string> folders = {});

// Never fails: what cannot be read is a remark or a problem.
Installed find_installed(std::span<const InstalledRoot> roots, const InstalledLimits& limits = {});

// The row of the catalogue that this file is a quantisation of: the same architecture and (within 1 %)
// parameters, and the row's name in the file's. nullptr: none.
const CatalogueRow* row_of(const Shape& shape, std::string_view name);

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_INSTALLED_H_
