#include <string>
#include <vector>

#include "base/interrupt.h"
#include "cli/application.h"

int main(int argc, char** argv) {
  tokcast::install_interrupt_handlers();
  return tokcast::run_application({argv + 1, argv + argc});
}
