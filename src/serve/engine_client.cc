#include "serve/engine_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <utility>

#include "serve/engine_call.h"

namespace tokcast {

std::unique_ptr<EngineCall> UnixEngineClient::call(EngineRequest request, EngineEvents events) {
  PeerStream stream{PeerStream::Socket(loop_.context())};
  auto call = std::make_shared<StreamCall>(std::move(stream), limits_,
                                           engine_request_text(request, "engine", ""), std::move(events));
  if (socket_path_.empty()) {
    loop_.post([call] { call->fail({ErrorKind::kNetwork, "the engine does not run"}); });
  } else {
    call->begin();
    // A path that is too long makes a bad endpoint by exception; our runtime folder never is.
    call->connect({boost::asio::local::stream_protocol::endpoint(socket_path_)});
  }
  return handle_of(std::move(call));
}

std::unique_ptr<EngineCall> LoopbackEngineClient::call(EngineRequest request, EngineEvents events) {
  PeerStream stream{PeerStream::Socket(loop_.context())};
  auto call = std::make_shared<StreamCall>(std::move(stream), limits_,
                                           engine_request_text(request, "127.0.0.1", ""), std::move(events));
  call->begin();
  call->connect({boost::asio::ip::tcp::endpoint(boost::asio::ip::address_v4::loopback(), port_)});
  return handle_of(std::move(call));
}

}  // namespace tokcast
