// The client against servers that behave and that do not. Numbers are those of the list of cases in
// docs/FETCH.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "fetch/answer_headers.h"
#include "fetch/http.h"
#include "fetch/test_environment_test_util.h"
#include "fetch/test_server_test_util.h"

namespace tokcast {
namespace {

using testing::HasSubstr;

class Collector final : public HttpSink {
 public:
  Result<void> on_head(const HttpHead& seen) override {
    ++heads;
    head = seen;
    return {};
  }
  Result<void> on_bytes(std::span<const char> bytes) override {
    body.append(bytes.data(), bytes.size());
    if (body.size() > most) return fail(ErrorKind::kChecksum, "enough");
    return {};
  }

  int heads = 0;
  HttpHead head{};
  std::string body{};
  std::size_t most = std::numeric_limits<std::size_t>::max();
};

class CurlHttp : public testing::Test {
 protected:
  CurlHttp() { server_.serve("/file", TestFile::of(content_)); }

  Result<HttpHead> get(const HttpRequest& request) {
    sink_ = Collector();
    return client_->get(request, sink_);
  }
  Result<HttpHead> get(std::string_view path = "/file") { return get({.url = server_.url(path)}); }
  Result<HttpHead> get_range(std::uint64_t first, std::uint64_t last) {
    return get({.url = server_.url("/file"), .range = ByteRange{first, last}});
  }
  void misbehave(Fault fault) { server_.misbehave("/file", std::move(fault)); }
  ErrorKind failure(const Result<HttpHead>& head) {
    EXPECT_FALSE(head) << "status " << (head ? head->status : 0) << ", " << sink_.body.size() << " bytes";
    return head ? ErrorKind::kUsage : head.error().kind;
  }

  std::string content_ = TestFile::sparse("", 300'000).bytes(0, 300'000);
  TestServer server_{};
  std::unique_ptr<HttpClient> client_ =
      curl_http_client({.connect_limit = Seconds(5), .stall_limit = Seconds(0.4)});
  Collector sink_{};
};

TEST_F(CurlHttp, Case1TakesAWholeFile) {
  const auto head = get();
  ASSERT_TRUE(head) << describe(head.error());
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->header("etag"), "\"v1\"");
  EXPECT_EQ(head->length(), Bytes(content_.size()));
  EXPECT_EQ(sink_.heads, 1);
  EXPECT_TRUE(sink_.body == content_);
}

TEST_F(CurlHttp, TakesAnEmptyFileAndStillTellsItsHead) {
  server_.serve("/empty", TestFile::of(""));
  const auto head = get("/empty");
  ASSERT_TRUE(head);
  EXPECT_EQ(sink_.heads, 1);
  EXPECT_EQ(sink_.body, "");
}

TEST_F(CurlHttp, AsksForTheHeadAlone) {
  const auto head = get({.url = server_.url("/file"), .head = true});
  ASSERT_TRUE(head);
  EXPECT_EQ(head->length(), Bytes(content_.size()));
  EXPECT_EQ(sink_.body, "");
  EXPECT_EQ(server_.requests().at(0).method, "HEAD");
}

TEST_F(CurlHttp, Case2TakesARangeAndAsksForItUnencoded) {
  const auto head = get_range(1000, 4999);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 206);
  EXPECT_TRUE(check_range(*head, {1000, 4999}, Bytes(content_.size())));
  EXPECT_TRUE(sink_.body == content_.substr(1000, 4000));
  EXPECT_EQ(server_.requests().at(0).header("range"), "bytes=1000-4999");
  EXPECT_EQ(server_.requests().at(0).header("accept-encoding"), "identity");
}

TEST_F(CurlHttp, SendsTheETagThatARangeGoesWith) {
  const auto same = get({.url = server_.url("/file"), .range = ByteRange{10, 19}, .if_range = "\"v1\""});
  ASSERT_TRUE(same);
  EXPECT_EQ(same->status, 206);
  const auto other = get({.url = server_.url("/file"), .range = ByteRange{10, 19}, .if_range = "\"v0\""});
  ASSERT_TRUE(other);
  EXPECT_EQ(other->status, 200);
}

