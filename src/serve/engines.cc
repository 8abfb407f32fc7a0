#include "serve/engines.h"

#include <fmt/format.h>

#include <utility>

namespace tokcast {
namespace {

constexpr Seconds kSeeOffPeriod{0.25};

}  // namespace

Engines::Engines(Loop& loop, WorkerPool& waiters, std::string runtime_directory, Changed changed)
    : loop_(loop),
      waiters_(waiters),
      runtime_directory_(std::move(runtime_directory)),
      changed_(std::move(changed)) {}

Engines::~Engines() = default;

Engines::One Engines::supervise(const EngineSpec& spec) {
  const std::uint64_t number = ++numbers_;
  SupervisorOptions options{.spec = spec, .runtime_directory = runtime_directory_};
  options.name = fmt::format("engine-{}", number);
  // From its thread, which may outlive us: only the loop looks at `this`.
  auto tell = [this, &loop = loop_, number](const EngineStatus& status) {
    loop.post([this, number, status] { told(number, status); });
  };
  return {number, std::make_unique<Supervisor>(std::move(options), std::move(tell))};
}

void Engines::start(const EngineSpec& spec) {
  current_ = supervise(spec);
}

void Engines::replace(EngineSpec spec) {
  current_.supervisor->replace(std::move(spec));
}

void Engines::load_beside(const EngineSpec& spec, Changed decided, std::function<bool()> is_done,
                          Seconds patience) {
  decided_ = std::move(decided);
  is_done_ = std::move(is_done);
  patience_ = patience;
  beside_ = supervise(spec);
}

void Engines::told(std::uint64_t number, const EngineStatus& status) {
  if (number == current_.number) return changed_(status);
  if (number == beside_.number) told_beside(status);
}

void Engines::told_beside(const EngineStatus& status) {
  if (status.phase == EnginePhase::kLoading) return;
  const Changed decided = std::exchange(decided_, nullptr);
  One one = std::exchange(beside_, {});
  if (status.phase != EnginePhase::kReady) {
    leave(std::move(one), [] { return true; }, Seconds(0));
    return decided(status);
  }
  std::swap(one, current_);
  decided(status);
  changed_(status);
  leave(std::move(one), std::exchange(is_done_, nullptr), patience_);
}

void Engines::leave(One one, std::function<bool()> is_done, Seconds patience) {
  leaving_.push_back({std::make_shared<std::unique_ptr<Supervisor>>(std::move(one.supervisor)),
                      std::move(is_done), Loop::now() + patience});
  see_off();
}

void Engines::see_off() {
  std::erase_if(leaving_, [this](const Leaving& one) {
    if (!one.is_done() && Loop::now() < one.until) return false;
    return waiters_.run([supervisor = one.supervisor] { supervisor->reset(); });  // else next time
  });
  timer_ = leaving_.empty() ? nullptr : loop_.after(kSeeOffPeriod, [this] { see_off(); });
}

}  // namespace tokcast
