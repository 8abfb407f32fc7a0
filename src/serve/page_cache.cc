#include "serve/page_cache.h"

#include <utility>

namespace tokcast {

PageCache::PageCache(Loop& loop, std::function<Result<std::string>()> make, Seconds age, std::size_t most)
    : loop_(loop), make_(std::move(make)), age_(age), most_(most) {}

bool PageCache::is_fresh() const {
  if (!page_) return false;
  return Loop::now() - made_at_ < (*page_ ? age_ : age_ * 0.1);
}

bool PageCache::get(Ready ready) {
  if (waiting_.empty() && is_fresh()) {
    ready(*page_);
    return true;
  }
  if (waiting_.size() >= most_) return false;
  waiting_.push_back(std::move(ready));
  if (waiting_.size() > 1) return true;
  pool_.run([this] {
    auto text = std::make_shared<Result<std::string>>(make_());
    loop_.post([this, text] { made(std::move(*text)); });
  });
  return true;
}

void PageCache::made(Result<std::string> text) {
  made_at_ = Loop::now();
  page_ = text ? Page(std::make_shared<const std::string>(std::move(*text)))
               : Page(std::unexpected(std::move(text.error())));
  // Whoever is told may ask again.
  const Page page = *page_;
  for (const Ready& ready : std::exchange(waiting_, {})) ready(page);
}

}  // namespace tokcast
