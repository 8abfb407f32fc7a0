// An OpenAI-compatible server elsewhere as the engine: for machines that are too small for a model of their
// own.
#ifndef TOKCAST_SERVE_REMOTE_ENGINE_H_
#define TOKCAST_SERVE_REMOTE_ENGINE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "serve/engine_client.h"
#include "serve/limits.h"
#include "serve/loop.h"

namespace tokcast {

struct RemoteEngine {
  bool has_tls = true;
  std::string authority{};  // host and port as in the URL
  std::string host{};
  std::string port{};
  std::string base{};   // path before "/chat/completions": "/v1"
  std::string model{};  // as it is called there
  std::string key{};    // sent as a bearer token, to that host alone; never logged. Empty: none
};

// "https://api.example.org/v1". Plain HTTP only to this machine: a key and what people say would be open to
// whoever listens on the way. Errors: kUsage.
Result<RemoteEngine> read_remote_url(std::string_view url);

// Names are asked for beside the loop. Certificates are checked against the system's (SSL_CERT_FILE holds).
// A refused key and answers of 429 or 5xx are errors of the call: they are ours to explain, not our client's.
class RemoteEngineClient : public EngineClient {
 public:
  RemoteEngineClient(Loop& loop, const ServeLimits& limits, RemoteEngine engine);
  ~RemoteEngineClient() override;
  RemoteEngineClient(const RemoteEngineClient&) = delete;
  RemoteEngineClient& operator=(const RemoteEngineClient&) = delete;
  std::unique_ptr<EngineCall> call(EngineRequest request, EngineEvents events) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_REMOTE_ENGINE_H_