TEST_F(CurlHttp, Case3And4TellsThatARangeLiesBeyondTheFile) {
  const auto head = get_range(content_.size(), content_.size() + 9);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 416);
  EXPECT_EQ(parse_unsatisfied_range(head->header("content-range").value()), Bytes(content_.size()));
}

TEST_F(CurlHttp, Case5ShowsThatARangeWasIgnored) {
  misbehave({.ignore_range = true});
  const auto head = get_range(1000, 4999);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
}

TEST_F(CurlHttp, Case9TakesAnswersWithoutALength) {
  misbehave({.no_length = true});
  ASSERT_TRUE(get());
  EXPECT_TRUE(sink_.body == content_);
  server_.behave("/file");
  misbehave({.chunked = true});
  const auto head = get();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->length(), std::nullopt);
  EXPECT_TRUE(sink_.body == content_);
}

TEST_F(CurlHttp, Case10NoticesABodyThatIsCutOff) {
  misbehave({.shift_length = 1});
  EXPECT_EQ(failure(get()), ErrorKind::kNetwork);
}

TEST_F(CurlHttp, Case10TakesNoMoreThanTheLengthSays) {
  misbehave({.shift_length = -10});
  ASSERT_TRUE(get());
  EXPECT_EQ(sink_.body.size(), content_.size() - 10);
}

TEST_F(CurlHttp, Case11RefusesABodyThatIsEncoded) {
  misbehave({.headers = {{"Content-Encoding", "gzip"}}});
  EXPECT_EQ(failure(get()), ErrorKind::kNetwork);
  EXPECT_EQ(sink_.body, "");
}

TEST_F(CurlHttp, Case12FollowsOneRedirectAndTen) {
  server_.redirect("/0", "/file");
  for (int i = 1; i < 11; ++i)
    server_.redirect("/" + std::to_string(i), server_.url("/" + std::to_string(i - 1)));
  ASSERT_TRUE(get("/0"));
  EXPECT_TRUE(sink_.body == content_);
  const auto ten = get("/9");
  ASSERT_TRUE(ten) << describe(ten.error());
  EXPECT_EQ(ten->url, server_.url("/file"));
  EXPECT_TRUE(sink_.body == content_);
  EXPECT_EQ(failure(get("/10")), ErrorKind::kNetwork);
}

TEST_F(CurlHttp, Case12LeavesALoopOfRedirects) {
  server_.redirect("/a", "/b");
  server_.redirect("/b", "/a");
  EXPECT_EQ(failure(get("/a")), ErrorKind::kNetwork);
  EXPECT_EQ(server_.requests().size(), 11);
}

TEST_F(CurlHttp, Case12TellsTheTokenToNoOtherHost) {
  TestServer other;
  other.serve("/elsewhere", TestFile::of("hello"));
  server_.redirect("/here", "/there");
  server_.redirect("/there", other.url("/elsewhere"));
  ASSERT_TRUE(get({.url = server_.url("/here"), .token = "hf_secret"}));
  EXPECT_EQ(sink_.body, "hello");
  EXPECT_EQ(server_.requests().at(0).header("authorization"), "Bearer hf_secret");
  EXPECT_EQ(server_.requests().at(1).header("authorization"), "Bearer hf_secret");
  EXPECT_EQ(other.requests().at(0).header("authorization"), "");
}

TEST_F(CurlHttp, Case12KeepsTheTokenFromAnotherNameOfTheSameMachine) {
  server_.redirect("/here", "http://localhost:" + std::to_string(server_.port()) + "/file");
  ASSERT_TRUE(get({.url = server_.url("/here"), .token = "hf_secret"}));
  EXPECT_EQ(server_.requests().at(1).header("authorization"), "");
}

