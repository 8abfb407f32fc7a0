#include <pthread.h>
#include <sched.h>

#include <numeric>
#include <system_error>
#include <thread>

#include "machine/team.h"

namespace tokcast {

struct Team::Member {
  enum class Call { kNone, kWork, kLeave };

  std::thread thread{};
  std::condition_variable wake{};
  Call call = Call::kNone;
};

namespace {

bool pin(std::thread& thread, std::uint32_t cpu) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(cpu, &mask);
  return pthread_setaffinity_np(thread.native_handle(), sizeof mask, &mask) == 0;
}

}  // namespace

Team::Team(std::span<const std::uint32_t> cpus) {
  for (const std::uint32_t cpu : cpus) {
    if (recruit(cpu)) cpus_.push_back(cpu);
  }
}

Team::~Team() {
  for (const auto& member : members_) dismiss(*member);
}

std::vector<std::uint32_t> Team::members() const {
  std::vector<std::uint32_t> numbers(cpus_.size());
  std::iota(numbers.begin(), numbers.end(), 0U);
  return numbers;
}

bool Team::recruit(std::uint32_t cpu) {
  auto member = std::make_unique<Member>();
  Member& self = *member;
  const auto number = static_cast<std::uint32_t>(members_.size());
  try {
    self.thread = std::thread([this, &self, number] { serve(self, number); });
  } catch (const std::system_error&) {  // no more threads for us
    return false;
  }
  if (!pin(self.thread, cpu)) {
    dismiss(self);
    return false;
  }
  members_.push_back(std::move(member));
  return true;
}

void Team::dismiss(Member& member) {
  {
    const std::lock_guard lock(mutex_);
    member.call = Member::Call::kLeave;
    member.wake.notify_one();
  }
  member.thread.join();
}

void Team::run(std::span<const std::uint32_t> members, const Work& work) {
  std::unique_lock lock(mutex_);
  work_ = &work;
  busy_ = members.size();
  asleep_ = members.size();
  for (const std::uint32_t number : members) {
    members_[number]->call = Member::Call::kWork;
    members_[number]->wake.notify_one();
  }
  finished_.wait(lock, [this] { return busy_ == 0; });
}

void Team::serve(Member& self, std::uint32_t number) {
  std::unique_lock lock(mutex_);
  for (;;) {
    self.wake.wait(lock, [&self] { return self.call != Member::Call::kNone; });
    if (self.call == Member::Call::kLeave) return;
    self.call = Member::Call::kNone;
    const Work& work = *work_;
    lock.unlock();
    wait_for_others();
    work(number);
    lock.lock();
    if (--busy_ == 0) finished_.notify_one();
  }
}

// A condition variable wakes threads one after the other, tens of microseconds apart; the last hop is a spin,
// so that all leave it at once.
void Team::wait_for_others() {
  asleep_.fetch_sub(1);
  while (asleep_.load() > 0) std::this_thread::yield();
}

}  // namespace tokcast
