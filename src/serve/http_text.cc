#include "serve/http_text.h"

#include <fmt/format.h>

#include <boost/beast/http/status.hpp>
#include <optional>

#include "base/text.h"

namespace tokcast {
namespace {

namespace http = boost::beast::http;

std::optional<Seconds> positive_seconds_of(std::string_view text) {
  const auto number = parse_double(text);
  return number && *number > 0 && *number < 1e6 ? std::optional(Seconds(*number)) : std::nullopt;
}

}  // namespace

std::string text_of(boost::beast::string_view view) {
  return {view.data(), view.size()};
}

WebRequest head_of(const RequestParser& parser, const std::string& peer) {
  const auto& in = parser.get();
  WebRequest out;
  out.method = text_of(in.method_string());
  out.target = text_of(in.target());
  out.path = out.target.substr(0, out.target.find('?'));
  out.host = text_of(in[http::field::host]);
  if (in.count(http::field::origin) > 0) out.origin = text_of(in[http::field::origin]);
  out.authorization = text_of(in[http::field::authorization]);
  out.content_type = text_of(in[http::field::content_type]);
  out.deadline = positive_seconds_of(text_of(in["X-Tokcast-Deadline-Seconds"]));
  out.peer = peer;
  return out;
}

std::string head_text(const WebAnswer& answer, bool chunked, bool keep_alive) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\n", answer.status,
                                text_of(http::obsolete_reason(static_cast<http::status>(answer.status))),
                                answer.content_type);
  for (const auto& [name, value] : answer.headers) out += fmt::format("{}: {}\r\n", name, value);
  out += chunked ? "Transfer-Encoding: chunked\r\n"
                 : fmt::format("Content-Length: {}\r\n", answer.text().size());
  out += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
  return out;
}

std::string chunk_text(std::string_view part) {
  return fmt::format("{:x}\r\n{}\r\n", part.size(), part);
}

bool asks_for_web_socket(const RequestParser& parser) {
  return equals_ignoring_case(trim(text_of(parser.get()[http::field::upgrade])), "websocket");
}

}  // namespace tokcast
