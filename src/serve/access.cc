#include "serve/access.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "serve/base64.h"

namespace tokcast {
namespace {

// "[::1]:80" -> "::1", "name:80" -> "name".
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    return end == std::string_view::npos ? std::string_view() : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

bool is_address(std::string_view text) {
  in6_addr ignored{};
  const std::string copy(text);
  return inet_pton(AF_INET, copy.c_str(), &ignored) == 1 || inet_pton(AF_INET6, copy.c_str(), &ignored) == 1;
}

bool is_own_host(std::string_view host, const AccessRules& rules) {
  const std::string name = lower(without_port(host));
  if (name == "localhost" || name.ends_with(".localhost") || is_address(name)) return true;
  return std::ranges::any_of(rules.hosts, [&](const std::string& known) { return lower(known) == name; });
}

bool is_own_origin(std::string_view origin, const WebRequest& head, const AccessRules& rules) {
  if (std::ranges::find(rules.origins, origin) != rules.origins.end()) return true;
  const auto scheme_end = origin.find("://");
  return scheme_end != std::string_view::npos && !head.host.empty() &&
         equals_ignoring_case(origin.substr(scheme_end + 3), head.host);
}

std::optional<std::string_view> after_scheme(std::string_view authorization, std::string_view scheme) {
  if (authorization.size() <= scheme.size()) return std::nullopt;
  if (!equals_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
  return trim(authorization.substr(scheme.size()));
}

}  // namespace

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

Result<void> check_bind(std::string_view address, const AccessRules& rules, bool has_tls, bool insecure) {
  if (is_loopback(address) || insecure || (rules.token && has_tls)) return {};
  const std::string reachable = fmt::format("{} can be reached from other machines", printable(address));
  if (!rules.token) {
    return fail(ErrorKind::kUsage, reachable + ", and anybody there could ask", "--host",
                "Give a token with --token-file or TOKCAST_TOKEN, or say --insecure.");
  }
  return fail(ErrorKind::kUsage, reachable + ", and who listens on the way would learn the token", "--host",
              "Give --tls-certificate and --tls-key, or say --insecure.");
}

bool same_secret(std::string_view given, std::string_view wanted) {
  unsigned difference = given.size() == wanted.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = wanted.empty() ? '\0' : wanted[i % wanted.size()];
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0 && !wanted.empty();
}

std::optional<std::string_view> bearer_token(std::string_view authorization) {
  return after_scheme(authorization, "bearer ");
}

std::optional<std::string> basic_password(std::string_view authorization) {
  const auto encoded = after_scheme(authorization, "basic ");
  const auto pair = encoded ? decode_base64(*encoded) : std::nullopt;
  const auto colon = pair ? pair->find(':') : std::string::npos;
  return colon == std::string::npos ? std::nullopt : std::optional(pair->substr(colon + 1));
}

Access check_access(const WebRequest& head, const AccessRules& rules, TokenWay way) {
  if (!head.host.empty() && !is_own_host(head.host, rules)) return Access::kBadHost;
  if (head.origin && !is_own_origin(*head.origin, head, rules)) return Access::kBadOrigin;
  if (!rules.token) return Access::kAllowed;
  std::optional<std::string> given;
  if (const auto bearer = bearer_token(head.authorization)) given = *bearer;
  if (!given && way == TokenWay::kBearerOrBasic) given = basic_password(head.authorization);
  if (!given) return way == TokenWay::kNowOrLater ? Access::kAllowed : Access::kNoToken;
  return same_secret(*given, *rules.token) ? Access::kAllowed : Access::kNoToken;
}

Result<void> check_private(const std::string& path) {
  struct stat about{};
  if (stat(path.c_str(), &about) != 0 || (about.st_mode & 077) == 0) return {};
  return fail(ErrorKind::kUsage, "others may read this secret", path,
              fmt::format("Run `chmod 600 {}`.", path));
}

Result<std::string> read_token_file(const std::string& path) {
  if (auto hidden = check_private(path); !hidden) return std::unexpected(hidden.error());
  auto text = read_file(path, Bytes(4096));
  if (!text) return std::unexpected(text.error());
  const std::string token(trim(text->substr(0, text->find('\n'))));
  if (token.empty()) return fail(ErrorKind::kBadInput, "the first line of this file is empty", path);
  return token;
}

}  // namespace tokcast
