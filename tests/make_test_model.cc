// make_test_model FILE: writes the small random model that the real engine can serve; for trying the server
// by hand and for bench/serve_load.
#include <cstdio>
#include <fstream>

#include "fetch/test_model_test_util.h"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: make_test_model FILE\n");
    return 2;
  }
  const tokcast::TestFile model = tokcast::servable_model();
  std::ofstream out(arguments[1], std::ios::binary);
  out << model.bytes(0, model.size);
  return out.flush() ? 0 : 1;
}
