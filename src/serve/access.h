// Who may talk to the server: where it listens, which Host and Origin it is asked under, and the token.
#ifndef TOKCAST_SERVE_ACCESS_H_
#define TOKCAST_SERVE_ACCESS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "serve/http.h"

namespace tokcast {

struct AccessRules {
  std::optional<std::string> token{};
  // Names, without port, under which the server may be asked, beside localhost and IP addresses: a web page
  // whose name was made to lead here (DNS rebinding) asks under its own name.
  std::vector<std::string> hosts{};
  // Whole origins ("https://example.org") of web pages that may ask, beside pages of this host itself.
  std::vector<std::string> origins{};
};

bool is_loopback(std::string_view address);

// Where other machines can reach it, it needs a token and TLS, unless the user says that it shall do without.
// Errors: kUsage.
Result<void> check_bind(std::string_view address, const AccessRules& rules, bool has_tls, bool insecure);

// In time that does not tell how much of it was right.
bool same_secret(std::string_view given, std::string_view wanted);

// "Bearer <token>"; nullopt if it is anything else.
std::optional<std::string_view> bearer_token(std::string_view authorization);

// "Basic <name:password in base64>": the password; nullopt if it is anything else.
std::optional<std::string> basic_password(std::string_view authorization);

enum class Access { kAllowed, kBadHost, kBadOrigin, kNoToken };

// How a token may be said.
enum class TokenWay {
  kBearer,
  kBearerOrBasic,  // also as the password that a browser asks its user for; the name does not matter
  kNowOrLater      // a WebSocket may also say it in its first message
};

Access check_access(const WebRequest& head, const AccessRules& rules, TokenWay way);

// Whether nobody else may read this file; one that is not there is no secret. Errors: kUsage.
Result<void> check_private(const std::string& path);

// The first line of a file that nobody else may read. Errors: kNotFound, kIo, kBadInput (empty), kUsage
// (mode).
Result<std::string> read_token_file(const std::string& path);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_ACCESS_H_
