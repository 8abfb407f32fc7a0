// A program with commands of two levels, for the tests of what is made from the command tree.
#ifndef TOKCAST_CLI_SMALL_PROGRAM_TEST_UTIL_H_
#define TOKCAST_CLI_SMALL_PROGRAM_TEST_UTIL_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

namespace tokcast {

// tokcast [promises [show ID], probe [--save FILE] [--root DIR] [--budget SECONDS] [--quick], hidden].
inline std::unique_ptr<CLI::App> small_program() {
  auto root = std::make_unique<CLI::App>("Which model runs here.", "tokcast");
  CLI::App* promises = root->add_subcommand("promises", "Promised against actual");
  promises->add_option_function<std::string>(
              "MODEL", [](const std::string&) {}, "Only of this one")
      ->type_name("");
  CLI::App* show = promises->add_subcommand("show", "One promise");
  show->add_option_function<int>("ID", [](int) {}, "As listed")->required()->type_name("");
  show->footer("Example:\n  tokcast promises show 3 \\ it's");
  CLI::App* probe = root->add_subcommand("probe", "What this machine is; isn't it?");
  probe->add_option_function<std::string>("--save", [](const std::string&) {}, "Write it")->type_name("FILE");
  probe->add_option_function<std::string>(
           "--root", [](const std::string&) {}, "Read below")
      ->type_name("DIR");
  probe->add_option_function<double>(
           "-b,--budget", [](double) {}, "At most")
      ->type_name("SECONDS")
      ->group("The turn");
  probe->add_flag_callback("--quick", [] {}, "Measure for 2 s");
  probe->footer("Examples:\n  tokcast probe --quick\n\n.Takes 5 s.\nReads facts.\n\nMore.");
  root->add_subcommand("hidden", "For its own use")->group("");
  return root;
}

}  // namespace tokcast

#endif  // TOKCAST_CLI_SMALL_PROGRAM_TEST_UTIL_H_
