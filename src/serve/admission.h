// Who may have a turn of the engine, and when: a queue that is bounded, fair, and honest about its deadlines.
//
// The engine has a few slots. A request is taken in only if, by forecast, it waits and runs within its
// deadline and makes no other one late that was taken in before; else it is refused at once, so that its
// client can go elsewhere. Clients take turns: each one's next request comes before another one's second, and
// whoever has one waiting already may fill only half of the time to the deadline. What would come too late
// all the same, because those before it took longer than forecast, is given back (take_late) before any work
// is spent on it.
//
// Pure: moments come in as values. Cost of each call: linear in the queue, which is short.
#ifndef TOKCAST_SERVE_ADMISSION_H_
#define TOKCAST_SERVE_ADMISSION_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "forecast/interval.h"

namespace tokcast {

struct AdmissionLimits {
  std::size_t queued = 64;
  std::uint64_t tokens = 262'144;
  Bytes bytes{16 * kMebi.value};
  std::uint32_t slots = 1;
};

struct TurnOffer {
  std::uint64_t id = 0;  // unique
  std::string client{};  // who asks: an address, a session
  Seconds deadline{};    // the moment by which it must be done
  std::optional<Interval<Seconds>>
      service{};  // in the engine; nullopt: not known, only the queue's bounds hold
  std::uint64_t tokens = 0;
  Bytes bytes{};
};

enum class Refusal { kQueueFull, kTooManyTokens, kTooManyBytes, kTooLate };

// "queue-full", "too-many-tokens", "too-many-bytes", "too-late".
std::string_view refusal_name(Refusal refusal);

struct AdmissionAnswer {
  std::optional<Refusal> refused{};
  std::optional<Seconds> wait{};  // forecast; nullopt: not known
  std::optional<Interval<Seconds>> service{};
  Seconds retry_after{};  // when refused: when it would have a chance
};

class Admission {
 public:
  explicit Admission(AdmissionLimits limits) : limits_(limits) {}

  // Takes it into the queue, or refuses.
  AdmissionAnswer offer(const TurnOffer& turn, Seconds now);
  // The next one that shall run, if a slot is free; it runs from then on.
  std::optional<std::uint64_t> start_next(Seconds now);
  // It is done, cancelled or gone, be it running or queued. Unknown ids are ignored.
  void finish(std::uint64_t id);
  // Those of the queue that cannot be done in time any more; they are out of it.
  std::vector<std::uint64_t> take_late(Seconds now);

  std::size_t queued() const { return queued_; }
  std::size_t running() const { return running_.size(); }
  std::uint64_t queued_tokens() const { return tokens_; }
  Bytes queued_bytes() const { return bytes_; }

 private:
  struct Running {
    Seconds start{};
    TurnOffer turn{};
  };
  struct Finish {
    std::uint64_t id;
    Seconds start;
    Seconds likely_end;
    Seconds sure_end;  // what a promise needs
  };

  std::optional<Refusal> over_bounds(const TurnOffer& turn) const;
  std::vector<const TurnOffer*> order() const;
  std::optional<std::vector<Finish>> plan(Seconds now) const;
  Seconds latest_end(const TurnOffer& turn, Seconds now) const;
  bool breaks_a_promise(const std::vector<Finish>& finishes, std::uint64_t id) const;
  std::optional<std::uint64_t> first_late(Seconds now) const;
  void push(const TurnOffer& turn);
  bool remove_queued(std::uint64_t id);

  AdmissionLimits limits_;
  // By client, each in the order of arrival; the next client to be served is the first after last_client_.
  std::map<std::string, std::deque<TurnOffer>> queues_{};
  std::string last_client_{};
  std::map<std::uint64_t, Running> running_{};
  std::size_t queued_ = 0;
  std::uint64_t tokens_ = 0;
  Bytes bytes_{};
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_ADMISSION_H_
