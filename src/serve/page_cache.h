// A text that takes seconds to make, for everybody who asks within a while: made once, beside the loop.
#ifndef TOKCAST_SERVE_PAGE_CACHE_H_
#define TOKCAST_SERVE_PAGE_CACHE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "serve/loop.h"
#include "serve/worker_pool.h"

namespace tokcast {

class PageCache {
 public:
  using Page = Result<std::shared_ptr<const std::string>>;
  using Ready = std::function<void(const Page&)>;

  // `make` is called on a thread of its own, never twice at once; what it gave is handed out for `age`, a
  // failure for a tenth of it. At most `most` may wait for it. The loop must outlive this.
  PageCache(Loop& loop, std::function<Result<std::string>()> make, Seconds age, std::size_t most);

  // On the loop's thread. `ready` is called there, at once or later. False: too many wait already.
  bool get(Ready ready);

 private:
  bool is_fresh() const;
  void made(Result<std::string> text);

  Loop& loop_;
  std::function<Result<std::string>()> make_;
  Seconds age_;
  std::size_t most_;
  std::optional<Page> page_{};
  Seconds made_at_{};
  std::vector<Ready> waiting_{};  // empty: nothing is being made
  WorkerPool pool_{1, 1};         // last, so that its thread ends first
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_PAGE_CACHE_H_
