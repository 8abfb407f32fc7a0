// `tokcast completion` and `tokcast man`: what the commands say of themselves, for shells and for man.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/command_tree.h"
#include "cli/completion.h"
#include "cli/manual.h"
#include "cli/output.h"

namespace tokcast {
namespace {

struct ManOptions {
  std::vector<std::string> command{};
  std::string directory{};
};

std::string completion_for(const std::string& shell, const std::vector<CommandEntry>& tree) {
  if (shell == "bash") return bash_completion(tree);
  return shell == "zsh" ? zsh_completion(tree) : fish_completion(tree);
}

Result<ExitCode> write_all(const std::vector<CommandEntry>& tree, const std::string& directory) {
  for (const CommandEntry& entry : tree) {
    const std::string file = fmt::format("{}/{}.1", directory, manual_name(entry.path));
    if (auto written = write_file(file, manual_page(entry, tree, TOKCAST_VERSION)); !written)
      return std::unexpected(written.error());
  }
  return ExitCode::kDone;
}

Result<ExitCode> print_one(const std::vector<CommandEntry>& tree, const std::vector<std::string>& words) {
  std::string path = tree.front().path;
  for (const std::string& word : words) path += " " + word;
  const CommandEntry* entry = find_command(tree, path);
  if (entry == nullptr) {
    return fail(ErrorKind::kUsage, fmt::format("there is no command `{}`", printable(path)), "tokcast man",
                "`tokcast --help` lists them.");
  }
  print_text(manual_page(*entry, tree, TOKCAST_VERSION));
  return ExitCode::kDone;
}

}  // namespace

Command add_completion(CLI::App& root) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* parser = root.add_subcommand("completion", "A script that completes commands and options");
  parser->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("");
  parser->footer(R"(Examples:
  source <(tokcast completion bash)        for this shell
  tokcast completion bash >~/.local/share/bash-completion/completions/tokcast
  tokcast completion zsh >~/.zfunc/_tokcast        a folder of $fpath
  tokcast completion fish >~/.config/fish/completions/tokcast.fish)");
  return {parser, [shell, &root]() -> Result<ExitCode> {
            print_text(completion_for(*shell, command_tree(root)));
            return ExitCode::kDone;
          }};
}

Command add_man(CLI::App& root) {
  const auto options = std::make_shared<ManOptions>();
  CLI::App* parser = root.add_subcommand("man", "The manual page of a command");
  parser->add_option("COMMAND", options->command, "Of this one: forecast, promises show ...")->type_name("");
  parser->add_option("--directory", options->directory, "Write the pages of all commands into DIR")
      ->type_name("DIR");
  parser->footer(R"(Examples:
  tokcast man forecast | man -l -
  tokcast man --directory ~/.local/share/man/man1)");
  return {parser, [options, &root]() -> Result<ExitCode> {
            const auto tree = command_tree(root);
            return options->directory.empty() ? print_one(tree, options->command)
                                              : write_all(tree, options->directory);
          }};
}

}  // namespace tokcast
