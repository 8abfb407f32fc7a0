// The page at `/`, the figures it asks for, and who may have them.
#include <gtest/gtest.h>

#include "schema.h"
#include "serve_test_util.h"

namespace tokcast {
namespace {

constexpr const char* kStatus = "/v1/tokcast/status";
// "anybody:sesame", "anybody:wrong" in base64.
constexpr const char* kPassword = "Authorization: Basic YW55Ym9keTpzZXNhbWU=\r\n";
constexpr const char* kWrongPassword = "Authorization: Basic YW55Ym9keTp3cm9uZw==\r\n";

class ServePage : public ServeProcess {
 protected:
  // What the page carries, cut out as a browser would.
  static Json documents_in(const std::string& page) {
    constexpr std::string_view kOpens = R"(<script id="documents" type="application/json">)";
    const std::size_t begin = page.find(kOpens) + kOpens.size();
    return parse_json(page.substr(begin, page.find("</script", begin) - begin), "page").value_or(Json());
  }
  // Minutes, where sanitizers watch every command that is asked.
  TestAnswer page(const std::string& headers = {}) {
    TestConnection connection(port_);
    connection.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n");
    const std::string text = connection.read_until("", 300);
    const auto end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 ") || end == std::string::npos) return {};
    return {.status = std::atoi(text.c_str() + 9), .head = text.substr(0, end), .body = text.substr(end + 4)};
  }
};

TEST_F(ServePage, IsTheReportOfThisMachineWithAPlaceForFiguresOfNow) {
  start_ready();
  const TestAnswer answer = page();
  ASSERT_EQ(answer.status, 200) << answer.body.substr(0, 500);
  EXPECT_TRUE(contains(answer.head, "Content-Type: text/html; charset=utf-8\r\n")) << answer.head;
  EXPECT_TRUE(contains(answer.head, "X-Content-Type-Options: nosniff"));
  EXPECT_TRUE(contains(answer.head, "Cache-Control: no-store"));
  EXPECT_TRUE(contains(answer.head, "Cross-Origin-Resource-Policy: same-origin"));
  EXPECT_TRUE(contains(answer.head, "Content-Security-Policy: default-src 'none'; ")) << answer.head;
  EXPECT_TRUE(contains(answer.head,
                       "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                       "frame-ancestors 'none'"));
  EXPECT_TRUE(contains(answer.head, "Content-Length: " + std::to_string(answer.body.size())));
  EXPECT_TRUE(answer.body.starts_with("<!doctype html>"));
  const Json documents = documents_in(answer.body);
  EXPECT_EQ(schema_findings("report", documents.dump()), "");
  EXPECT_EQ(documents["documents"][0]["document"]["schema"], "tokcast.machine/1") << documents["missing"];
  EXPECT_EQ(documents["live"]["path"], std::string(kStatus).substr(1));
  // Soon after it is the same one, and HEAD tells its size alone.
  EXPECT_EQ(page().body, answer.body);
  const TestAnswer head = ask(port_, "HEAD", "/");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
}

TEST_F(ServePage, HoldsNobodyUpWhileItIsMade) {
  start_ready();
  TestConnection waiting(port_);
  waiting.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(ask(port_, "GET", "/healthz").status, 200);
  EXPECT_EQ(ask(port_, "POST", "/v1/chat/completions", chat_body("say 1 0", false)).status, 200);
  TestConnection gone(port_);
  gone.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  gone.hang_up();
  EXPECT_TRUE(contains(waiting.read_until("</html>", 300), "HTTP/1.1 200 OK"));
}

TEST_F(ServePage, EndsWithTheServerThoughItIsBeingMade) {
  start_ready();
  TestConnection waiting(port_);
  waiting.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(ask(port_, "GET", "/healthz").status, 200);
  server_->signal_group(SIGTERM);
  EXPECT_EQ(wait_for_end().exit_code, 0);
}

TEST_F(ServePage, FiguresOfNowTellOfTurnsAndOfNobody) {
  start_ready();
  const TestAnswer before = ask(port_, "GET", kStatus);
  EXPECT_EQ(schema_findings("status", before.body), "");
  EXPECT_EQ(before.json()["phase"], "ready");
  EXPECT_TRUE(before.json()["turns"].empty());
  EXPECT_TRUE(contains(before.head, "Cache-Control: no-store"));
  ASSERT_EQ(ask(port_, "POST", "/v1/chat/completions",
                R"({"messages":[{"role":"user","content":"say 3 0"}],"user":"somebody"})")
                .status,
            200);
  const TestAnswer after = ask(port_, "GET", kStatus);
  EXPECT_EQ(schema_findings("status", after.body), "");
  ASSERT_EQ(after.json()["turns"].size(), 1U) << after.body;
  EXPECT_EQ(after.json()["turns"][0]["outcome"], "done");
  EXPECT_EQ(after.json()["turns_within_deadline"], 1);
  EXPECT_FALSE(contains(after.body, "somebody"));
  EXPECT_FALSE(contains(after.body, "127.0.0.1"));
  for (int i = 0; i < 25; ++i) ask(port_, "POST", "/v1/chat/completions", chat_body("say 1 0", false));
  const Json many = ask(port_, "GET", kStatus).json();
  EXPECT_EQ(many["turns"].size(), 20U);
  EXPECT_EQ(many["turns"][0]["turn"], 26);
}

TEST_F(ServePage, IsBehindTheTokenWhichABrowserSaysAsAPassword) {
  write_text(home_ / "token", "sesame\n");
  std::filesystem::permissions(home_ / "token", std::filesystem::perms::owner_read);
  start_ready({"--token-file", home_ / "token"});
  for (const char* path : {"/", kStatus}) {
    for (const char* wrong : {"", kWrongPassword, "Authorization: Bearer wrong\r\n"}) {
      const TestAnswer refused = ask(port_, "GET", path, "", wrong);
      EXPECT_EQ(refused.status, 401) << path << wrong;
      EXPECT_TRUE(contains(refused.head, "WWW-Authenticate: Basic realm=")) << refused.head;
    }
  }
  EXPECT_EQ(ask(port_, "GET", kStatus, "", kPassword).status, 200);
  EXPECT_EQ(ask(port_, "GET", kStatus, "", "Authorization: Bearer sesame\r\n").status, 200);
  EXPECT_EQ(page(kPassword).status, 200);
  // A browser sends a password by itself, so it opens nothing that does something.
  const TestAnswer chat = ask(port_, "POST", "/v1/chat/completions", chat_body("say 1 0", false), kPassword);
  EXPECT_EQ(chat.status, 401);
  EXPECT_FALSE(contains(chat.head, "WWW-Authenticate: Basic")) << chat.head;
  EXPECT_EQ(ask(port_, "GET", "/metrics", "", kPassword).status, 401);
}

TEST_F(ServePage, IsForThisServersOwnNamesAndOriginsOnly) {
  start_ready();
  for (const char* path : {"/", kStatus}) {
    TestConnection other(port_);
    other.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(contains(other.read_until(""), "HTTP/1.1 403")) << path;
    EXPECT_EQ(ask(port_, "GET", path, "", "Origin: https://evil.example\r\n").status, 403) << path;
    EXPECT_EQ(ask(port_, "POST", path, "{}").status, 405) << path;
  }
}

TEST_F(ServePage, LeavesWebSocketsOnTheSamePathAlone) {
  start_ready();
  TestWebSocket client(port_);
  client.say(R"({"type":"status"})");
  EXPECT_TRUE(contains(client.read_until("status_response"), "status_response"));
}

}  // namespace
}  // namespace tokcast
