// The helper process of the tests, as `tokcast` is for users: asks the named library and prints its answer.
#include <cstdio>

#include "machine/gpu.h"

int main(int count, char** arguments) {
  if (count != 2) return 2;
  std::puts(tokcast::gpu_library_answer(arguments[1]).c_str());
  return 0;
}
