#include "bench/accuracy_hog.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tokcast {

Hog::Hog() : child_(fork()) {
  if (child_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // also if this program is killed
  volatile unsigned turns = 0;
  for (;;) turns = turns + 1;
}

Hog::~Hog() {
  if (child_ <= 0) return;
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
}

}  // namespace tokcast
