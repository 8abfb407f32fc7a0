#include "serve/remote_engine.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "fetch/test_server_test_util.h"

namespace tokcast {
namespace {

TEST(RemoteUrl, IsTakenApart) {
  const auto plain = read_remote_url("https://api.example.org/v1/");
  ASSERT_TRUE(plain) << describe(plain.error());
  EXPECT_TRUE(plain->has_tls);
  EXPECT_EQ(plain->host, "api.example.org");
  EXPECT_EQ(plain->port, "443");
  EXPECT_EQ(plain->base, "/v1");
  const auto here = read_remote_url("http://127.0.0.1:8080");
  ASSERT_TRUE(here) << describe(here.error());
  EXPECT_EQ(here->port, "8080");
  EXPECT_EQ(here->base, "");
  EXPECT_EQ(here->authority, "127.0.0.1:8080");
  const auto six = read_remote_url("HTTPS://[2001:db8::1]:9000/openai/v1");
  ASSERT_TRUE(six) << describe(six.error());
  EXPECT_EQ(six->host, "2001:db8::1");
  EXPECT_EQ(six->port, "9000");
  EXPECT_EQ(read_remote_url("https://[2001:db8::1]/v1")->port, "443");
}

TEST(RemoteUrl, WhatIsNoneOrNotSafeIsRefused) {
  for (const char* url :
       {"", "api.example.org", "ftp://a/v1", "https://", "https:///v1", "https://a:0/v1", "https://a:99999",
        "https://a:b/", "https://key@a/v1", "https://a/v1?key=x", "https://a/v1#x", "https://a/v 1",
        "https://a/\r\nX: y", "https://[::1", "http://api.example.org/v1", "http://10.0.0.1/v1"}) {
    const auto read = read_remote_url(url);
    ASSERT_FALSE(read) << url;
    EXPECT_EQ(read.error().kind, ErrorKind::kUsage) << url;
  }
}

// What one call to a server of files came to.
struct RemoteTold {
  unsigned status = 0;
  std::string body{};
  std::optional<Error> error{};
};

RemoteTold call_remote(const std::string& url, const std::string& key = {}) {
  Loop loop;
  auto engine = read_remote_url(url).value();
  engine.model = "their \"name\"";
  engine.key = key;
  RemoteEngineClient client(loop, {}, std::move(engine));
  RemoteTold told;
  EngineEvents events;
  events.head = [&](unsigned status, std::string_view) { told.status = status; };
  events.body = [&](std::string_view bytes) { told.body += bytes; };
  events.end = [&](const std::optional<Error>& error) {
    told.error = error;
    loop.stop();
  };
  const auto call =
      client.call({.path = "/v1/chat/completions", .body = R"({"messages":[]})"}, std::move(events));
  loop.run();
  return told;
}

TEST(RemoteEngine, AsksUnderItsBaseWithItsKeyAndItsModel) {
  TestServer server;
  server.answer("/base/chat/completions", 200, R"({"choices":[]})");
  const RemoteTold told = call_remote(server.url("/base"), "sesame");
  EXPECT_FALSE(told.error) << describe(*told.error);
  EXPECT_EQ(told.status, 200U);
  EXPECT_EQ(told.body, R"({"choices":[]})");
  const auto seen = server.requests();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].method, "POST");
  EXPECT_EQ(seen[0].header("authorization"), "Bearer sesame");
}

TEST(RemoteEngine, ARefusedKeyAndAnOverloadedServerAreErrorsThatDoNotNameTheKey) {
  TestServer server;
  for (const int status : {401, 403, 429, 500, 503}) {
    server.answer("/v1/chat/completions", status, R"({"error":"sesame is wrong"})");
    const RemoteTold told = call_remote(server.url("/v1"), "sesame");
    ASSERT_TRUE(told.error) << status;
    EXPECT_EQ(told.error->kind, ErrorKind::kNetwork);
    EXPECT_EQ(describe(*told.error).find("sesame"), std::string::npos);
    EXPECT_EQ(told.body, "");
  }
}

TEST(RemoteEngine, AServerWhoseCertificateNobodyKnowsGetsNeitherKeyNorWords) {
  TestServer server({.tls = true});
  server.answer("/v1/chat/completions", 200, "{}");
  const RemoteTold told = call_remote(server.url("/v1"), "sesame");
  ASSERT_TRUE(told.error);
  EXPECT_NE(told.error->message.find("certificate"), std::string::npos) << told.error->message;
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace tokcast
