// One connection's worth of libcurl: a single request and its answer, no redirects followed.
#ifndef TOKCAST_FETCH_CURL_LANE_H_
#define TOKCAST_FETCH_CURL_LANE_H_

#include <curl/curl.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "fetch/http.h"
#include "fetch/throttle.h"

namespace tokcast {

// Keeps its connection for the next request. One thread at a time.
class CurlLane {
 public:
  CurlLane(const HttpOptions& options, Throttle& throttle);

  // The answer's head; its body goes to `sink`, unless it is a redirect that is to be followed.
  // Errors: those of HttpClient::get.
  Result<HttpHead> ask(const HttpRequest& request, HttpSink& sink);

 private:
  struct MultiCloser {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  struct EasyCloser {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  class Exchange;

  const HttpOptions& options_;
  Throttle& throttle_;
  std::unique_ptr<CURLM, MultiCloser> multi_;
  std::unique_ptr<CURL, EasyCloser> easy_;
};

// A redirect that leads somewhere.
bool is_redirect(const HttpHead& head);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_CURL_LANE_H_
