#include "serve/access.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

Access access_of(std::string host, std::optional<std::string> origin = {}, std::string authorization = {},
                 TokenWay way = TokenWay::kBearer) {
  const AccessRules rules{.token = "secret", .hosts = {"box.lan"}, .origins = {"https://app.example"}};
  const WebRequest head{
      .host = std::move(host), .origin = std::move(origin), .authorization = std::move(authorization)};
  return check_access(head, rules, way);
}

TEST(Access, OnlyKnownHostsAreServed) {
  for (const char* good :
       {"localhost:8765", "LOCALHOST", "a.localhost", "127.0.0.1:1", "[::1]:80", "box.lan:9", ""}) {
    EXPECT_EQ(access_of(good, {}, "Bearer secret"), Access::kAllowed) << good;
  }
  for (const char* bad :
       {"evil.example", "evil.example:8765", "localhost.evil.example", "[::1", "box.lan.evil"}) {
    EXPECT_EQ(access_of(bad, {}, "Bearer secret"), Access::kBadHost) << bad;
  }
}

TEST(Access, PagesOfOtherOriginsAreRefused) {
  EXPECT_EQ(access_of("localhost:8765", "http://localhost:8765", "Bearer secret"), Access::kAllowed);
  EXPECT_EQ(access_of("localhost:8765", "https://app.example", "Bearer secret"), Access::kAllowed);
  for (const char* bad :
       {"null", "https://evil.example", "http://localhost:9999", "https://app.example.evil", ""}) {
    EXPECT_EQ(access_of("localhost:8765", bad, "Bearer secret"), Access::kBadOrigin) << bad;
  }
}

TEST(Access, ATokenIsAskedForAndComparedAsAWhole) {
  EXPECT_EQ(access_of("localhost", {}, "bearer  secret"), Access::kAllowed);
  for (const char* bad :
       {"", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "Basic secret", "secret"}) {
    EXPECT_EQ(access_of("localhost", {}, bad), Access::kNoToken) << bad;
  }
  EXPECT_EQ(access_of("localhost", {}, "", TokenWay::kNowOrLater), Access::kAllowed);
  EXPECT_EQ(access_of("localhost", {}, "Bearer wrong", TokenWay::kNowOrLater), Access::kNoToken);
}

TEST(Access, ABrowserMaySayTheTokenAsAPasswordWhereThatIsAllowed) {
  constexpr TokenWay kBrowser = TokenWay::kBearerOrBasic;
  for (const char* good : {"Basic OnNlY3JldA==", "basic YW55Ym9keTpzZWNyZXQ=", "Bearer secret"})
    EXPECT_EQ(access_of("localhost", {}, good, kBrowser), Access::kAllowed) << good;
  // "secret" without a name, "name:secrets", "name:", no base64.
  for (const char* bad :
       {"Basic c2VjcmV0", "Basic bmFtZTpzZWNyZXRz", "Basic bmFtZTo=", "Basic !!!!", "Basic", ""})
    EXPECT_EQ(access_of("localhost", {}, bad, kBrowser), Access::kNoToken) << bad;
  EXPECT_EQ(access_of("localhost", {}, "Basic OnNlY3JldA=="), Access::kNoToken);
  EXPECT_EQ(access_of("localhost", "https://evil.example", "Basic OnNlY3JldA==", kBrowser),
            Access::kBadOrigin);
}

TEST(Access, SecretsAreTheSameOnlyIfAllOfThemIs) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  for (const char* other : {"", "ab", "abcd", "abcabc", "abd"})
    EXPECT_FALSE(same_secret(other, "abc")) << other;
  EXPECT_FALSE(same_secret("", ""));
}

TEST(Access, BeyondThisMachineATokenIsNeededOrItSaysSo) {
  EXPECT_TRUE(check_bind("127.0.0.1", {}, false, false));
  EXPECT_TRUE(check_bind("::1", {}, false, false));
  EXPECT_FALSE(check_bind("0.0.0.0", {}, false, false));
  EXPECT_FALSE(check_bind("0.0.0.0", {}, true, false)) << "anybody could ask";
  EXPECT_FALSE(check_bind("0.0.0.0", {.token = "x"}, false, false)) << "the token could be read on the way";
  EXPECT_TRUE(check_bind("0.0.0.0", {.token = "x"}, true, false));
  EXPECT_TRUE(check_bind("::", {}, false, true));
}

TEST(Access, ATokenFileMustBeItsOwnersAlone) {
  const TemporaryDirectory folder;
  const std::string path = write_text(folder / "token", "  secret \nrest");
  chmod(path.c_str(), 0644);
  EXPECT_EQ(read_token_file(path).error().kind, ErrorKind::kUsage);
  chmod(path.c_str(), 0600);
  EXPECT_EQ(read_token_file(path).value_or(""), "secret");
  write_text(path, "\n");
  EXPECT_EQ(read_token_file(path).error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(read_token_file(folder / "none").error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace tokcast
