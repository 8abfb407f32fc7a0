// The server with TLS: the same protocols, by clients that check its certificate.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "fetch/test_peer_test_util.h"
#include "serve_test_util.h"

namespace tokcast {
namespace {

constexpr const char* kChat = "/v1/chat/completions";

// One connection whose other end has to show a certificate that `trusted` signed.
class TlsConnection {
 public:
  TlsConnection(int port, const std::string& trusted)
      : below_(port), context_(SSL_CTX_new(TLS_client_method())), tls_(nullptr) {
    SSL_CTX_load_verify_locations(context_, trusted.c_str(), nullptr);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    const timeval patience{30, 0};
    setsockopt(below_.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    tls_ = SSL_new(context_);
    SSL_set_fd(tls_, below_.descriptor());
    is_open_ = SSL_connect(tls_) == 1;
  }
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;
  ~TlsConnection() {
    SSL_free(tls_);
    SSL_CTX_free(context_);
  }

  bool is_open() const { return is_open_; }
  void send(const std::string& text) const { SSL_write(tls_, text.data(), static_cast<int>(text.size())); }
  const std::string& read_until(std::string_view end) {
    std::array<char, 16384> piece{};
    while (end.empty() || got_.find(end) == std::string::npos) {
      const int count = SSL_read(tls_, piece.data(), piece.size());
      if (count <= 0) break;
      got_.append(piece.data(), static_cast<std::size_t>(count));
    }
    return got_;
  }
  // Did the server say that it ends, so that nobody else can have cut the answer?
  bool ended_properly() const { return (SSL_get_shutdown(tls_) & SSL_RECEIVED_SHUTDOWN) != 0; }
  void hang_up() { below_.hang_up(); }

 private:
  TestConnection below_;
  SSL_CTX* context_;
  SSL* tls_;
  bool is_open_ = false;
  std::string got_{};
};

class ServeTls : public ServeProcess {
 protected:
  // Readiness is asked for over TLS too, so what the fixture does in plain HTTP is done here anew.
  void start_tls(std::vector<std::pair<std::string, std::string>> environment = {}) {
    start({"--tls-certificate", files_.certificate_file(), "--tls-key", files_.key_file()},
          std::move(environment));
    ASSERT_TRUE(contains(said(), "https://")) << said();
    ASSERT_TRUE(wait_for([&] { return ask_tls("GET", "/readyz").starts_with("HTTP/1.1 200"); })) << said();
  }
  std::string ask_tls(const std::string& method, const std::string& path,
                      const std::string& body = {}) const {
    TlsConnection connection(port_, files_.certificate_file());
    EXPECT_TRUE(connection.is_open());
    connection.send(method + " " + path +
                    " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
    std::string text = connection.read_until("");
    EXPECT_TRUE(connection.ended_properly());
    return text;
  }

  const TestTls files_{};
};

TEST_F(ServeTls, ChatsAndStreams) {
  start_tls();
  EXPECT_TRUE(contains(ask_tls("POST", kChat, chat_body("say 3 0", false)), "word0 word1 word2 "));
  EXPECT_TRUE(contains(ask_tls("POST", kChat, chat_body("say 3 0", true)), "data: [DONE]"));
  TlsConnection again(port_, files_.certificate_file());
  const std::string get = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  again.send(get + get);  // the second comes while the first is answered
  again.send("GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  const std::string all = again.read_until("");
  EXPECT_NE(all.find("\"ok\"", all.find("\"ok\"") + 1), std::string::npos) << all;
  EXPECT_TRUE(contains(all, "\"list\"")) << all;
}

TEST_F(ServeTls, WebSockets) {
  start_tls();
  TlsConnection client(port_, files_.certificate_file());
  client.send(
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_TRUE(contains(client.read_until("\r\n\r\n"), "101 "));
  client.send(TestWebSocket::frame(R"({"type":"llm_request","text":"say 3 0","request_id":"r"})"));
  EXPECT_TRUE(contains(client.read_until("\"type\":\"llm_response\""), "word0 word1 word2"));
  client.send(std::string("\x88\x82\0\0\0\0\x03\xe8", 8));  // closes with 1000
  EXPECT_TRUE(contains(client.read_until(""), std::string("\x88\x02\x03\xe8", 4)));
}

TEST_F(ServeTls, AClientThatHangsUpFreesTheSlot) {
  start_tls({{"FAKE_LOG", home_ / "engine.log"}});
  TlsConnection client(port_, files_.certificate_file());
  const std::string body = chat_body("say 100000 20", true);
  client.send("POST " + std::string(kChat) + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  client.read_until("word1");
  client.hang_up();
  EXPECT_TRUE(wait_for([&] { return engine_log() == "1 starts\n1 gone\n"; })) << engine_log();
}

TEST_F(ServeTls, WhoSpeaksNoTlsGetsNothingAndHoldsNobodyUp) {
  start_tls();
  TestConnection silent(port_);
  TestConnection half(port_);
  half.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
  TestConnection plain(port_);
  plain.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_FALSE(contains(plain.read_until(""), "200"));
  EXPECT_TRUE(contains(ask_tls("GET", "/healthz"), "200"));
}

TEST_F(ServeTls, AKeyThatOthersMayReadOrThatIsNoneIsRefused) {
  const std::vector<std::string> arguments{"serve",
                                           model_,
                                           "--tls-certificate",
                                           files_.certificate_file(),
                                           "--tls-key",
                                           files_.certificate_file()};
  const ChildResult no_key = tokcast(arguments);
  EXPECT_EQ(no_key.exit_code, 34) << no_key.standard_error;
  chmod(files_.key_file().c_str(), 0644);
  const ChildResult readable = tokcast(
      {"serve", model_, "--tls-certificate", files_.certificate_file(), "--tls-key", files_.key_file()});
  EXPECT_EQ(readable.exit_code, 2) << readable.standard_error;
  EXPECT_TRUE(contains(readable.standard_error, "chmod 600"));
}

TEST_F(ServeTls, BeyondThisMachineATokenAloneIsNotEnough) {
  set("TOKCAST_TOKEN", "secret");
  const ChildResult plain = tokcast({"serve", model_, "--host", "0.0.0.0"});
  EXPECT_EQ(plain.exit_code, 2);
  EXPECT_TRUE(contains(plain.standard_error, "--tls-certificate"));
}

}  // namespace
}  // namespace tokcast
