// Which models a command considers: the flags, and what they come to. For `recommend` and `setup`.
#ifndef TOKCAST_CLI_CONTENDER_OPTIONS_H_
#define TOKCAST_CLI_CONTENDER_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "choose/contenders.h"
#include "choose/use.h"
#include "cli/setting.h"

namespace tokcast {

struct Considered {
  Contenders contenders{};
  std::map<std::string, std::string> names{};  // what to type for models that are files, by their ids
  std::vector<std::string> remarks{};  // for the user: files that cannot be used, folders not looked at
};

struct ContenderFlags {
  std::vector<std::string> models{};  // as typed; empty: the catalogue and what is here
  std::vector<std::string> folders{};
  std::vector<std::string> languages{};
  std::optional<std::string> mix{};
  std::optional<std::string> licence{};
  std::optional<double> most_parameters{};  // thousands of millions
  bool here_only = false;

  // Must live at this address until parsing is done.
  void add_to(CLI::App& parser);

  // The use with the languages asked for.
  Use completed(Use use) const;

  // Reads files and headers. `threads` and `on_gpu` are for the first look. Errors: those of find_model and
  // use_user_catalogue; kNotFound if nothing is left to consider.
  Result<Considered> consider(const Use& use, const Setting& setting, std::uint32_t threads,
                              bool on_gpu) const;
};

// Does the licence have this word in it? "apache" finds "Apache 2.0"; spaces and dashes are the same.
bool licence_matches(std::string_view licence, std::string_view word);

}  // namespace tokcast

#endif  // TOKCAST_CLI_CONTENDER_OPTIONS_H_
