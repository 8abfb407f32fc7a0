// A model file as `tokcast serve` serves it: the engine's command line, its threads, its forecasts, its
// promise.
#ifndef TOKCAST_CLI_SERVABLE_H_
#define TOKCAST_CLI_SERVABLE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "cli/setting.h"
#include "serve/server.h"

namespace tokcast {

struct ServableOptions {
  std::optional<std::uint64_t> context{};  // of each session
  std::uint32_t sessions = 1;
  std::optional<std::uint32_t> threads{};
  std::optional<Seconds> budget{};  // of a turn, whatever was promised
  // A turn that is cancelled in the middle of its prompt frees its slot in so long, at the cost of reading
  // prompts in smaller batches.
  std::optional<Seconds> cancel_within{};
  std::vector<std::string> engine_arguments{};
};

// The forecasts are those of `tokcast forecast`: the best evidence here, as this machine's past teaches. The
// budget is the promise's. `setting` must outlive it; `complain` takes one line to the user, from any thread.
// Errors: kNotFound (no such file, no llama-server; nothing known to size batches by), those of find_model
// and of the setting's engine.
Result<Servable> make_servable(const ServableOptions& options, const std::string& file,
                               const Setting& setting,
                               const std::function<void(const std::string&)>& complain);

}  // namespace tokcast

#endif  // TOKCAST_CLI_SERVABLE_H_
