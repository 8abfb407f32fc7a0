// The listener by raw sockets: HTTP that misbehaves.
#include "serve/http_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "serve/http_test_util.h"

namespace tokcast {
namespace {

std::string answer_to(std::uint16_t port, std::string_view request) {
  HttpTestClient client(port);
  client.send(request);
  return client.to_the_end();
}

TEST(HttpServer, MisbehavingRequestsGetTheirStatus) {
  const HttpEchoServer server;
  const std::pair<std::string, std::string> cases[] = {
      {"nonsense\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(5000, 'x') + "\r\n\r\n", "431"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n", "413"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX-Half: ", "408"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf", "408"},
      {"POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n", "403"},
      {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
       "8\r\n\r\n",
       "426"},
  };
  for (const auto& [request, status] : cases) {
    EXPECT_EQ(answer_to(server.port, request).substr(0, 12), "HTTP/1.1 " + status) << request.substr(0, 100);
  }
}

TEST(HttpServer, BodiesComeWholeInAnyPieces) {
  const HttpEchoServer server;
  for (const std::size_t piece : {1, 7, 4096}) {
    HttpTestClient client(server.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 11\r\n\r\nhello world",
                piece);
    EXPECT_TRUE(client.to_the_end().ends_with("\r\n\r\nhello world"));
  }
  HttpTestClient chunked(server.port);
  chunked.send(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: "
      "chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  EXPECT_TRUE(chunked.to_the_end().ends_with("\r\n\r\nhello world"));
  HttpTestClient expecting(server.port);
  expecting.send(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(expecting.until("100 Continue\r\n\r\n").starts_with("HTTP/1.1 100"));
  expecting.send("ok");
  EXPECT_TRUE(expecting.to_the_end().ends_with("\r\n\r\nok"));
}

TEST(HttpServer, OneTextIsSharedByManyAnswersAndByThoseWhoGoInTheMiddle) {
  const HttpEchoServer server;
  HttpTestClient patient(server.port);
  patient.send("GET /shared HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int i = 0; i < 10; ++i) {
    HttpTestClient leaving(server.port);
    leaving.send("GET /shared HTTP/1.1\r\nHost: a\r\n\r\n");
    leaving.until("HTTP/1.1 200");
  }
  EXPECT_TRUE(patient.until("the end").ends_with("the end"));
  const std::string whole =
      answer_to(server.port, "GET /shared HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(whole.find("Content-Length: " + std::to_string(server.shared->size()) + "\r\n"),
            std::string::npos);
  EXPECT_TRUE(whole.ends_with("\r\n\r\n" + *server.shared));
  const std::string head =
      answer_to(server.port, "HEAD /shared HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: " + std::to_string(server.shared->size())), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(HttpServer, AClientThatGoesIsNoticedWhileItWaits) {
  const HttpEchoServer server;
  HttpTestClient client(server.port);
  client.send("GET /keep HTTP/1.1\r\nHost: a\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(server.gone(), 0);
  client.hang_up();
  for (int i = 0; i < 2000 && server.gone() == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(server.gone(), 1);
}

TEST(HttpServer, MoreConnectionsThanAllowedAreTurnedAwayAndComeBackLater) {
  const HttpEchoServer server;
  {
    std::vector<std::unique_ptr<HttpTestClient>> many;
    for (int i = 0; i < 50; ++i) {
      many.push_back(std::make_unique<HttpTestClient>(server.port));
      many.back()->send("GET / HT");
    }
    EXPECT_TRUE(answer_to(server.port, "").starts_with("HTTP/1.1 503"));
  }
  for (int i = 0; i < 1000; ++i) {
    if (answer_to(server.port, "GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200")) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL() << "no connection was ever taken again";
}

}  // namespace
}  // namespace tokcast
