// One stream of sound on its way through recognition. On the loop's thread; the recogniser itself works in
// the recognition pool, one slice of sound after the other, so that streams take turns there.
#ifndef TOKCAST_SERVE_EAR_H_
#define TOKCAST_SERVE_EAR_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "serve/server_state.h"
#include "speech/speech.h"

namespace tokcast {

class Ear : public std::enable_shared_from_this<Ear> {
 public:
  // `came_in`: when the sound did that brought this (Loop::now()).
  using Heard = std::function<void(Result<Recognised>, Seconds came_in)>;

  // The state must outlive it. `waits_for_more`: what was begun when no more sound comes is ended after a
  // second; clients that send one recording and wait never send the quiet that would end it.
  Ear(ServerState& state, bool waits_for_more) : state_(state), waits_for_more_(waits_for_more) {}

  // PCM16. `finish`: this is the end of what was begun. `done` comes after everything that was heard of it;
  // may be empty. Other options than before end what was begun. False: too much waits already, and this was
  // dropped.
  bool hear(std::string pcm16, const RecogniserOptions& options, bool finish, Heard heard,
            std::function<void()> done = {});
  // Nothing is reported any more.
  void stop();

 private:
  // What came in together. Stays on the loop's thread, as callbacks must.
  struct Heap {
    std::string pcm16{};
    std::size_t taken = 0;  // bytes of it, by slices
    RecogniserOptions options{};
    bool finish = false;
    Heard heard{};
    std::function<void()> done{};
    Seconds came_in{};

    bool is_taken() const { return taken == pcm16.size(); }
  };
  struct Slice {
    std::string pcm16{};
    RecogniserOptions options{};
    bool finish = false;
  };
  using Results = std::vector<Result<Recognised>>;

  void work();
  Results recognise(const Slice& slice);
  void slice_done(const Results& results);
  void wait_for_more(const RecogniserOptions& options, const Heard& heard);

  ServerState& state_;
  bool waits_for_more_;
  std::deque<Heap> waiting_{};  // of the first one, slices are being worked on
  std::size_t waiting_bytes_ = 0;
  bool is_busy_ = false;
  bool is_stopped_ = false;
  bool owes_final_ = false;  // sound came since the last final
  std::unique_ptr<LoopTimer> idle_{};
  // The pool's, by one task at a time.
  std::unique_ptr<Recogniser> recogniser_{};
  RecogniserOptions recognising_{};
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_EAR_H_
