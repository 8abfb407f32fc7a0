// The second half of `tokcast setup`: fetch, promise, measure, write down. Every step is remembered, so that
// the same command goes on where it was.
#ifndef TOKCAST_CLI_SETUP_PERFORM_H_
#define TOKCAST_CLI_SETUP_PERFORM_H_

#include <optional>
#include <string>

#include "base/result.h"
#include "choose/tier.h"
#include "cli/setting.h"
#include "cli/setup_options.h"
#include "cli/setup_plan.h"
#include "fetch/http.h"
#include "setup/setup_record.h"
#include "setup/user_file.h"

namespace tokcast {

// What was done, for people and documents.
struct SetupOutcome {
  Bytes fetched{};
  bool measured_now = false;
  bool promise_kept = true;  // as measured; also where there is no model to measure
  std::string env_path{};
  UserFileChange env{};
  std::string config_path{};
  UserFileChange config{};
};

std::string default_record_path();
std::string default_config_path();

// Fetches what is missing; the record then names the files. Errors: those of pull.
Result<Bytes> fetch_setup(HttpClient& client, const SetupPlan& plan, const std::string& record_path,
                          SetupRecord& record);

// Puts the promise into the ledger and measures the file that was fetched, unless both was done before.
// `forecast` is what was accepted; nullopt where the record remembers it. Errors: those of Ledger, find_shape
// and measure; kNotFound (the ledger lost the promise that the record remembers; the record then forgets it).
Result<void> hold_to_account(const Setting& setting, const std::optional<TierForecast>& forecast,
                             const std::string& record_path, SetupRecord& record);

// Is the turn, as measured, within its budget? Where nothing was measured, it is.
bool keeps_promise(const SetupRecord& record);

// `.env` and config.toml. What the user wrote there himself and what is changed is kept beside it.
Result<void> write_down(const SetupOptions& options, const std::string& record_path, SetupRecord& record,
                        SetupOutcome& outcome);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SETUP_PERFORM_H_
