#include "cli/common_options.h"

namespace tokcast {

void CommonOptions::add_engine_to(CLI::App& parser) {
  parser.add_option("--engine", engine, "Directory of llama.cpp's executables")->type_name("DIR");
}

void CommonOptions::add_machine_to(CLI::App& parser) {
  parser.add_option("--machine", machine, "Another: `probe --save` file, or in words")
      ->type_name("FILE|WORDS");
}

void CommonOptions::add_json_to(CLI::App& parser) {
  parser.add_flag("--json", json, "One JSON document");
}

}  // namespace tokcast
