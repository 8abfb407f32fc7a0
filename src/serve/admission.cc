#include "serve/admission.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tokcast {

std::string_view refusal_name(Refusal refusal) {
  constexpr std::array<std::string_view, 4> kNames{"queue-full", "too-many-tokens", "too-many-bytes",
                                                   "too-late"};
  return kNames.at(static_cast<std::size_t>(refusal));
}

std::optional<Refusal> Admission::over_bounds(const TurnOffer& turn) const {
  // With a free slot it does not wait at all.
  if (queued_ == 0 && running_.size() < limits_.slots) return std::nullopt;
  if (queued_ >= limits_.queued) return Refusal::kQueueFull;
  if (tokens_ + turn.tokens > limits_.tokens) return Refusal::kTooManyTokens;
  if (bytes_ + turn.bytes > limits_.bytes) return Refusal::kTooManyBytes;
  return std::nullopt;
}

// As they will be started: one of each client in turn, beginning after the one that was served last.
std::vector<const TurnOffer*> Admission::order() const {
  std::vector<const std::deque<TurnOffer>*> clients;
  const auto first = queues_.upper_bound(last_client_);
  for (auto i = first; i != queues_.end(); ++i) clients.push_back(&i->second);
  for (auto i = queues_.begin(); i != first; ++i) clients.push_back(&i->second);
  std::vector<const TurnOffer*> out;
  for (std::size_t round = 0; out.size() < queued_; ++round) {
    for (const auto* queue : clients) {
      if (round < queue->size()) out.push_back(&(*queue)[round]);
    }
  }
  return out;
}

// When each of the queue will start and end; nullopt if something's service is not known.
std::optional<std::vector<Admission::Finish>> Admission::plan(Seconds now) const {
  struct Slot {
    Seconds likely;
    Seconds sure;  // if all before took the high end: errors of one machine go together
  };
  std::vector<Slot> free_at(limits_.slots, {now, now});
  std::size_t slot = 0;
  for (const auto& [id, running] : running_) {
    if (!running.turn.service) return std::nullopt;
    free_at[slot++ % free_at.size()] = {std::max(now, running.start + running.turn.service->expected),
                                        std::max(now, running.start + running.turn.service->high)};
  }
  std::vector<Finish> out;
  for (const TurnOffer* turn : order()) {
    if (!turn->service) return std::nullopt;
    Slot& earliest = *std::ranges::min_element(free_at, {}, &Slot::likely);
    const Seconds start = earliest.likely;
    earliest = {earliest.likely + turn->service->expected, earliest.sure + turn->service->high};
    out.push_back({turn->id, start, earliest.likely, earliest.sure});
  }
  return out;
}

void Admission::push(const TurnOffer& turn) {
  queues_[turn.client].push_back(turn);
  ++queued_;
  tokens_ += turn.tokens;
  bytes_ += turn.bytes;
}

bool Admission::remove_queued(std::uint64_t id) {
  for (auto queue = queues_.begin(); queue != queues_.end(); ++queue) {
    const auto found = std::ranges::find(queue->second, id, &TurnOffer::id);
    if (found == queue->second.end()) continue;
    --queued_;
    tokens_ -= found->tokens;
    bytes_ = bytes_ - found->bytes;
    queue->second.erase(found);
    if (queue->second.empty()) queues_.erase(queue);
    return true;
  }
  return false;
}

// A client that has one in the queue already may fill half of the time to its deadline and no more: the other
// half is for those who come next.
Seconds Admission::latest_end(const TurnOffer& turn, Seconds now) const {
  const auto queue = queues_.find(turn.client);
  const bool has_others = queue != queues_.end() && queue->second.size() > 1;
  return has_others ? now + (turn.deadline - now) * 0.5 : turn.deadline;
}

// Would another one of the queue, that goes after this one, come too late because of it?
bool Admission::breaks_a_promise(const std::vector<Finish>& finishes, std::uint64_t id) const {
  const auto turns = order();
  bool is_after = false;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    if (is_after && finishes[i].sure_end > turns[i]->deadline) return true;
    is_after = is_after || turns[i]->id == id;
  }
  return false;
}

AdmissionAnswer Admission::offer(const TurnOffer& turn, Seconds now) {
  AdmissionAnswer out{.service = turn.service};
  out.refused = over_bounds(turn);
  push(turn);
  if (const auto finishes = plan(now)) {
    const auto mine = std::ranges::find(*finishes, turn.id, &Finish::id);
    out.wait = mine->start - now;
    const bool is_late = mine->sure_end > latest_end(turn, now) || breaks_a_promise(*finishes, turn.id);
    if (!out.refused && is_late) out.refused = Refusal::kTooLate;
    // With an empty queue it would be done this much before the deadline, or never: then waiting helps
    // nobody, but a busy machine may get faster, so the wait itself is the best answer there is.
    if (out.refused) out.retry_after = std::max(Seconds(1), *out.wait);
  } else if (out.refused) {
    out.retry_after = Seconds(5);
  }
  if (out.refused) remove_queued(turn.id);
  return out;
}

std::optional<std::uint64_t> Admission::start_next(Seconds now) {
  if (queued_ == 0 || running_.size() >= limits_.slots) return std::nullopt;
  const TurnOffer turn = *order().front();
  remove_queued(turn.id);
  last_client_ = turn.client;
  running_[turn.id] = {now, turn};
  return turn.id;
}

void Admission::finish(std::uint64_t id) {
  if (running_.erase(id) == 0) remove_queued(id);
}

// One at a time, because the others may be in time once it is gone.
std::optional<std::uint64_t> Admission::first_late(Seconds now) const {
  if (const auto finishes = plan(now)) {
    const auto turns = order();
    for (std::size_t i = 0; i < turns.size(); ++i) {
      if ((*finishes)[i].likely_end > turns[i]->deadline) return turns[i]->id;
    }
    return std::nullopt;
  }
  for (const TurnOffer* turn : order()) {
    if (now > turn->deadline) return turn->id;
  }
  return std::nullopt;
}

std::vector<std::uint64_t> Admission::take_late(Seconds now) {
  std::vector<std::uint64_t> late;
  while (const auto id = first_late(now)) {
    remove_queued(*id);
    late.push_back(*id);
  }
  return late;
}

}  // namespace tokcast
