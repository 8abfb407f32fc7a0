// What the last setup came to, so that running it again repairs and goes on instead of beginning anew:
// state_directory()/setup.json, "tokcast.setup-record/1".
//
// It is written after every step. What it says holds for the same question only: the same use, tier,
// language, registry, machine, engine and folder (its key). It may be lost at any time: then all is chosen
// and measured again.
#ifndef TOKCAST_SETUP_SETUP_RECORD_H_
#define TOKCAST_SETUP_SETUP_RECORD_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"
#include "forecast/interval.h"
#include "setup/server_settings.h"

namespace tokcast {

struct SetupRecord {
  std::string key{};                            // of the question; another key: nothing here holds
  std::string tier{};                           // chosen, or "MODEL:MIX"; empty: none yet
  std::vector<std::string> broken{};            // those whose promise was measured to be false here
  std::optional<ServerSettings> settings{};     // once chosen; its files once they were fetched
  std::optional<std::int64_t> promise{};        // in the ledger
  std::optional<Interval<Seconds>> measured{};  // the turn, by the bench of this file
  std::map<std::string, std::string> env{};     // what was written to `.env` last: not the user's own values
};

Json setup_record_to_json(const SetupRecord& record);
// Errors: kBadInput.
Result<SetupRecord> setup_record_from_json(const Json& json);

// An empty one if there is none, or none that can be read.
SetupRecord read_setup_record(const std::string& path);
// Only if it changed. Errors: kIo, kDiskFull.
Result<void> save_setup_record(const std::string& path, const SetupRecord& record);

}  // namespace tokcast

#endif  // TOKCAST_SETUP_SETUP_RECORD_H_
