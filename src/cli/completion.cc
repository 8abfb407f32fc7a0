// All three scripts do the same: walk the words typed so far down the tree to the command they name, then
// offer what that one takes. Which command they name is a list of paths; the rest is one entry for each path.
#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tokcast {
namespace {

// In single quotes, for bash and zsh: a quote inside ends them, stands by itself, and opens them again.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// fish knows two escapes inside of single quotes.
std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += (c == '\'' || c == '\\' ? std::string("\\") : std::string()) + c;
  return out + "'";
}

// 'tokcast bench'|'tokcast promises show' of all commands below the first.
std::string paths_below(const std::vector<CommandEntry>& tree) {
  std::string out;
  for (std::size_t i = 1; i < tree.size(); ++i) out += (i == 1 ? "" : "|") + quoted(tree[i].path);
  return out;
}

// "'tokcast pull --models-dir'|..." of all options that take such a value; empty if none does.
std::string options_that_take(const std::vector<CommandEntry>& tree, Takes wanted) {
  std::string out;
  for (const CommandEntry& entry : tree) {
    for (const OptionEntry& option : entry.options) {
      if (option.takes != wanted) continue;
      for (const std::string& name : option.names)
        out += (out.empty() ? "" : "|") + quoted(entry.path + " " + name);
    }
  }
  return out;
}

// A pattern must not be empty.
std::string or_nothing(const std::string& pattern) {
  return pattern.empty() ? "''" : pattern;
}

std::string words_of(const CommandEntry& entry) {
  std::vector<std::string> out;
  for (const std::string& path : entry.commands) out.push_back(last_word(path));
  for (const OptionEntry& option : entry.options)
    out.insert(out.end(), option.names.begin(), option.names.end());
  return fmt::format("{}", fmt::join(out, " "));
}

// "name:description": a colon in the name would have to be escaped, and no name has one.
std::string described(const std::string& name, const std::string& description) {
  return quoted(name + ":" + description);
}

std::string zsh_commands(const CommandEntry& entry, const std::vector<CommandEntry>& tree) {
  std::vector<std::string> out;
  for (const std::string& path : entry.commands)
    out.push_back(described(last_word(path), find_command(tree, path)->description));
  return fmt::format("{}", fmt::join(out, " "));
}

std::string zsh_options(const CommandEntry& entry) {
  std::vector<std::string> out;
  for (const OptionEntry& option : entry.options) {
    for (const std::string& name : option.names) out.push_back(described(name, option.description));
  }
  return fmt::format("{}", fmt::join(out, " "));
}

std::string fish_option(const OptionEntry& option) {
  std::string out;
  for (const std::string& name : option.names)
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (option.takes == Takes::kWord) out += " -x";
  if (option.takes == Takes::kFile) out += " -rF";
  if (option.takes == Takes::kDirectory) out += " -x -a '(__fish_complete_directories)'";
  return out + " -d " + fish_quoted(option.description);
}

std::string fish_entry(const CommandEntry& entry, const std::vector<CommandEntry>& tree) {
  const std::string begin =
      "complete -c tokcast -n " + fish_quoted("test (__tokcast_command) = '" + entry.path + "'");
  std::string out;
  for (const std::string& path : entry.commands) {
    out += fmt::format("{} -f -a {} -d {}\n", begin, fish_quoted(last_word(path)),
                       fish_quoted(find_command(tree, path)->description));
  }
  for (const OptionEntry& option : entry.options) out += begin + fish_option(option) + "\n";
  return out;
}

}  // namespace

std::string bash_completion(const std::vector<CommandEntry>& tree) {
  std::string words;
  for (const CommandEntry& entry : tree)
    words += fmt::format("    {}) words={} ;;\n", quoted(entry.path), quoted(words_of(entry)));
  return fmt::format(R"(# bash completion of tokcast, made by `tokcast completion bash`.
_tokcast() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} command=tokcast words= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case "$command ${{COMP_WORDS[i]}}" in
      {}) command+=" ${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$command ${{COMP_WORDS[COMP_CWORD - 1]}}" in
    {}) return ;;
    {})
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      return
      ;;
    {})
      compopt +o default
      return
      ;;
  esac
  case $command in
{}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}}
complete -o default -F _tokcast tokcast
)",
                     paths_below(tree), or_nothing(options_that_take(tree, Takes::kFile)),
                     or_nothing(options_that_take(tree, Takes::kDirectory)),
                     or_nothing(options_that_take(tree, Takes::kWord)), words);
}

std::string zsh_completion(const std::vector<CommandEntry>& tree) {
  std::string entries;
  for (const CommandEntry& entry : tree) {
    entries += fmt::format("    ({})\n      commands=({})\n      options=({})\n      ;;\n",
                           quoted(entry.path), zsh_commands(entry, tree), zsh_options(entry));
  }
  return fmt::format(R"(#compdef tokcast
# zsh completion of tokcast, made by `tokcast completion zsh`.
_tokcast() {{
  local command=tokcast i
  local -a commands options
  for ((i = 2; i < CURRENT; ++i)); do
    case "$command $words[i]" in
      ({}) command+=" $words[i]" ;;
    esac
  done
  case "$command $words[CURRENT-1]" in
    ({}) _files && return ;;
    ({}) _files -/ && return ;;
    ({}) _message 'value' && return ;;
  esac
  case $command in
{}  esac
  if [[ $words[CURRENT] == -* ]]; then
    _describe -o 'option' options
  else
    _describe 'command' commands
    _files
  fi
}}
# Loaded by compinit it is the function's body; sourced it only says who completes tokcast.
if [[ $funcstack[1] == _tokcast ]]; then
  _tokcast "$@"
else
  compdef _tokcast tokcast
fi
)",
                     paths_below(tree), or_nothing(options_that_take(tree, Takes::kFile)),
                     or_nothing(options_that_take(tree, Takes::kDirectory)),
                     or_nothing(options_that_take(tree, Takes::kWord)), entries);
}

std::string fish_completion(const std::vector<CommandEntry>& tree) {
  std::string paths;
  std::string entries;
  for (const CommandEntry& entry : tree) {
    if (&entry != tree.data()) paths += " " + fish_quoted(entry.path);
    entries += fish_entry(entry, tree);
  }
  return fmt::format(R"(# fish completion of tokcast, made by `tokcast completion fish`.
function __tokcast_command
    set -l command tokcast
    for word in (commandline -opc)[2..]
        contains -- "$command $word"{}
        and set command "$command $word"
    end
    echo $command
end
{})",
                     paths, entries);
}

}  // namespace tokcast
