#include "bench/serve_load/lag_conditions.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "bench/serve_load/load_socket.h"
#include "bench/serve_load/saturation.h"
#include "bench/serve_load/siege.h"
#include "bench/serve_load/sound_requests.h"

namespace tokcast {
namespace {

// A supervisor kills what does not answer for half a minute.
constexpr double kFrozenSeconds = 20;

std::string saturate(const LoadOptions& options, const LoadServer& server, double seconds) {
  const Saturation saturation(server.port(), 4, {.tokens = options.tokens, .stream = true, .deadline = 600});
  load_sleep(seconds);
  return fmt::format("{} turns", saturation.done());
}

std::string freeze(const LoadServer& server, double seconds) {
  const auto engine = server.engine_pid();
  if (!engine) return "no engine";
  const Saturation saturation(server.port(), 4, {.stream = true, .deadline = 600});
  load_sleep(1);
  kill(*engine, SIGSTOP);
  load_sleep(std::min(seconds, kFrozenSeconds));
  kill(*engine, SIGCONT);
  return "";
}

void forget_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  fdatasync(descriptor);
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  close(descriptor);
}

// Both pools at once, each with more than its threads can do.
std::string talk(const LoadServer& server, double seconds) {
  const LoadAnswer spoken = load_ask(server.port(), speech_request(), 120);
  if (spoken.status != 200) return "no speech here";
  const std::string heard = transcription_request(spoken.text.substr(spoken.text.find("\r\n\r\n") + 4));
  const Saturation saturation(server.port(), {speech_request(), speech_request(), heard, heard});
  load_sleep(seconds);
  return fmt::format("{} answers", saturation.done());
}

// The engine is killed, and what its successor has to read is not in memory any more.
std::string load_cold(const LoadOptions& options, const LoadServer& server, double seconds) {
  int loads = 0;
  for (const double until = load_now() + seconds; load_now() < until; ++loads) {
    const auto engine = server.engine_pid();
    if (!engine) return "no engine";
    kill(*engine, SIGKILL);
    while (server.engine_pid() == engine) usleep(1000);
    forget_file(options.model);
    while (load_ask(server.port(), get_request("/readyz"), 5).status != 200) {
      if (load_now() > until + 120) return "it was never ready again";
      usleep(20'000);
    }
  }
  return fmt::format("{} loads", loads);
}

}  // namespace

std::vector<LagCondition> lag_conditions(const LoadOptions& options, const std::string& elsewhere) {
  const double seconds = options.seconds;
  const auto rest = [seconds](const LoadServer&) { return load_sleep(seconds), std::string(); };
  const auto turns = [&options, seconds](const LoadServer& server) {
    return saturate(options, server, seconds);
  };
  const auto besiege = [&options, seconds](const LoadServer& server) {
    const Siege siege(server.port(), options.half_open, {SiegeKind::kHalfHeader, SiegeKind::kSlowBody});
    return load_sleep(seconds), std::string();
  };
  const std::vector<std::pair<std::string, std::string>> slow{{"LD_PRELOAD", TOKCAST_SLOW_WORLD}};
  return {
      {"at rest", rest},
      {"model saturated", turns},
      {"engine stopped (SIGSTOP)", [seconds](const LoadServer& server) { return freeze(server, seconds); }},
      {"model loaded from the disk",
       [&options, seconds](const LoadServer& server) { return load_cold(options, server, seconds); }},
      {"speech pools saturated", [seconds](const LoadServer& server) { return talk(server, seconds); }},
      {"model saturated, flushes to the disk take 0.5 s", turns, {}, slow},
      {"model elsewhere, names take 5 s", turns, {"--remote", elsewhere, "--remote-model", "any"}, slow},
      {fmt::format("{} half-sent requests", options.half_open), besiege}};
}

}  // namespace tokcast
