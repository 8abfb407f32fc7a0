#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <list>

#include "bench/serve_load/load_parts.h"
#include "bench/serve_load/load_pinger.h"
#include "bench/serve_load/load_socket.h"
#include "bench/serve_load/saturation.h"

namespace tokcast {
namespace {

constexpr double kOffered = 10;  // times what can be done
constexpr double kDeadline = 10;
constexpr int kUsers = 20;
constexpr std::size_t kMostInFlight = 1000;

struct Outcome {
  int done = 0;        // in time
  int late = 0;        // done, after the deadline
  int given_back = 0;  // taken in, and then not done
  int other = 0;
  LoadSamples refused{};
  std::size_t not_offered = 0;  // because too many were in flight
};

struct Flight {
  LoadSocket socket;
  double start = 0;
  std::string text{};
};

// Turns each second with as many clients as there are slots.
double capacity_of(const LoadServer& server, const LoadOptions& options) {
  const double start = load_now();
  const Saturation saturation(server.port(), 1, {.tokens = options.tokens, .deadline = 600});
  usleep(static_cast<useconds_t>(options.seconds * 1e6));
  return saturation.done() / (load_now() - start);
}

void judge(const Flight& flight, Outcome& outcome) {
  const double took = load_now() - flight.start;
  if (flight.text.starts_with("HTTP/1.1 200")) {
    ++(took <= kDeadline ? outcome.done : outcome.late);
  } else if (flight.text.starts_with("HTTP/1.1 429")) {
    // Only a refusal at the door has its reason.
    if (flight.text.find("\"reason\":") != std::string::npos) {
      outcome.refused.add(took);
    } else {
      ++outcome.given_back;
    }
  } else if (flight.text.starts_with("HTTP/1.1 504")) {
    ++outcome.given_back;
  } else {
    ++outcome.other;
  }
}

// Reads what is there; true: it is over.
bool read_some(Flight& flight) {
  std::array<char, 16384> piece{};
  const auto count = recv(flight.socket.descriptor(), piece.data(), piece.size(), MSG_DONTWAIT);
  if (count > 0) flight.text.append(piece.data(), static_cast<std::size_t>(count));
  return count == 0 || (count < 0 && errno != EAGAIN);
}

// At most ten milliseconds.
void look_after(std::list<Flight>& flights, Outcome& outcome) {
  std::vector<pollfd> wait;
  for (const Flight& flight : flights) wait.push_back({flight.socket.descriptor(), POLLIN, 0});
  poll(wait.data(), wait.size(), 10);
  auto flight = flights.begin();
  for (const pollfd& one : wait) {
    const auto here = flight++;
    if (one.revents == 0 || !read_some(*here)) continue;
    judge(*here, outcome);
    flights.erase(here);
  }
}

// Evenly spaced, whatever the server makes of them.
Outcome offer(const LoadServer& server, const LoadOptions& options, double per_second) {
  Outcome out;
  std::list<Flight> flights;
  const double start = load_now();
  int offered = 0;
  while (load_now() < start + options.overload_seconds || !flights.empty()) {
    const double elapsed = std::min(load_now() - start, options.overload_seconds);
    for (const int due = static_cast<int>(std::floor(elapsed * per_second)); offered < due; ++offered) {
      if (flights.size() >= kMostInFlight) {
        ++out.not_offered;
        continue;
      }
      Flight flight{.socket = LoadSocket(server.port()), .start = load_now()};
      flight.socket.send(chat_request({.tokens = options.tokens,
                                       .deadline = kDeadline,
                                       .user = "user-" + std::to_string(offered % kUsers)}));
      flights.push_back(std::move(flight));
    }
    look_after(flights, out);
    if (load_now() > start + options.overload_seconds + 3 * kDeadline) break;
  }
  out.other += static_cast<int>(flights.size());
  return out;
}

std::string share(double part, double whole) {
  return whole > 0 ? fmt::format("{:.0f} %", 100 * part / whole) : "none";
}

}  // namespace

LoadRows overload_part(const LoadOptions& options) {
  const auto server = start_tokcast(options);
  if (!server) return std::unexpected(server.error());
  const double capacity = capacity_of(**server, options);
  if (capacity <= 0) return fail(ErrorKind::kTimeout, "not one turn was done", options.model);
  LoadPinger pinger((*server)->port());
  const Outcome outcome = offer(**server, options, kOffered * capacity);
  const PingerResult pings = pinger.stop();
  const double goodput = outcome.done / options.overload_seconds;
  const int admitted = outcome.done + outcome.late + outcome.given_back;
  std::vector<LoadRow> out{{fmt::format("goodput at {:.0f}× the capacity of {:.2f} turns/s for {:.0f} s",
                                        kOffered, capacity, options.overload_seconds),
                            "≥ 90 %", fmt::format("{} ({:.2f} turns/s)", share(goodput, capacity), goodput)},
                           {"refusals (429)", "< 50 ms", summary(outcome.refused)},
                           {fmt::format("admitted turns done within their {:.0f} s", kDeadline), "≥ 95 %",
                            fmt::format("{} of {}: {} late, {} given back", share(outcome.done, admitted),
                                        admitted, outcome.late, outcome.given_back)},
                           {"`/healthz` meanwhile", "", summary(pings)}};
  if (outcome.other > 0 || outcome.not_offered > 0) {
    out.push_back({"neither done nor refused, never offered", "0, 0",
                   fmt::format("{}, {}", outcome.other, outcome.not_offered)});
  }
  return out;
}

}  // namespace tokcast
