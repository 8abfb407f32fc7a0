#ifndef TOKCAST_SERVE_BASE64_H_
#define TOKCAST_SERVE_BASE64_H_

#include <optional>
#include <string>
#include <string_view>

namespace tokcast {

// base64 to bytes; nullopt if it is not. White space is allowed.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_BASE64_H_
