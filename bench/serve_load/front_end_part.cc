#include <fmt/format.h>

#include "bench/serve_load/load_parts.h"
#include "bench/serve_load/load_pinger.h"
#include "bench/serve_load/load_socket.h"
#include "bench/serve_load/saturation.h"
#include "bench/serve_load/siege.h"

namespace tokcast {

LoadRows front_end_part(const LoadOptions& options) {
  const auto ours = start_tokcast(options);
  if (!ours) return std::unexpected(ours.error());
  const auto engines = start_engine(options);
  if (!engines) return std::unexpected(engines.error());
  std::vector<LoadRow> out;
  const auto both = [&](const std::string& what, const auto& make_load) {
    for (const bool is_ours : {true, false}) {
      const LoadServer& server = is_ours ? **ours : **engines;
      const auto load = make_load(server.port());
      load_sleep(0.5);
      LoadPinger pinger(server.port(), is_ours ? "/healthz" : "/health");
      load_sleep(options.seconds / 2);
      out.push_back({fmt::format("{}, {}", is_ours ? "`tokcast serve`" : "llama-server", what), "",
                     summary(pinger.stop())});
    }
  };
  for (const int count : {50, 200, 600}) {
    both(fmt::format("{} half-sent requests", count), [&](std::uint16_t port) {
      return std::make_unique<Siege>(port, count, std::vector{SiegeKind::kHalfHeader});
    });
  }
  both("model saturated", [&](std::uint16_t port) {
    return std::make_unique<Saturation>(port, 4,
                                        ChatWish{.tokens = options.tokens, .stream = true, .deadline = 600});
  });
  return out;
}

}  // namespace tokcast
