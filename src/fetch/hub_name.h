// Names of models that are elsewhere, and what such a name may consist of. All of it is checked here, before
// any of it gets into an address or a path.
//
//   user/repo   user/repo:QUANT                          a repository of the hub
//   hf://user/repo[@revision][/file.gguf][:QUANT]        the same in full
//   hf://user/repo[@revision]/folder/                    all files of a folder
//   https://huggingface.co/user/repo[/resolve|blob/revision/file.gguf]   as browsers show it
//   https://example.org/model.gguf                       any other address
#ifndef TOKCAST_FETCH_HUB_NAME_H_
#define TOKCAST_FETCH_HUB_NAME_H_

#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace tokcast {

struct HubName {
  std::string repository;         // "user/repo"
  std::string revision = "main";  // a branch, a tag or a commit
  std::string file{};             // its path in the repository; empty: to be chosen; "folder/": all below it
  std::string quant{};            // of the file to be chosen; empty: the usual one

  bool is_folder() const { return file.ends_with('/'); }
};

struct PlainUrl {
  std::string url;
  std::string file;  // the last part of its path: a valid file name
};

using RemoteName = std::variant<HubName, PlainUrl>;

// `endpoint` is the hub's address: what begins with it names a repository. Errors: kUsage (says which part is
// wrong).
Result<RemoteName> parse_remote_name(std::string_view name, std::string_view endpoint);

// "user/repo", at most 256 characters, of letters, digits, '-', '_' and '.', with no part that is made of
// dots or begins or ends with one or with '-'.
bool is_repository(std::string_view text);
// A branch, tag or commit: as above, with '/' between parts.
bool is_revision(std::string_view text);
// 40 hex digits: what it names never changes.
bool is_commit(std::string_view text);
// A relative path that stays below where it begins, on every file system: no "..", no empty part, no
// backslash, colon or control character, at most 256 bytes.
bool is_file_path(std::string_view text);
// 64 lower-case hex digits.
bool is_sha256(std::string_view text);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_HUB_NAME_H_
