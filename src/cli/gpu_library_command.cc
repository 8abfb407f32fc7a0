// `tokcast gpu-library NAME`, not shown in the help: asks one graphics driver's library, in this process,
// which the probe may kill when the driver hangs.
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/output.h"
#include "machine/gpu.h"

namespace tokcast {

Command add_gpu_library(CLI::App& root) {
  const auto library = std::make_shared<std::string>();
  CLI::App* parser =
      root.add_subcommand("gpu-library", "For tokcast's own use: ask a graphics driver")->group("");
  parser->add_option("NAME", *library, "Of the library")->required()->type_name("");
  return {parser, [library]() -> Result<ExitCode> {
            print_text(gpu_library_answer(*library) + "\n");
            return ExitCode::kDone;
          }};
}

}  // namespace tokcast