TEST_F(CurlHttp, Case12RefusesToBeLedFromHttpsToHttp) {
  TestServer secure({.tls = true});
  secure.redirect("/file", server_.url("/file"));
  client_ = curl_http_client({.certificates = secure.certificate_file()});
  const auto head = get({.url = secure.url("/file")});
  EXPECT_EQ(failure(head), ErrorKind::kNetwork);
  EXPECT_THAT(head.error().message, HasSubstr("https to http"));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(CurlHttp, Case12RefusesOtherSchemesThanHttp) {
  server_.redirect("/here", "file:///etc/passwd");
  EXPECT_EQ(failure(get("/here")), ErrorKind::kNetwork);
  EXPECT_EQ(failure(get({.url = "file:///etc/passwd"})), ErrorKind::kUsage);
}

TEST_F(CurlHttp, Case13TakesARangeThroughARedirectAndWhatTheFirstHostSaysOfTheFile) {
  TestServer other;
  other.serve("/elsewhere", TestFile::of(content_));
  server_.redirect("/here", other.url("/elsewhere"), 302,
                   {{"X-Linked-Etag", "\"abc\""}, {"X-Repo-Commit", "c0"}});
  const auto head = get({.url = server_.url("/here"), .range = ByteRange{5, 9}, .if_range = "\"v1\""});
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 206);
  EXPECT_EQ(sink_.body, content_.substr(5, 5));
  EXPECT_EQ(head->linked_header("x-linked-etag"), "\"abc\"");
  EXPECT_EQ(sink_.head.linked_header("x-repo-commit"), "c0");
  EXPECT_EQ(head->header("etag"), "\"v1\"");
}

TEST_F(CurlHttp, GivesTheRedirectItselfIfThatIsAsked) {
  server_.redirect("/here", "/file");
  const auto head = get({.url = server_.url("/here"), .head = true, .follow = false});
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 302);
  EXPECT_EQ(server_.requests().size(), 1);
}

