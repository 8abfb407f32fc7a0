#include "serve/remote_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "serve/access.h"
#include "serve/engine_call.h"

namespace tokcast {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

// Ours begin with it; theirs with whatever their base is.
constexpr std::string_view kOurBase = "/v1";

std::unexpected<Error> bad_url(std::string_view why) {
  return fail(ErrorKind::kUsage, std::string(why), "--remote", "Say it as https://api.example.org/v1.");
}

std::optional<Error> refusal_of(unsigned status) {
  if (status == 401 || status == 403) {
    return Error{ErrorKind::kNetwork, "the remote server refuses our key", "",
                 "Look at --remote-key-file or TOKCAST_REMOTE_KEY."};
  }
  if (status == 429 || status >= 500) {
    return Error{ErrorKind::kNetwork, fmt::format("the remote server answers {}", status)};
  }
  return std::nullopt;
}

}  // namespace

Result<RemoteEngine> read_remote_url(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return bad_url("this is no URL");
  const std::string scheme = lower(url.substr(0, scheme_end));
  if (scheme != "https" && scheme != "http") return bad_url("only http and https are spoken");
  std::string_view rest = url.substr(scheme_end + 3);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  rest.remove_prefix(authority.size());
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const auto is_plain = [](unsigned char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; };
  if (authority.empty() || !std::ranges::all_of(url, is_plain) ||
      url.find_first_of("?#@") != std::string_view::npos) {
    return bad_url("this is no URL of a server, without a key or a query in it");
  }
  RemoteEngine out{
      .has_tls = scheme == "https", .authority = std::string(authority), .base = std::string(rest)};
  const bool is_bracketed = authority.starts_with('[');  // IPv6
  const auto end = is_bracketed ? authority.find(']') : authority.find(':');
  out.host = std::string(is_bracketed ? authority.substr(1, end - 1) : authority.substr(0, end));
  const auto colon = authority.find(':', is_bracketed ? std::min(end, authority.size()) : 0);
  out.port = colon != std::string_view::npos ? std::string(authority.substr(colon + 1))
                                             : (out.has_tls ? "443" : "80");
  const auto port = parse_uint(out.port);
  const bool is_open = is_bracketed && end == std::string_view::npos;
  if (is_open || out.host.empty() || !port || *port == 0 || *port > 65'535)
    return bad_url("this URL's host or port is none");
  if (!out.has_tls && !is_loopback(out.host)) {
    return bad_url("without TLS, whoever listens on the way would learn the key and what is said");
  }
  return out;
}

struct RemoteEngineClient::Impl {
  Impl(Loop& the_loop, const ServeLimits& the_limits, RemoteEngine the_engine)
      : loop(the_loop), limits(the_limits), engine(std::move(the_engine)) {
    limits.engine_connect_time = limits.remote_connect_time;
    ErrorCode ignored;  // without authorities no certificate is good, and every call says so
    std::ignore = context.set_default_verify_paths(ignored);
    context.set_verify_mode(asio::ssl::verify_peer);
  }

  PeerStream new_stream() {
    if (!engine.has_tls) return PeerStream{PeerStream::Socket(loop.context())};
    PeerStream out(PeerStream::Socket(loop.context()), context);
    SSL_set_tlsext_host_name(out.tls().native_handle(), engine.host.c_str());
    out.tls().set_verify_callback(asio::ssl::host_name_verification(engine.host));
    return out;
  }

  // The body is an object of ours, without a model.
  std::string text_of(EngineRequest request) const {
    if (request.path.starts_with(kOurBase)) request.path = engine.base + request.path.substr(kOurBase.size());
    if (request.body.starts_with('{')) {
      const std::string model = Json(engine.model).dump(-1, ' ', true, Json::error_handler_t::replace);
      request.body.insert(1, fmt::format("\"model\":{}{}", model, request.body == "{}" ? "" : ","));
    }
    const std::string key =
        engine.key.empty() ? std::string() : fmt::format("Authorization: Bearer {}\r\n", engine.key);
    return engine_request_text(request, engine.authority, key);
  }

  Loop& loop;
  ServeLimits limits;
  RemoteEngine engine;
  asio::ssl::context context{asio::ssl::context::tls_client};
  tcp::resolver resolver{loop.context()};
};

RemoteEngineClient::RemoteEngineClient(Loop& loop, const ServeLimits& limits, RemoteEngine engine)
    : impl_(std::make_unique<Impl>(loop, limits, std::move(engine))) {}
RemoteEngineClient::~RemoteEngineClient() = default;

std::unique_ptr<EngineCall> RemoteEngineClient::call(EngineRequest request, EngineEvents events) {
  auto call = std::make_shared<StreamCall>(impl_->new_stream(), impl_->limits,
                                           impl_->text_of(std::move(request)), std::move(events), refusal_of);
  call->begin();
  // Asio asks for names on a thread of its own.
  impl_->resolver.async_resolve(
      impl_->engine.host, impl_->engine.port,
      [call](const ErrorCode& error, const tcp::resolver::results_type& found) {
        if (error || found.empty()) {
          return call->fail(
              {ErrorKind::kNetwork, "the remote server's name is not known: " + error.message()});
        }
        std::vector<StreamCall::Endpoint> endpoints;
        for (const auto& one : found) endpoints.emplace_back(one.endpoint());
        call->connect(std::move(endpoints));
      });
  return handle_of(std::move(call));
}

}  // namespace tokcast
