// Threads pinned one to a logical CPU, which begin a piece of work together.
#ifndef TOKCAST_MACHINE_TEAM_H_
#define TOKCAST_MACHINE_TEAM_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace tokcast {

class Team {
 public:
  // What one member does; it must not throw.
  using Work = std::function<void(std::uint32_t member)>;

  // Starts a thread for each CPU. One that cannot be started or pinned there is left out.
  explicit Team(std::span<const std::uint32_t> cpus);
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  ~Team();

  // The CPUs that have a thread, in the order given. A member is an index into this.
  const std::vector<std::uint32_t>& cpus() const { return cpus_; }
  // 0, 1, 2 ...: all members.
  std::vector<std::uint32_t> members() const;

  // Runs work(member) for each of `members` (each named once), begun when all of them are awake; returns when
  // all are done. Not for several threads at once.
  void run(std::span<const std::uint32_t> members, const Work& work);

 private:
  struct Member;

  bool recruit(std::uint32_t cpu);
  void dismiss(Member& member);
  void serve(Member& self, std::uint32_t number);
  void wait_for_others();

  std::vector<std::uint32_t> cpus_{};
  std::vector<std::unique_ptr<Member>> members_{};
  std::mutex mutex_{};  // guards work_, busy_ and each member's call
  std::condition_variable finished_{};
  const Work* work_ = nullptr;
  std::size_t busy_ = 0;
  std::atomic<std::size_t> asleep_{0};  // of those called, how many have not woken yet
};

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_TEAM_H_