TEST_F(CurlHttp, Case16GivesUpOnAServerThatStalls) {
  misbehave({.stall_at = 100'000});
  EXPECT_EQ(failure(get()), ErrorKind::kTimeout);
  EXPECT_EQ(sink_.body.size(), 100'000);
}

TEST_F(CurlHttp, Case16GivesUpOnAServerThatNeverAnswers) {
  misbehave({.delay = Seconds(30)});
  EXPECT_EQ(failure(get()), ErrorKind::kTimeout);
}

TEST_F(CurlHttp, Case17GivesUpOnAServerThatDrips) {
  misbehave({.drip = Seconds(0.02)});
  EXPECT_EQ(failure(get()), ErrorKind::kTimeout);
}

TEST_F(CurlHttp, Case18NoticesConnectionsThatAreReset) {
  for (const std::uint64_t place : {std::uint64_t{0}, std::uint64_t{150'000}, std::uint64_t{299'970}}) {
    misbehave({.reset_at = place});
    EXPECT_EQ(failure(get()), ErrorKind::kNetwork);
    EXPECT_LE(sink_.body.size(), place);
    server_.behave("/file");
  }
}

TEST_F(CurlHttp, Case18NoticesAResetWhereNoLengthWasTold) {
  misbehave({.no_length = true, .reset_at = 150'000});
  EXPECT_EQ(failure(get()), ErrorKind::kNetwork);
}

TEST_F(CurlHttp, Case19NoticesThatTlsEndedWithoutSayingSo) {
  TestServer secure({.tls = true});
  secure.serve("/file", TestFile::of(content_));
  client_ = curl_http_client({.certificates = secure.certificate_file()});
  ASSERT_TRUE(get({.url = secure.url("/file")}));
  EXPECT_TRUE(sink_.body == content_);
  secure.misbehave("/file", {.close_at = 150'000}, 1);
  EXPECT_EQ(failure(get({.url = secure.url("/file")})), ErrorKind::kNetwork);
  // Without a length no client of libcurl 7.88 can tell; but it can tell that there was no length.
  secure.misbehave("/file", {.no_length = true, .close_at = 150'000}, 1);
  const auto head = get({.url = secure.url("/file")});
  EXPECT_TRUE(!head || !head->length());
}

TEST_F(CurlHttp, RefusesAServerWhoseCertificateNobodyTrusts) {
  TestServer secure({.tls = true});
  EXPECT_EQ(failure(get({.url = secure.url("/file")})), ErrorKind::kNetwork);
}

TEST_F(CurlHttp, Case30RefusesEndlessHeaders) {
  TestHeaders headers;
  for (int i = 0; i < 40; ++i) headers.emplace_back("X-" + std::to_string(i), std::string(10'000, 'x'));
  misbehave({.headers = headers});
  EXPECT_EQ(failure(get()), ErrorKind::kNetwork);
}

TEST_F(CurlHttp, Case34ReachesBeyondFourGibibytes) {
  constexpr std::uint64_t kSize = 5ULL << 30U;
  const TestFile large = TestFile::sparse("", kSize);
  server_.serve("/large", large);
  const auto head = get({.url = server_.url("/large"), .range = ByteRange{kSize - 1000, kSize - 1}});
  ASSERT_TRUE(head);
  EXPECT_TRUE(check_range(*head, {kSize - 1000, kSize - 1}, Bytes(kSize)));
  EXPECT_TRUE(sink_.body == large.bytes(kSize - 1000, 1000));
}

TEST_F(CurlHttp, Case35GoesThroughTheProxyOfTheEnvironment) {
  const TestEnvironment proxy("http_proxy", server_.url());
  TestServer other;
  server_.answer(other.url("/file"), 200, "from the proxy");
  ASSERT_TRUE(get({.url = other.url("/file")}));
  EXPECT_EQ(sink_.body, "from the proxy");
  EXPECT_TRUE(other.requests().empty());
}

TEST_F(CurlHttp, Case35LeavesTheProxyOutForHostsOfNoProxy) {
  const TestEnvironment proxy("http_proxy", server_.url());
  const TestEnvironment without("no_proxy", "127.0.0.1");
  TestServer other;
  other.serve("/file", TestFile::of("straight"));
  ASSERT_TRUE(get({.url = other.url("/file")}));
  EXPECT_EQ(sink_.body, "straight");
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(CurlHttp, Case36AsksNobodyWhenOffline) {
  const TestEnvironment offline("HF_HUB_OFFLINE", "1");
  client_ = curl_http_client();
  EXPECT_EQ(failure(get()), ErrorKind::kNotFound);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(CurlHttp, SaysThatNobodyListens) {
  const int port = TestServer().port();
  EXPECT_EQ(failure(get({.url = "http://127.0.0.1:" + std::to_string(port)})), ErrorKind::kNetwork);
}

TEST_F(CurlHttp, EndsWhereTheSinkWantsItToAndHandsOnItsError) {
  sink_.most = 1000;
  const auto head = client_->get({.url = server_.url("/file")}, sink_);
  EXPECT_EQ(failure(head), ErrorKind::kChecksum);
}

TEST_F(CurlHttp, KeepsConnectionsAndServesSeveralThreads) {
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; i < 20; ++i) {
        Collector sink;
        const ByteRange range{i * 1000, i * 1000 + 999};
        const auto head = client_->get({.url = server_.url("/file"), .range = range}, sink);
        right += head && sink.body == content_.substr(range.first, 1000) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 80);
}

TEST_F(CurlHttp, KeepsToTheRateThatItIsLimitedTo) {
  client_ = curl_http_client({.bytes_per_second = 1'000'000});
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(get());
  ASSERT_TRUE(get());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_GT(took.count(), 0.25);  // the first piece is free, and 600 000 bytes take 0.6 s
}

}  // namespace
}  // namespace tokcast
