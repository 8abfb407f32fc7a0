#include "serve/loop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

namespace tokcast {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

Clock::duration to_duration(Seconds seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds.value));
}

class AsioTimer : public LoopTimer {
 public:
  AsioTimer(asio::io_context& context, Seconds delay, std::function<void()> work)
      : timer_(context, to_duration(delay)), work_(std::make_shared<std::function<void()>>(std::move(work))) {
    timer_.async_wait([weak = std::weak_ptr(work_)](const boost::system::error_code& error) {
      // A timer that went may have fired already, its handler waiting its turn: weak, so that it finds
      // nothing.
      const auto there = weak.lock();
      if (!error && there) (*there)();
    });
  }

 private:
  asio::steady_timer timer_;
  std::shared_ptr<std::function<void()>> work_;
};

}  // namespace

struct Loop::Impl {
  asio::io_context context{1};
  asio::steady_timer lag_timer{context};
  Clock::time_point due{};
  Clock::duration period{};
  std::function<void(Seconds)> lag{};

  void next_lag() {
    due = Clock::now() + period;
    lag_timer.expires_at(due);
    lag_timer.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      lag(Seconds(std::chrono::duration<double>(Clock::now() - due).count()));
      next_lag();
    });
  }
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::run() {
  const auto work = asio::make_work_guard(impl_->context);
  impl_->context.restart();
  impl_->context.run();
}

void Loop::stop() {
  impl_->context.stop();
}

void Loop::post(std::function<void()> work) {
  asio::post(impl_->context, std::move(work));
}

std::unique_ptr<LoopTimer> Loop::after(Seconds delay, std::function<void()> work) {
  return std::make_unique<AsioTimer>(impl_->context, delay, std::move(work));
}

void Loop::watch_lag(Seconds period, std::function<void(Seconds)> lag) {
  impl_->period = to_duration(period);
  impl_->lag = std::move(lag);
  impl_->next_lag();
}

void Loop::when_readable(int descriptor, std::function<void()> ready) {
  auto watched = std::make_shared<asio::posix::stream_descriptor>(impl_->context, descriptor);
  watched->async_wait(asio::posix::stream_descriptor::wait_read,
                      [watched, ready = std::move(ready)](const boost::system::error_code& error) {
                        watched->release();
                        if (!error) ready();
                      });
}

Seconds Loop::now() {
  return Seconds(std::chrono::duration<double>(Clock::now().time_since_epoch()).count());
}

asio::io_context& Loop::context() {
  return impl_->context;
}

}  // namespace tokcast
