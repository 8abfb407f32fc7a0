#include <cstdlib>
#include <set>

#include "choose/installed.h"

namespace tokcast {
namespace {

class Roots {
 public:
  explicit Roots(const Environment& environment) : environment_(environment) {}

  void add(Holder holder, const std::optional<std::string>& base, const std::string& below = {}) {
    if (!base) return;
    const std::string path = *base + below;
    if (path.starts_with('/') && seen_.insert(path).second) out_.push_back({holder, path});
  }
  void add_variable(Holder holder, const char* name, const std::string& below = {}) {
    add(holder, environment_(name), below);
  }
  // Folders that the user names may be relative.
  void add_folder(const std::string& path) {
    if (!path.empty() && seen_.insert(path).second) out_.push_back({Holder::kFolder, path});
  }
  std::vector<InstalledRoot> take() && { return std::move(out_); }

 private:
  const Environment& environment_;
  std::set<std::string> seen_{};
  std::vector<InstalledRoot> out_{};
};

std::optional<std::string> own(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

std::vector<InstalledRoot> installed_roots(const Environment& environment,
                                           std::span<const std::string> folders) {
  using enum Holder;
  Roots roots(environment);
  const auto home = environment("HOME");
  for (const char* name : {"LLAMA_CACHE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"})
    roots.add_variable(kHubCache, name);
  roots.add_variable(kHubCache, "HF_HOME", "/hub");
  roots.add_variable(kHubCache, "XDG_CACHE_HOME", "/huggingface/hub");
  roots.add(kHubCache, home, "/.cache/huggingface/hub");
  roots.add_variable(kLlamaCpp, "XDG_CACHE_HOME", "/llama.cpp");
  roots.add(kLlamaCpp, home, "/.cache/llama.cpp");
  roots.add_variable(kOllama, "OLLAMA_MODELS");
  roots.add(kOllama, home, "/.ollama/models");
  roots.add(kOllama, std::string("/usr/share/ollama/.ollama/models"));
  roots.add(kLmStudio, home, "/.lmstudio/models");
  roots.add(kLmStudio, home, "/.cache/lm-studio/models");
  roots.add_variable(kGpt4All, "XDG_DATA_HOME", "/nomic.ai/GPT4All");
  roots.add(kGpt4All, home, "/.local/share/nomic.ai/GPT4All");
  roots.add_variable(kJan, "XDG_DATA_HOME", "/Jan/data/llamacpp/models");
  for (const char* below :
       {"/.local/share/Jan/data/llamacpp/models", "/.local/share/Jan/data/models", "/jan/models"})
    roots.add(kJan, home, below);
  for (const std::string& folder : folders) roots.add_folder(folder);
  return std::move(roots).take();
}

std::vector<InstalledRoot> installed_roots(std::span<const std::string> folders) {
  return installed_roots(own, folders);
}

}  // namespace tokcast
