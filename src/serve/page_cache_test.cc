#include "serve/page_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>

namespace tokcast {
namespace {

class PageCacheTest : public testing::Test {
 protected:
  Result<std::string> make() {
    const int number = ++made_;
    if (fails_) return fail(ErrorKind::kIo, "no paper");
    return "page " + std::to_string(number);
  }
  PageCache::Ready noting() {
    return [this](const PageCache::Page& page) {
      told_ += page ? **page + ";" : page.error().message + ";";
      if (--awaited_ == 0) loop_.stop();
    };
  }
  // Runs the loop until so many were told.
  void run(int awaited) {
    awaited_ += awaited;
    if (awaited_ <= 0) return;
    const auto stop = loop_.after(Seconds(30), [this] { loop_.stop(); });
    loop_.run();
  }

  Loop loop_{};
  std::atomic<int> made_ = 0;
  std::atomic<bool> fails_ = false;
  int awaited_ = 0;
  std::string told_{};
};

TEST_F(PageCacheTest, MakesItOnceForAllWhoAskMeanwhileAndForAWhile) {
  PageCache cache(loop_, [this] { return make(); }, Seconds(1000), 8);
  EXPECT_TRUE(cache.get(noting()));
  EXPECT_TRUE(cache.get(noting()));
  run(2);
  EXPECT_TRUE(cache.get(noting()));
  EXPECT_EQ(told_, "page 1;page 1;page 1;");
  EXPECT_EQ(made_, 1);
}

TEST_F(PageCacheTest, MakesItAnewOnceItIsOld) {
  PageCache cache(loop_, [this] { return make(); }, Seconds(0), 8);
  cache.get(noting());
  run(1);
  cache.get(noting());
  run(1);
  EXPECT_EQ(told_, "page 1;page 2;");
}

TEST_F(PageCacheTest, TellsAFailureToAllAndTriesAgainLater) {
  PageCache cache(loop_, [this] { return make(); }, Seconds(0), 8);
  fails_ = true;
  cache.get(noting());
  cache.get(noting());
  run(2);
  fails_ = false;
  cache.get(noting());
  run(1);
  EXPECT_EQ(told_, "no paper;no paper;page 2;");
}

TEST_F(PageCacheTest, LetsOnlySoManyWait) {
  PageCache cache(loop_, [this] { return make(); }, Seconds(1000), 2);
  EXPECT_TRUE(cache.get(noting()));
  EXPECT_TRUE(cache.get(noting()));
  EXPECT_FALSE(cache.get(noting()));
  run(2);
  EXPECT_EQ(told_, "page 1;page 1;");
}

}  // namespace
}  // namespace tokcast
