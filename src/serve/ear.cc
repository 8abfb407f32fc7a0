#include "serve/ear.h"

#include <utility>

#include "speech/g711.h"

namespace tokcast {
namespace {

constexpr std::size_t kMostWaiting = 640'000;  // bytes: 20 s at 16 kHz
constexpr std::size_t kSliceBytes = 16'000;    // half a second of it: a tenth of a second of work
constexpr Seconds kIdle{1};

}  // namespace

bool Ear::hear(std::string pcm16, const RecogniserOptions& options, bool finish, Heard heard,
               std::function<void()> done) {
  if (is_stopped_) return true;
  // One recording may be larger; what may not grow is what comes faster than it can be heard.
  if (waiting_bytes_ > 0 && waiting_bytes_ + pcm16.size() > kMostWaiting) return false;
  idle_.reset();
  owes_final_ = true;
  waiting_bytes_ += pcm16.size();
  waiting_.push_back({.pcm16 = std::move(pcm16),
                      .options = options,
                      .finish = finish,
                      .heard = std::move(heard),
                      .done = std::move(done),
                      .came_in = Loop::now()});
  work();
  return true;
}

void Ear::stop() {
  is_stopped_ = true;
  idle_.reset();
  waiting_.clear();
}

void Ear::work() {
  if (is_busy_ || waiting_.empty()) return;
  is_busy_ = true;
  Heap& heap = waiting_.front();
  Slice slice{.pcm16 = heap.pcm16.substr(heap.taken, kSliceBytes), .options = heap.options};
  heap.taken += slice.pcm16.size();
  waiting_bytes_ -= slice.pcm16.size();
  slice.finish = heap.finish && heap.is_taken();
  const bool taken = state_.recognition->run([self = shared_from_this(), slice = std::move(slice)]() mutable {
    auto results = std::make_shared<Results>(self->recognise(slice));
    Loop& loop = self->state_.loop;
    loop.post([self = std::move(self), results] { self->slice_done(*results); });
  });
  if (taken) return;
  state_.loop.post([self = shared_from_this()] {
    self->slice_done({fail(ErrorKind::kTimeout, "recognition is overloaded")});
  });
}

// On a thread of the pool.
Ear::Results Ear::recognise(const Slice& slice) {
  Results out;
  if (recogniser_ && recognising_ != slice.options) {
    out.push_back(recogniser_->finish());
    recogniser_.reset();
  }
  if (!recogniser_) {
    auto started = state_.speech->start_recogniser(slice.options);
    if (!started) return {std::unexpected(started.error())};
    recogniser_ = std::move(*started);
    recognising_ = slice.options;
  }
  auto heard = recogniser_->feed(decode_linear16(slice.pcm16));
  if (!heard) return {std::unexpected(heard.error())};
  for (Recognised& one : *heard) out.emplace_back(std::move(one));
  if (slice.finish) out.push_back(recogniser_->finish());
  return out;
}

void Ear::slice_done(const Results& results) {
  is_busy_ = false;
  if (is_stopped_) return;
  // A listener may stop us.
  const Heard heard = waiting_.front().heard;
  const Seconds came_in = waiting_.front().came_in;
  for (const auto& result : results) {
    if (!result || result->is_final) owes_final_ = false;
    heard(result, came_in);
    if (is_stopped_) return;
  }
  if (!waiting_.front().is_taken()) return work();
  const Heap heap = std::move(waiting_.front());
  waiting_.pop_front();
  if (waiting_.empty() && !heap.finish) wait_for_more(heap.options, heap.heard);
  if (heap.done) heap.done();
  work();
}

// An end without words is worth telling only to somebody who got no answer yet.
void Ear::wait_for_more(const RecogniserOptions& options, const Heard& heard) {
  if (!waits_for_more_) return;
  idle_ = state_.loop.after(kIdle, [this, options, heard] {
    const bool owes = owes_final_;
    hear({}, options, true, [owes, heard](Result<Recognised> result, Seconds came_in) {
      if (owes || !result || !result->text.empty()) heard(std::move(result), came_in);
    });
  });
}

}  // namespace tokcast
