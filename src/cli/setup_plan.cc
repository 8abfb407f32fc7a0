#include "cli/setup_plan.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>
#include <variant>

#include "base/text.h"
#include "fetch/archive_reader.h"
#include "fetch/hub_name.h"

namespace tokcast {
namespace {

PullPlaces places_for(const SetupOptions& options, const std::string& part) {
  PullPlaces out = default_pull_places();
  if (options.models_dir) {
    std::error_code failure;
    const auto folder = std::filesystem::absolute(*options.models_dir, failure);
    out.folder = (folder / part).lexically_normal();
  }
  return out;
}

// A registry's hash holds even where a server tells none; where both tell one they must agree.
Result<void> compare(const RegistryFile& file, PullPlan& plan, std::vector<std::string>& notes) {
  PullFile& fetched = plan.files.front();
  auto& promised = fetched.item.promise.sha256;
  if (file.sha256 && promised && *file.sha256 != *promised) {
    return fail(ErrorKind::kChecksum, "the server's file has another content than the registry wants",
                printable(file.url), "Use a newer registry.");
  }
  if (file.sha256) promised = file.sha256;
  if (file.size && *file.size != fetched.size) {
    notes.push_back(fmt::format("{}: {} bytes today, {} by the registry: its publisher replaced it",
                                file.name, fetched.size.value, file.size->value));
  }
  return {};
}

// A folder that an archive was unpacked to holds a list of what it has (fetch/unpack.h).
bool is_here(const std::filesystem::path& path) {
  std::error_code failure;
  return std::filesystem::is_regular_file(path, failure) ||
         std::filesystem::is_regular_file(path / ".tokcast.unpacked", failure);
}

// An address that nobody may be asked about: what was fetched from it before.
Result<SetupFile> find_offline(const RegistryFile& file, const PlainUrl& address, const PullPlaces& places) {
  const std::filesystem::path folder = places.folder.value_or(places.other);
  const std::filesystem::path target = folder / archive_stem(address.file).value_or(address.file);
  if (!is_here(target)) {
    return fail(ErrorKind::kNotFound, "it is not here, and nobody may be asked", address.url,
                "Run it once without --offline.");
  }
  SetupFile out{.file = file, .places = places, .here = target};
  out.plan.directory = folder;
  out.plan.files.push_back({.path = address.file});
  return out;
}

// A model that was here before tokcast looked: nothing is fetched, and it stays where it is.
Result<SetupFile> find_here(const RegistryFile& file) {
  std::error_code failure;
  const std::filesystem::path path = file.url;
  const auto size = std::filesystem::file_size(path, failure);
  if (failure) {
    return fail(ErrorKind::kNotFound, "its file is not there any more", printable(file.url),
                "The same command chooses anew.");
  }
  SetupFile out{.file = file, .here = path};
  out.plan.directory = path.parent_path();
  out.plan.files.push_back({.path = path.filename(), .size = Bytes(size), .here = Bytes(size)});
  return out;
}

Result<SetupFile> plan_file(HttpClient& client, const Hub& hub, const RegistryFile& file, PullPlaces places,
                            std::vector<std::string>& notes) {
  if (file.is_here()) return find_here(file);
  const auto name = parse_remote_name(file.url, hub.access().endpoint);
  if (!name) return std::unexpected(name.error());
  if (const auto* address = std::get_if<PlainUrl>(&*name); address != nullptr && hub.access().offline)
    return find_offline(file, *address, places);
  auto plan = plan_pull(client, hub, *name, places);
  if (!plan) return std::unexpected(plan.error());
  if (auto same = compare(file, *plan, notes); !same) return std::unexpected(same.error());
  return SetupFile{.file = file, .plan = std::move(*plan), .places = std::move(places)};
}

class Planner {
 public:
  Planner(HttpClient& client, const Hub& hub, const SetupOptions& options)
      : client_(client), hub_(hub), options_(options) {}

  using Added = std::expected<void, PlanProblem>;

  Added add(const std::string& part, const std::string& name, const std::vector<RegistryFile>& files) {
    SetupArtefact artefact{.part = part, .name = name};
    for (const RegistryFile& file : files) {
      auto planned = plan_file(client_, hub_, file, places_for(options_, part), plan_.notes);
      if (!planned) {
        Error error = std::move(planned.error());
        error.message = fmt::format("{} ({}) cannot be had: {}", name, part, error.message);
        return std::unexpected(PlanProblem{part, std::move(error)});
      }
      artefact.files.push_back(std::move(*planned));
    }
    plan_.artefacts.push_back(std::move(artefact));
    return {};
  }
  Added add(const std::string& part, const std::optional<SpeechModel>& model) {
    return model ? add(part, model->name, model->files) : Added();
  }
  SetupPlan take() { return std::move(plan_); }

 private:
  HttpClient& client_;
  const Hub& hub_;
  const SetupOptions& options_;
  SetupPlan plan_{};
};

}  // namespace

Bytes SetupPlan::missing() const {
  return together().missing();
}

PullPlan SetupPlan::together() const {
  PullPlan out;
  for (const SetupArtefact& artefact : artefacts) {
    for (const SetupFile& file : artefact.files) {
      if (out.directory.empty()) out.directory = file.plan.directory;
      out.files.insert(out.files.end(), file.plan.files.begin(), file.plan.files.end());
    }
  }
  return out;
}

std::expected<SetupPlan, PlanProblem> plan_setup(HttpClient& client, const Hub& hub,
                                                 const SetupOptions& options, const Registry& registry,
                                                 const Tier& tier) {
  Planner planner(client, hub, options);
  if (tier.llm) {
    if (auto ok = planner.add("llm", tier.llm->file.name, {tier.llm->file}); !ok)
      return std::unexpected(ok.error());
  }
  if (options.wants_speech()) {
    const auto speech = speech_for(registry, tier, options.language);
    if (!speech) return std::unexpected(PlanProblem{"", speech.error()});
    if (auto ok = planner.add("stt", speech->recognition); !ok) return std::unexpected(ok.error());
    if (auto ok = planner.add("tts", speech->synthesis); !ok) return std::unexpected(ok.error());
  }
  return planner.take();
}

void set_path(SetUpFiles& files, std::string_view part, const std::string& path) {
  if (part == "llm") files.llm = path;
  if (part == "stt") files.recognition = path;
  if (part == "tts") files.synthesis = path;
}

}  // namespace tokcast
