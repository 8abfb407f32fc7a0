// The registry: tiers of models for classes of machines, each with what it requires and what it promises.
//
// data/registry.json is compiled into the binary. Its schema, "tokcast.registry/1"
// (docs/schemas/registry.schema.json), contains that of the registries that came before it, which have no
// "schema" key: those are read as well, whichever of their names a requirement has (docs/REGISTRY.md).
// Everything in a registry is a stranger's: sizes are capped, and names, addresses and paths are checked
// here, before any of them gets into a request or a path.
#ifndef TOKCAST_CHOOSE_REGISTRY_H_
#define TOKCAST_CHOOSE_REGISTRY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"
#include "forecast/forecast.h"

namespace tokcast {

// What is not asked for is nullopt. A GB is 10^9 bytes: a "32 GB" machine that reports 31 GiB has them.
struct TierRequirements {
  std::optional<double> ram_gigabytes{};
  std::optional<double> cores{};
  bool gpu = false;
  std::optional<double> gpu_gigabytes{};
  std::optional<double> read_gigabytes_per_second{};  // of main memory, as `tokcast probe` measures it
  std::vector<std::string> not_honoured{};  // JSON pointers of what nobody can hold against a machine
};

// What is not promised is nullopt.
struct TierExpectations {
  std::optional<Seconds> recognition{};
  std::optional<Seconds> turn{};  // of the language model: "llm_latency_sec"
  std::optional<Seconds> synthesis{};
  std::string summary{};
  std::optional<std::uint64_t> calls{};
  std::string notes{};
};

struct RegistryFile {
  std::string name;  // without folders
  // Of the hub, or any http(s) address; never in a registry, but of a model that is here already: its
  // absolute path.
  std::string url;
  std::string dest_path{};
  std::optional<Bytes> size{};          // exact
  std::optional<std::string> sha256{};  // of the content; nullopt: not known

  bool is_here() const { return url.starts_with('/'); }
};

struct RegistryModel {
  RegistryFile file;
  std::string catalogue_id{};  // empty: see catalogue_name
  std::string quantization{};
  std::string licence{};  // empty: not known
  std::optional<double> megabytes{};
  std::optional<std::int64_t> gpu_layers{};  // -1: all
  std::optional<std::uint64_t> layers{};
  std::optional<std::uint64_t> context_tokens{};
  std::vector<std::string> languages{};  // empty: not known
  std::optional<double> tokens_per_second_gpu{};
  std::optional<double> tokens_per_second_modern{};  // on processors that nobody names
  std::optional<double> tokens_per_second_older{};
};

struct SpeechModel {
  std::string name;
  std::string language{};  // ISO 639-1; empty: not known
  std::string licence{};
  std::optional<double> megabytes{};
  std::vector<RegistryFile> files{};  // the first is the one to open
};

struct SpeechPair {
  std::optional<SpeechModel> recognition{};
  std::optional<SpeechModel> synthesis{};
};

struct Tier {
  std::string name;  // "HEAVY_CPU"
  std::string description{};
  TierRequirements requirements{};
  TierExpectations expectations{};
  Workload turn{};                     // that its promise is about; its budget is the promise
  std::optional<RegistryModel> llm{};  // nullopt: hybrid, the language model is somewhere else
  SpeechPair speech{};
  std::string recommendation{};

  // Its model is to lie on a graphics card.
  bool on_gpu() const;
};

struct Registry {
  std::string source;  // "built in", or the file
  bool versioned = false;
  std::vector<Tier> tiers{};                      // the highest first
  std::map<std::string, SpeechPair> languages{};  // by ISO 639-1: instead of the tiers' own speech models
  std::vector<std::string> notes{};               // what was read but cannot be believed or used
};

// Errors: kBadInput and kUnsupported (made for a newer tokcast), with the JSON pointer as place.
Result<Registry> registry_from_json(const Json& json, const std::string& source);
// A file, at most 4 MiB. Errors: those of read_file, parse_json and registry_from_json.
Result<Registry> read_registry(const std::string& path);
// data/registry.json.
const Registry& built_in_registry();

// "tokcast.registry/1": read again, it gives the same registry.
Json registry_to_json(const Registry& registry);

// The model as an id of the catalogue with its quantisation ("llama-2-13b-chat:Q4_K_M"), from what the entry
// says or from its file's name; nullopt: the catalogue does not have it.
std::optional<std::string> catalogue_name(const RegistryModel& model);

// The tier that `wanted` names, in any case, with '-' for '_'; LIGHT, MEDIUM and HEAVY, where the registry
// has none of that name, mean the GPU's on a machine that has one, else the processor's: then `note` says so.
struct NamedTier {
  const Tier* tier = nullptr;
  std::string note{};
};
// Errors: kUsage with all names.
Result<NamedTier> find_tier(const Registry& registry, std::string_view wanted, bool has_gpu);
// "HEAVY_GPU, MEDIUM_GPU, ... or MINIMAL".
std::string tier_names(const Registry& registry);

// The speech models of `tier` in `language`. Errors: kUsage with all languages that there are.
Result<SpeechPair> speech_for(const Registry& registry, const Tier& tier, std::string_view language);
std::vector<std::string> languages_of(const Registry& registry, const Tier& tier);

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_REGISTRY_H_
