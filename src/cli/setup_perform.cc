#include "cli/setup_perform.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "cli/bench_file.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/promise_of.h"
#include "cli/promised_file.h"
#include "ledger/ledger.h"
#include "model/naming.h"
#include "setup/env_file.h"

namespace tokcast {
namespace {

// Somebody waits for the rest of the setup; `tokcast bench` takes longer.
constexpr Seconds kBenchAllowance{30};

// A promise that the ledger still has needs no other.
bool is_kept(const Ledger& ledger, const SetupRecord& record) {
  return record.promise && ledger.promise(*record.promise).has_value();
}

Result<Ledger> open_ledger() {
  auto ledger = Ledger::open(default_ledger_path());
  if (ledger && !ledger->notice().empty()) say(printable(ledger->notice()));
  return ledger;
}

Result<void> accept_promise(const Setting& setting, const TierForecast& accepted, Ledger& ledger,
                            SetupRecord& record) {
  if (is_kept(ledger, record)) return {};
  Promise promise =
      promise_of(accepted.shape, accepted.forecast, setting, record.settings->threads, AcceptedBy::kSetup);
  if (auto noted = note_file(promise, record.settings->files.llm); !noted) return noted;
  const auto id = ledger.accept(promise);
  if (!id) return std::unexpected(id.error());
  record.promise = *id;
  return {};
}

// Somebody took the ledger away between two runs: what was promised is not known any more.
Result<void> forget_promise(const std::string& record_path, SetupRecord& record) {
  record.promise.reset();
  if (auto saved = save_setup_record(record_path, record); !saved) return saved;
  return fail(ErrorKind::kNotFound, "the ledger does not have the promise any more", default_ledger_path(),
              "The same command makes a new one.");
}

Result<void> measure_promised(const Setting& setting, Ledger& ledger, SetupRecord& record) {
  const auto promise = ledger.promise(*record.promise);
  if (!promise) return std::unexpected(promise.error());
  const std::string& path = record.settings->files.llm;
  const auto shape = find_shape(path);
  if (!shape) return std::unexpected(shape.error());
  const auto measured = bench_file(*shape, path, *promise, setting, {.allowance = kBenchAllowance});
  if (!measured) return std::unexpected(measured.error());
  const auto added = ledger.add(actual_of(*promise, *measured, site_of(setting.machine, *setting.engine)));
  if (!added) return std::unexpected(added.error());
  record.measured = measured_turn(*measured, promise->workload).turn;
  return {};
}

// A download that was stopped goes on, and the user is told so.
Error with_next_step(Error error) {
  if (error.kind == ErrorKind::kInterrupted) error.fix = "What came is kept: the same command goes on.";
  return error;
}

Result<Pulled> fetch_file(HttpClient& client, const SetupFile& file) {
  if (!file.here.empty()) return Pulled{.path = file.here};
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  progress.begin("Fetching " + printable(file.plan.files.front().path));
  DownloadOptions how;
  how.progress = [&progress](Bytes here, Bytes size) {
    progress.detail(fmt::format("{} of {}", format_bytes(here), format_bytes(size)));
  };
  how.waiting = [&progress](const std::string& owner) { progress.begin("Waiting for " + printable(owner)); };
  auto pulled = pull(client, file.plan, file.places, how);
  if (!pulled) return std::unexpected(with_next_step(std::move(pulled.error())));
  return pulled;
}

// Something else than tokcast wrote there, which is about to be changed.
bool changes_what_is_the_users(const EnvFile& before, const ServerSettings& settings,
                               const SetupRecord& record) {
  return std::ranges::any_of(env_values(settings), [&](const auto& pair) {
    const auto old = before.get(pair.first);
    const auto ours = record.env.find(pair.first);
    const bool is_ours = ours != record.env.end() && old && *old == ours->second;
    return old && *old != pair.second && !is_ours;
  });
}

Result<UserFileChange> write_env(const std::string& path, SetupRecord& record) {
  const auto text = read_user_file(path);
  if (!text) return std::unexpected(text.error());
  const auto before = EnvFile::parse(text->value_or(""), path);
  if (!before) return std::unexpected(before.error());
  EnvFile after = *before;
  if (auto edited = edit_env(after, *record.settings); !edited) return std::unexpected(edited.error());
  auto change =
      change_user_file(path, after.text(), changes_what_is_the_users(*before, *record.settings, record));
  if (!change) return change;
  record.env.clear();
  for (const auto& [key, value] : env_values(*record.settings)) record.env.emplace(key, value);
  return change;
}

Result<UserFileChange> write_config(const std::string& path, const ServerSettings& settings) {
  const auto text = read_user_file(path);
  if (!text) return std::unexpected(text.error());
  auto after = with_config_part(text->value_or(""), settings);
  if (!after) {
    after.error().place = path;
    return std::unexpected(after.error());
  }
  return change_user_file(path, *after, false);
}

}  // namespace

std::string default_record_path() {
  return state_directory() + "/setup.json";
}

std::string default_config_path() {
  return config_directory() + "/config.toml";
}

Result<Bytes> fetch_setup(HttpClient& client, const SetupPlan& plan, const std::string& record_path,
                          SetupRecord& record) {
  Bytes fetched{};
  for (const SetupArtefact& artefact : plan.artefacts) {
    std::string path;
    for (const SetupFile& file : artefact.files) {
      const auto pulled = fetch_file(client, file);
      if (!pulled) return std::unexpected(pulled.error());
      fetched += pulled->fetched;
      if (path.empty()) path = pulled->path;
    }
    set_path(record.settings->files, artefact.part, path);
  }
  if (auto saved = save_setup_record(record_path, record); !saved) return std::unexpected(saved.error());
  return fetched;
}

Result<void> hold_to_account(const Setting& setting, const std::optional<TierForecast>& forecast,
                             const std::string& record_path, SetupRecord& record) {
  if (record.settings->files.llm.empty()) return {};
  if (record.measured && record.promise) return {};
  auto ledger = open_ledger();
  if (!ledger) return std::unexpected(ledger.error());
  if (forecast) {
    if (auto ok = accept_promise(setting, *forecast, *ledger, record); !ok) return ok;
    if (auto saved = save_setup_record(record_path, record); !saved) return saved;
  }
  if (!is_kept(*ledger, record)) return forget_promise(record_path, record);
  if (!record.measured) {
    if (auto ok = measure_promised(setting, *ledger, record); !ok) return ok;
  }
  return save_setup_record(record_path, record);
}

bool keeps_promise(const SetupRecord& record) {
  return !record.measured || record.measured->expected <= record.settings->budget;
}

Result<void> write_down(const SetupOptions& options, const std::string& record_path, SetupRecord& record,
                        SetupOutcome& outcome) {
  std::error_code failure;
  outcome.env_path = std::filesystem::absolute(options.env, failure).lexically_normal();
  outcome.config_path = default_config_path();
  auto env = write_env(outcome.env_path, record);
  if (!env) return std::unexpected(env.error());
  outcome.env = std::move(*env);
  auto config = write_config(outcome.config_path, *record.settings);
  if (!config) return std::unexpected(config.error());
  outcome.config = std::move(*config);
  return save_setup_record(record_path, record);
}

}  // namespace tokcast
