// Something else that runs: a child in a loop, which keeps one processor busy as long as this lives.
#ifndef TOKCAST_BENCH_ACCURACY_HOG_H_
#define TOKCAST_BENCH_ACCURACY_HOG_H_

#include <sys/types.h>

namespace tokcast {

class Hog {
 public:
  Hog();
  Hog(const Hog&) = delete;
  Hog& operator=(const Hog&) = delete;
  ~Hog();

  bool runs() const { return child_ > 0; }

 private:
  pid_t child_ = -1;
};

}  // namespace tokcast

#endif  // TOKCAST_BENCH_ACCURACY_HOG_H_
