// The commands as data: what manuals and completions are made of, read from the one parser.
#ifndef TOKCAST_CLI_COMMAND_TREE_H_
#define TOKCAST_CLI_COMMAND_TREE_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tokcast {

enum class Takes { kNothing, kFile, kDirectory, kWord };  // the value after an option

struct OptionEntry {
  std::vector<std::string> names{};  // "-h", "--help"; the long ones last
  std::string value{};               // "SECONDS"; empty for a flag
  std::string description{};
  std::string group{};  // "Options", "The turn"
  Takes takes = Takes::kNothing;
};

struct ArgumentEntry {
  std::string name{};  // "MODEL"
  std::string description{};
  bool required = false;
  bool repeats = false;
};

struct CommandEntry {
  std::string path{};  // "tokcast promises show"
  std::string description{};
  std::string notes{};  // what stands below the options in --help: examples and text
  std::vector<OptionEntry> options{};
  std::vector<ArgumentEntry> arguments{};
  std::vector<std::string> commands{};  // paths of those below
};

// All commands that --help lists, each before those below it; the program itself is the first. Views of the
// same parser give the same entries.
std::vector<CommandEntry> command_tree(const CLI::App& root);

// The entry of that path; nullptr if there is none.
const CommandEntry* find_command(const std::vector<CommandEntry>& tree, const std::string& path);

// "show" of "tokcast promises show".
std::string last_word(const std::string& path);

}  // namespace tokcast

#endif  // TOKCAST_CLI_COMMAND_TREE_H_
