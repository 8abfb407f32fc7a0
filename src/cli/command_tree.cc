#include "cli/command_tree.h"

#include <algorithm>

namespace tokcast {
namespace {

// The parser appends what its checks say of themselves: "DIR:DIR".
std::string value_name(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  const std::string name = option.get_type_name();
  return name.substr(0, name.find(':'));
}

Takes takes_of(const std::string& value) {
  if (value.empty()) return Takes::kNothing;
  if (value.starts_with("FILE")) return Takes::kFile;
  return value == "DIR" ? Takes::kDirectory : Takes::kWord;
}

OptionEntry option_entry(const CLI::Option& option) {
  OptionEntry out{
      .value = value_name(option), .description = option.get_description(), .group = option.get_group()};
  for (const std::string& name : option.get_snames()) out.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
  out.takes = takes_of(out.value);
  return out;
}

void add(const CLI::App& parser, const std::string& path, std::vector<CommandEntry>& out) {
  CommandEntry entry{.path = path, .description = parser.get_description(), .notes = parser.get_footer()};
  for (const CLI::Option* option : parser.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional()) {
      entry.arguments.push_back({option->get_name(true), option->get_description(), option->get_required(),
                                 option->get_expected_max() > 1});
    }
    if (option->nonpositional()) entry.options.push_back(option_entry(*option));
  }
  const auto below = parser.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
  for (const CLI::App* one : below) entry.commands.push_back(path + " " + one->get_name());
  out.push_back(std::move(entry));
  for (const CLI::App* one : below) add(*one, path + " " + one->get_name(), out);
}

}  // namespace

std::vector<CommandEntry> command_tree(const CLI::App& root) {
  std::vector<CommandEntry> out;
  add(root, root.get_name(), out);
  return out;
}

const CommandEntry* find_command(const std::vector<CommandEntry>& tree, const std::string& path) {
  const auto found = std::ranges::find(tree, path, &CommandEntry::path);
  return found == tree.end() ? nullptr : &*found;
}

std::string last_word(const std::string& path) {
  return path.substr(path.find_last_of(' ') + 1);
}

}  // namespace tokcast
