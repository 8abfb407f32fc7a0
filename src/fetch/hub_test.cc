#include "fetch/hub.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_directory_test_util.h"
#include "fetch/test_clock_test_util.h"
#include "fetch/test_environment_test_util.h"
#include "fetch/test_server_test_util.h"

namespace tokcast {
namespace {

using testing::HasSubstr;

class HubTest : public testing::Test {
 protected:
  HubTest() {
    server_.add(kRepository, "deep/m-Q4_K_M.gguf", TestFile::of("GGUF..."));
    server_.add_plain(kRepository, "README.md", "# Read me");
  }

  Hub hub(const std::string& token = {}) {
    return Hub(*client_, {.endpoint = server_.endpoint(), .token = token}, clock_);
  }
  void answer_tree(int status, const std::string& body, const TestHeaders& headers = {}) {
    server_.hub().answer(TestHub::tree_path(kRepository, "main"), status, body, headers);
  }
  Error refusal(const std::string& token = {}) {
    const auto files = hub(token).list(kRepository, "main");
    EXPECT_FALSE(files);
    return files ? Error{} : files.error();
  }

  static constexpr const char* kRepository = "user/repo";
  TestHub server_{};
  TestClock clock_{};
  std::unique_ptr<HttpClient> client_ = curl_http_client();
};

TEST_F(HubTest, ListsFilesWithTheirSizesAndHashes) {
  const auto files = hub().list(kRepository, "main");
  ASSERT_TRUE(files) << describe(files.error());
  ASSERT_EQ(files->files.size(), 2);
  EXPECT_EQ(files->files[0].path, "deep/m-Q4_K_M.gguf");
  EXPECT_EQ(files->files[0].size, Bytes(7));
  EXPECT_EQ(files->files[0].sha256, sha256_of(TestFile::of("GGUF...")));
  EXPECT_EQ(files->files[1].sha256, std::nullopt);
}

TEST_F(HubTest, TellsTheCommitOfABranch) {
  EXPECT_EQ(hub().commit_of(kRepository, "main").value(), TestHub::kCommit);
  server_.hub().forget_requests();
  EXPECT_EQ(hub().commit_of(kRepository, TestHub::kCommit).value(), TestHub::kCommit);
  EXPECT_TRUE(server_.hub().requests().empty());
}

TEST_F(HubTest, FollowsThePagesOfALongList) {
  const auto row = [](const char* path) {
    return fmt::format(R"([{{"type":"file","path":"{}","size":1,"oid":"{}"}}])", path, std::string(40, 'a'));
  };
  server_.hub().answer("/page2", 200, row("second"));
  answer_tree(200, row("first"), {{"Link", "<" + server_.hub().url("/page2") + "?cursor=x>; rel=\"next\""}});
  const auto files = hub().list(kRepository, "main");
  ASSERT_TRUE(files) << describe(files.error());
  ASSERT_EQ(files->files.size(), 2);
  EXPECT_EQ(files->files[1].path, "second");
}

TEST_F(HubTest, Case12DoesNotFollowPagesToAnotherHost) {
  TestServer other;
  answer_tree(200, R"([{"type":"directory","path":"x"}])",
              {{"Link", "<" + other.url("/p") + ">; rel=\"next\""}});
  EXPECT_EQ(refusal("hf_secret").kind, ErrorKind::kBadInput);
  EXPECT_TRUE(other.requests().empty());
}

TEST_F(HubTest, Case30LeavesAListThatDoesNotEnd) {
  const std::string tree = TestHub::tree_path(kRepository, "main");
  std::string rows;
  for (int i = 0; i < 5000; ++i) {
    rows += fmt::format(R"({}{{"type":"file","path":"f{}","size":1,"oid":"{}"}})", i == 0 ? "" : ",", i,
                        std::string(40, 'a'));
  }
  answer_tree(200, "[" + rows + "]", {{"Link", "<" + server_.hub().url(tree) + ">; rel=\"next\""}});
  EXPECT_EQ(refusal().kind, ErrorKind::kBadInput);
  EXPECT_LE(server_.hub().requests().size(), 6);
}

TEST_F(HubTest, Case30RefusesAnAnswerThatIsTooLarge) {
  answer_tree(200, "[" + std::string(5 << 20, ' ') + "]");
  EXPECT_EQ(refusal().kind, ErrorKind::kBadInput);
}

TEST_F(HubTest, Case30RefusesJsonThatIsTooDeep) {
  answer_tree(200, std::string(100'000, '['));
  EXPECT_EQ(refusal().kind, ErrorKind::kBadInput);
}

TEST_F(HubTest, Case29LeavesOutFilesWithImpossibleNames) {
  const std::string oid(40, 'a');
  Json tree = Json::array();
  for (const char* path : {"../../etc/passwd", "/etc/passwd", "a\\b", "a//b", "x:y", "good.gguf"}) {
    tree.push_back({{"type", "file"}, {"path", path}, {"size", 1}, {"oid", oid}});
  }
  answer_tree(200, tree.dump());
  const auto files = hub().list(kRepository, "main");
  ASSERT_TRUE(files);
  ASSERT_EQ(files->files.size(), 1);
  EXPECT_EQ(files->files[0].path, "good.gguf");
}

TEST_F(HubTest, LeavesOutRowsOfAnotherForm) {
  const auto page = parse_json(R"([1, null, {}, {"type":"file"}, {"type":"file","path":1,"size":1,"oid":"x"},
      {"type":"file","path":"a","size":-1,"oid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
      {"type":"file","path":"b","size":1,"oid":"../../aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
      {"type":"file","path":"c","size":1,"oid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","lfs":{"oid":"../x","size":1}}])",
                               "test");
  ASSERT_TRUE(page);
  EXPECT_TRUE(files_of_tree(*page).value().empty());
  EXPECT_EQ(files_of_tree(Json::object()).error().kind, ErrorKind::kBadInput);
}

TEST_F(HubTest, Case31RecognisesTheLoginPageOfANetwork) {
  answer_tree(200, "<html>Welcome to the airport</html>", {{"Content-Type", "text/html"}});
  const Error error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::kNetwork);
  EXPECT_THAT(error.fix, HasSubstr("login"));
}

TEST_F(HubTest, ExplainsAGatedRepository) {
  server_.gate(kRepository);
  const Error without = refusal();
  EXPECT_EQ(without.kind, ErrorKind::kUnsupported);
  EXPECT_THAT(without.message, HasSubstr("gated"));
  EXPECT_THAT(without.place, HasSubstr("user/repo"));
  EXPECT_THAT(without.fix, HasSubstr("HF_TOKEN"));
  EXPECT_THAT(refusal("hf_x").fix, HasSubstr("account"));
}

TEST_F(HubTest, ExplainsWhatIsMissingOrPrivate) {
  answer_tree(401, "{}", {{"X-Error-Code", "RepoNotFound"}});
  EXPECT_EQ(refusal("hf_x").kind, ErrorKind::kNotFound);
  answer_tree(401, "Invalid username or password.");
  EXPECT_EQ(refusal().kind, ErrorKind::kNotFound);
  EXPECT_EQ(refusal("hf_x").kind, ErrorKind::kUnsupported);
  answer_tree(404, "{}", {{"X-Error-Code", "RevisionNotFound"}});
  EXPECT_THAT(refusal().message, HasSubstr("no such revision"));
  answer_tree(404, "{}");
  EXPECT_EQ(refusal().kind, ErrorKind::kNotFound);
}

TEST_F(HubTest, Case14And15WaitsAndAsksAgain) {
  const std::string tree = TestHub::tree_path(kRepository, "main");
  server_.hub().misbehave(tree, {.status = 429, .headers = {{"RateLimit", "\"api\";r=0;t=9"}}}, 1);
  server_.hub().misbehave(tree, {.status = 503}, 1);
  EXPECT_TRUE(hub().list(kRepository, "main"));
  EXPECT_EQ(clock_.waits, (std::vector<double>{9, 2}));
}

TEST_F(HubTest, TellsItsTokenToTheHubAlone) {
  ASSERT_TRUE(hub("hf_secret").list(kRepository, "main"));
  EXPECT_EQ(server_.hub().requests().at(0).header("authorization"), "Bearer hf_secret");
  EXPECT_EQ(hub("hf_secret").request("https://example.org/x").token, "");
  EXPECT_EQ(hub("hf_secret").request(server_.endpoint() + "0/x").token, "");  // another port
}

TEST_F(HubTest, WritesNamesIntoAddressesSoThatNothingElseIsMeant) {
  EXPECT_EQ(hub().file_url("user/repo", "refs/pr/1", "a b/c%#?.gguf"),
            server_.endpoint() + "/user/repo/resolve/refs%2Fpr%2F1/a%20b/c%25%23%3F.gguf");
}

class HubAccessTest : public testing::Test {
 protected:
  HubAccessTest() {
    for (const char* variable :
         {"MODEL_ENDPOINT", "HF_ENDPOINT", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"}) {
      clean_.push_back(std::make_unique<TestEnvironment>(variable, ""));
    }
    clean_.push_back(std::make_unique<TestEnvironment>("HF_HOME", folder_.path()));
  }

  const TemporaryDirectory folder_{};
  std::vector<std::unique_ptr<TestEnvironment>> clean_{};
};

TEST_F(HubAccessTest, IsThePublicHubWithoutATokenByDefault) {
  const HubAccess access = hub_access_from_environment();
  EXPECT_EQ(access.endpoint, "https://huggingface.co");
  EXPECT_EQ(access.token, "");
  EXPECT_FALSE(access.offline);
}

TEST_F(HubAccessTest, FollowsTheEnvironment) {
  const TestEnvironment hub("HF_ENDPOINT", "https://mirror.example.org/");
  const TestEnvironment token("HF_TOKEN", " hf_abc\n");
  EXPECT_EQ(hub_access_from_environment().endpoint, "https://mirror.example.org");
  EXPECT_EQ(hub_access_from_environment().token, "hf_abc");
  const TestEnvironment first("MODEL_ENDPOINT", "https://other.example.org");
  EXPECT_EQ(hub_access_from_environment().endpoint, "https://other.example.org");
}

TEST_F(HubAccessTest, ReadsTheTokenThatALoginLeft) {
  write_text(folder_ / "token", "hf_file\n");
  EXPECT_EQ(hub_access_from_environment().token, "hf_file");
  write_text(folder_ / "other", "hf_other");
  const TestEnvironment path("HF_TOKEN_PATH", folder_ / "other");
  EXPECT_EQ(hub_access_from_environment().token, "hf_other");
}

TEST_F(HubAccessTest, TakesNoTokenThatWouldBecomeAnotherHeader) {
  const TestEnvironment token("HF_TOKEN", "hf_a\r\nX-Evil: 1");
  EXPECT_EQ(hub_access_from_environment().token, "");
}

TEST_F(HubAccessTest, Case36IsOfflineIfTheEnvironmentSaysSo) {
  for (const char* value : {"1", "ON", "yes", "True"}) {
    const TestEnvironment offline("HF_HUB_OFFLINE", value);
    EXPECT_TRUE(hub_access_from_environment().offline) << value;
  }
  const TestEnvironment offline("HF_HUB_OFFLINE", "0");
  EXPECT_FALSE(hub_access_from_environment().offline);
}

}  // namespace
}  // namespace tokcast
