#include "cli/manual.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace tokcast {
namespace {

// roff: a backslash begins an escape, a dot or a quote at the start of a line a request, and a bare dash is a
// hyphen.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool starts_line = out.empty() || out.back() == '\n';
    if (starts_line && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string synopsis(const CommandEntry& entry) {
  std::string out = fmt::format(".B {}\n", roff(entry.path));
  if (!entry.commands.empty())
    out += entry.path.find(' ') == std::string::npos ? "[\\fICOMMAND\\fR]\n" : "\\fICOMMAND\\fR|\n";
  if (!entry.options.empty()) out += "[\\fIOPTION\\fR]...\n";
  for (const ArgumentEntry& argument : entry.arguments) {
    const std::string name = fmt::format("\\fI{}\\fR", roff(argument.name));
    out += fmt::format("{}{}\n", argument.required ? name : "[" + name + "]", argument.repeats ? "..." : "");
  }
  return out;
}

std::string option_text(const OptionEntry& option) {
  std::string names;
  for (const std::string& name : option.names)
    names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", roff(name));
  if (!option.value.empty()) names += fmt::format(" \\fI{}\\fR", roff(option.value));
  return fmt::format(".TP\n{}\n{}\n", names, roff(option.description));
}

// By groups, in the order of the first option of each.
std::string options_text(const CommandEntry& entry) {
  std::vector<std::string> groups;
  for (const OptionEntry& option : entry.options) {
    if (std::ranges::find(groups, option.group) == groups.end()) groups.push_back(option.group);
  }
  std::string out;
  for (const std::string& group : groups) {
    out += group == "Options" ? ".SH OPTIONS\n" : fmt::format(".SS {}\n", roff(group));
    for (const OptionEntry& option : entry.options) {
      if (option.group == group) out += option_text(option);
    }
  }
  return out;
}

std::string commands_text(const CommandEntry& entry, const std::vector<CommandEntry>& tree) {
  if (entry.commands.empty()) return "";
  std::string out = ".SH COMMANDS\n";
  for (const std::string& path : entry.commands)
    out += fmt::format(".TP\n.BR {} (1)\n{}\n", roff(manual_name(path)),
                       roff(find_command(tree, path)->description));
  return out;
}

std::string arguments_text(const CommandEntry& entry) {
  if (entry.arguments.empty()) return "";
  std::string out = ".SH ARGUMENTS\n";
  for (const ArgumentEntry& one : entry.arguments)
    out += fmt::format(".TP\n.I {}\n{}\n", roff(one.name), roff(one.description));
  return out;
}

// Paragraphs of --help's last part; those under "Example:" or "Examples:", and indented ones, are shown as
// they are.
std::string notes_text(const std::string& notes) {
  std::string examples;
  std::string text;
  bool verbatim = false;
  for (const std::string_view line : split(notes, '\n')) {
    if (line == "Example:" || line == "Examples:") {
      verbatim = true;
      continue;
    }
    if (!line.empty()) verbatim = line.starts_with(' ');
    std::string& into = verbatim ? examples : text;
    into += line.empty() ? (into.empty() || into.ends_with(".PP\n") || verbatim ? "" : ".PP\n")
                         : roff(line) + "\n";
  }
  while (text.ends_with(".PP\n")) text.resize(text.size() - 4);
  std::string out;
  if (!text.empty()) out += ".SH NOTES\n" + text;
  if (!examples.empty()) out += ".SH EXAMPLES\n.EX\n" + examples + ".EE\n";
  return out;
}

std::string see_also(const CommandEntry& entry) {
  const std::size_t space = entry.path.find_last_of(' ');
  if (space == std::string::npos) return "";
  return fmt::format(".SH SEE ALSO\n.BR {} (1)\n", roff(manual_name(entry.path.substr(0, space))));
}

}  // namespace

std::string manual_name(const std::string& path) {
  std::string out = path;
  std::ranges::replace(out, ' ', '-');
  return out;
}

std::string manual_page(const CommandEntry& entry, const std::vector<CommandEntry>& tree,
                        std::string_view version) {
  const std::string name = manual_name(entry.path);
  std::string out =
      fmt::format(".TH {} 1 \"\" \"tokcast {}\" \"User Commands\"\n", roff(upper(name)), roff(version));
  out += fmt::format(".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n{}", roff(name), roff(entry.description),
                     synopsis(entry));
  out += commands_text(entry, tree) + arguments_text(entry) + options_text(entry) + notes_text(entry.notes) +
         see_also(entry);
  return out;
}

}  // namespace tokcast
