#include "fetch/hub_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr std::size_t kMostCharacters = 256;
constexpr std::string_view kPublicHub = "https://huggingface.co";
constexpr auto kForms = "Give user/repo[:QUANT], hf://user/repo[@revision][/file.gguf] or an address.";

bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

// One part of a repository's or a revision's name.
bool is_word(std::string_view text) {
  const auto bad_edge = [](char c) { return c == '.' || c == '-'; };
  return !text.empty() && std::ranges::all_of(text, is_word_character) && !bad_edge(text.front()) &&
         !bad_edge(text.back()) && text.find("..") == std::string_view::npos;
}

bool is_hex(std::string_view text, std::size_t length) {
  const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == length && std::ranges::all_of(text, digit);
}

bool is_quant(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, is_word_character);
}

std::optional<char> hex_pair(std::string_view digits) {
  if (digits.size() != 2) return std::nullopt;
  int value = 0;
  for (const char c : digits) {
    const auto lower_case = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!is_hex({&lower_case, 1}, 1)) return std::nullopt;
    value = value * 16 + (lower_case <= '9' ? lower_case - '0' : lower_case - 'a' + 10);
  }
  return static_cast<char>(value);
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto decoded = text[i] == '%' ? hex_pair(text.substr(i + 1, 2)) : std::nullopt;
    out.push_back(decoded.value_or(text[i]));
    if (decoded) i += 2;
  }
  return out;
}

std::unexpected<Error> bad_name(std::string message, std::string_view name) {
  return fail(ErrorKind::kUsage, std::move(message), printable(name.substr(0, kMostCharacters)), kForms);
}

Result<RemoteName> checked(HubName hub, std::string_view name) {
  if (!is_repository(hub.repository)) return bad_name("this is no name of a repository", name);
  if (!is_revision(hub.revision)) return bad_name("this is no name of a revision", name);
  const auto path = std::string_view(hub.file).substr(0, hub.file.size() - (hub.is_folder() ? 1 : 0));
  if (!hub.file.empty() && !is_file_path(path)) return bad_name("this is no name of a file", name);
  if (!hub.quant.empty() && !is_quant(hub.quant)) return bad_name("this is no name of a quantisation", name);
  return hub;
}

// What stands before and after the first `mark`; all and nothing without one.
std::pair<std::string_view, std::string_view> cut(std::string_view text, char mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

// user/repo[@revision][/file][:QUANT]
Result<RemoteName> parse_hub(std::string_view text, std::string_view name) {
  HubName hub;
  const auto slash = text.find('/');
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos && slash != std::string_view::npos && colon > slash) {
    if (colon + 1 == text.size()) return bad_name("there is no quantisation after the colon", name);
    hub.quant = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  const auto [user, rest] = cut(text, '/');
  const auto [repository, file] = cut(rest, '/');
  const auto [bare, revision] = cut(repository, '@');
  hub.repository = std::string(user) + "/" + std::string(bare);
  if (repository.find('@') != std::string_view::npos) hub.revision = percent_decoded(revision);
  hub.file = file;
  return checked(std::move(hub), name);
}

// user/repo[/tree/revision] or user/repo/resolve/revision/file, as in an address.
Result<RemoteName> parse_hub_address(std::string_view path, std::string_view name) {
  path = path.substr(0, path.find_first_of("?#"));
  while (path.ends_with('/')) path.remove_suffix(1);
  HubName hub;
  const auto [user, rest] = cut(path, '/');
  const auto [repository, action_on] = cut(rest, '/');
  const auto [action, where] = cut(action_on, '/');
  const auto [revision, file] = cut(where, '/');
  hub.repository = std::string(user) + "/" + std::string(repository);
  constexpr std::array<std::string_view, 5> kActions{"", "tree", "resolve", "blob", "raw"};
  if (std::ranges::find(kActions, action) == kActions.end())
    return bad_name("this page of the hub is no file", name);
  if (!action.empty()) hub.revision = percent_decoded(revision);
  hub.file = percent_decoded(file);
  if (action == "tree" && !hub.file.empty()) hub.file += '/';
  return checked(std::move(hub), name);
}

Result<RemoteName> parse_address(std::string_view url, std::string_view name) {
  const std::string scheme = lower(url.substr(0, url.find("://")));
  if (scheme != "http" && scheme != "https")
    return bad_name("only http and https addresses can be read", name);
  std::string_view rest = url.substr(scheme.size() + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const auto [host, path] = cut(rest, '/');
  if (host.empty() || host.find('@') != std::string_view::npos) {
    return bad_name("an address needs a host, and must not hold a password", name);
  }
  const bool plain = std::ranges::all_of(url, [](char c) { return c > ' ' && c < 0x7F; });
  PlainUrl out{std::string(url), percent_decoded(path.substr(path.rfind('/') + 1))};
  if (!plain || !is_file_path(out.file)) return bad_name("this address does not end in a file's name", name);
  return out;
}

// What follows `endpoint` and a '/' in `name`.
std::optional<std::string_view> below(std::string_view name, std::string_view endpoint) {
  if (endpoint.empty() || !name.starts_with(endpoint)) return std::nullopt;
  name.remove_prefix(endpoint.size());
  if (!name.starts_with('/')) return std::nullopt;
  return name.substr(1);
}

}  // namespace

bool is_repository(std::string_view text) {
  const auto [user, name] = cut(text, '/');
  // "--" stands between user and name in the names of caches.
  return text.size() <= kMostCharacters && is_word(user) && is_word(name) &&
         text.find("--") == std::string_view::npos;
}

bool is_revision(std::string_view text) {
  return text.size() <= kMostCharacters && std::ranges::all_of(split(text, '/'), is_word);
}

bool is_commit(std::string_view text) {
  return is_hex(text, 40);
}

bool is_file_path(std::string_view text) {
  if (text.size() > kMostCharacters || printable(text) != text) return false;
  if (text.find_first_of("\\:*?\"<>|") != std::string_view::npos) return false;
  return std::ranges::all_of(split(text, '/'), [](std::string_view part) {
    return !part.empty() && part != "." && part != ".." && !part.ends_with(' ') && !part.ends_with('.');
  });
}

bool is_sha256(std::string_view text) {
  return is_hex(text, 64);
}

Result<RemoteName> parse_remote_name(std::string_view name, std::string_view endpoint) {
  constexpr std::string_view kScheme = "hf://";
  if (name.starts_with(kScheme)) return parse_hub(name.substr(kScheme.size()), name);
  for (const std::string_view hub : {endpoint, kPublicHub}) {
    if (const auto path = below(name, hub)) return parse_hub_address(*path, name);
  }
  if (name.find("://") != std::string_view::npos) return parse_address(name, name);
  return parse_hub(name, name);
}

}  // namespace tokcast
