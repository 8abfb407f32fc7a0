#include "fetch/hub_name.h"

#include <gtest/gtest.h>

#include <string>

namespace tokcast {
namespace {

constexpr std::string_view kHub = "https://hub.example.org";

HubName hub_name(std::string_view name) {
  const auto parsed = parse_remote_name(name, kHub);
  EXPECT_TRUE(parsed && std::holds_alternative<HubName>(*parsed)) << name;
  return parsed && std::holds_alternative<HubName>(*parsed) ? std::get<HubName>(*parsed) : HubName{};
}

void expect_hub(std::string_view name, const HubName& expected) {
  const HubName got = hub_name(name);
  EXPECT_EQ(got.repository, expected.repository) << name;
  EXPECT_EQ(got.revision, expected.revision) << name;
  EXPECT_EQ(got.file, expected.file) << name;
  EXPECT_EQ(got.quant, expected.quant) << name;
}

TEST(RemoteName, IsARepositoryAndAQuantisation) {
  expect_hub("user/repo", {"user/repo"});
  expect_hub("user/Repo.v1-GGUF:Q4_K_M", {"user/Repo.v1-GGUF", "main", "", "Q4_K_M"});
  expect_hub("hf://user/repo:UD-Q4_K_XL", {"user/repo", "main", "", "UD-Q4_K_XL"});
}

TEST(RemoteName, MayHaveARevisionAndAFile) {
  expect_hub("user/repo@v1.0:Q8_0", {"user/repo", "v1.0", "", "Q8_0"});
  expect_hub("hf://user/repo/file.gguf", {"user/repo", "main", "file.gguf"});
  expect_hub("hf://user/repo@refs%2Fpr%2F1/deep/file.gguf", {"user/repo", "refs/pr/1", "deep/file.gguf"});
}

TEST(RemoteName, MayBeAFolder) {
  expect_hub("hf://user/voices@v1/en/low/", {"user/voices", "v1", "en/low/"});
  expect_hub("https://huggingface.co/user/voices/tree/main/en/low", {"user/voices", "main", "en/low/"});
  EXPECT_TRUE(hub_name("user/voices/en/").is_folder());
  EXPECT_FALSE(hub_name("user/voices/").is_folder());
}

TEST(RemoteName, MayBeAnAddressOfTheHub) {
  const HubName file{"user/repo", "main", "deep/a file.gguf"};
  expect_hub("https://huggingface.co/user/repo/resolve/main/deep/a%20file.gguf?download=true", file);
  expect_hub("https://hub.example.org/user/repo/blob/main/deep/a%20file.gguf", file);
  expect_hub("https://huggingface.co/user/repo", {"user/repo"});
  expect_hub("https://huggingface.co/user/repo/tree/v2/", {"user/repo", "v2"});
}

TEST(RemoteName, MayBeAnyAddressOfAFile) {
  const auto parsed = parse_remote_name("https://example.org:8080/models/m%20x.gguf?key=1", kHub);
  ASSERT_TRUE(parsed);
  const auto& url = std::get<PlainUrl>(*parsed);
  EXPECT_EQ(url.url, "https://example.org:8080/models/m%20x.gguf?key=1");
  EXPECT_EQ(url.file, "m x.gguf");
}

TEST(RemoteName, Case29RefusesWhatCouldLeadAstray) {
  for (const char* name : {"../repo",
                           "user/..",
                           "user/../etc",
                           "/user/repo",
                           "user/",
                           "/",
                           "user",
                           "us er/repo",
                           "user/re\npo",
                           "user/repo:",
                           "user/repo:../x",
                           "user/repo@../x",
                           "user/repo@",
                           "user/.repo",
                           "user/repo.",
                           "user/a--b",
                           "-user/repo",
                           "hf://user/repo/../x.gguf",
                           "hf://user/repo//x.gguf",
                           "hf://user/repo//",
                           "hf://user/repo/../",
                           "hf://user/repo/a\\b.gguf",
                           "hf://user/repo/x.gguf:a/b",
                           "hf://user/repo/c:x.gguf/y",
                           "https://huggingface.co/user/repo/resolve/main/..%2f..%2fx",
                           "https://huggingface.co/user/repo/resolve/main/a%00b",
                           "https://huggingface.co/user/repo/discussions/1",
                           "https://example.org/",
                           "https://example.org",
                           "https:///x.gguf",
                           "https://me:secret@example.org/x.gguf",
                           "https://example.org/a/..",
                           "https://example.org/x y.gguf",
                           "ftp://example.org/x.gguf",
                           "file:///etc/passwd",
                           ""}) {
    const auto parsed = parse_remote_name(name, kHub);
    ASSERT_FALSE(parsed) << name;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kUsage) << name;
  }
}

TEST(RemoteName, Case29RefusesNamesThatAreTooLong) {
  EXPECT_TRUE(is_repository("u/" + std::string(254, 'r')));
  EXPECT_FALSE(is_repository("u/" + std::string(255, 'r')));
  EXPECT_TRUE(is_file_path(std::string(256, 'f')));
  EXPECT_FALSE(is_file_path(std::string(257, 'f')));
  EXPECT_FALSE(is_revision(std::string(257, 'f')));
}

TEST(FilePath, Case29StaysBelowWhereItBegins) {
  for (const char* path : {"model.gguf", "a/b/c.gguf", "näme.gguf", ".gitattributes", "a b.gguf", "..a"}) {
    EXPECT_TRUE(is_file_path(path)) << path;
  }
  for (const std::string& path :
       {std::string("../x"), std::string("a/../x"), std::string("/etc/passwd"), std::string("a//b"),
        std::string("a/"), std::string("."), std::string(""), std::string("a\0b", 3), std::string("a\\b"),
        std::string("c:x"), std::string("x.gguf::$DATA"), std::string("a\nb"), std::string("a\x1b[2Jb"),
        std::string("\xff"), std::string("x."), std::string("x "), std::string("a\u202eb")}) {
    EXPECT_FALSE(is_file_path(path)) << path;
  }
}

TEST(Hashes, AreLowerCaseHexOfTheirLength) {
  EXPECT_TRUE(is_commit(std::string(40, 'a')));
  EXPECT_FALSE(is_commit(std::string(40, 'A')));
  EXPECT_FALSE(is_commit(std::string(39, 'a')));
  EXPECT_TRUE(is_sha256(std::string(64, '0')));
  EXPECT_FALSE(is_sha256(std::string(63, '0') + "/"));
}

}  // namespace
}  // namespace tokcast
