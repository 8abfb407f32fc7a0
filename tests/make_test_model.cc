// make_test_model FILE [MODEL]: writes a random model that the real engine can serve; for trying the server
// by hand and for serve_load. MODEL is one of the catalogue, whose layers it gets.
#include <cstdio>
#include <fstream>

#include "fetch/test_model_test_util.h"
#include "model/catalogue.h"

int main(int count, char** arguments) {
  const bool is_known = count < 3 || tokcast::find_catalogue_row(arguments[2]);
  if (count < 2 || count > 3 || !is_known) {
    std::fputs(is_known ? "usage: make_test_model FILE [MODEL]\n" : "no such model in the catalogue\n",
               stderr);
    return 2;
  }
  const tokcast::TestFile model = tokcast::servable_model(count == 3 ? arguments[2] : "");
  std::ofstream out(arguments[1], std::ios::binary);
  out << model.bytes(0, model.size);
  return out.flush() ? 0 : 1;
}
