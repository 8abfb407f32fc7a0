// The imitation of the hub (test_server_test_util.h).
#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "base/json.h"
#include "fetch/test_server_test_util.h"

namespace tokcast {

std::string sha256_of(const TestFile& file) {
  constexpr std::uint64_t kPiece = 1U << 20U;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  for (std::uint64_t done = 0; done < file.size; done += kPiece) {
    const std::string piece = file.bytes(done, std::min(kPiece, file.size - done));
    EVP_DigestUpdate(context, piece.data(), piece.size());
  }
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(context, digest.data(), nullptr);
  EVP_MD_CTX_free(context);
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

TestHub::TestHub() = default;

std::string TestHub::cdn_path(const std::string& repository, const std::string& path) {
  return "/lfs/" + repository + "/" + path;
}

std::string TestHub::resolve_path(const std::string& repository, const std::string& path,
                                  const std::string& revision) {
  return fmt::format("/{}/resolve/{}/{}", repository, revision, path);
}

std::string TestHub::tree_path(const std::string& repository, const std::string& revision) {
  return fmt::format("/api/models/{}/tree/{}", repository, revision);
}

std::string TestHub::revision_path(const std::string& repository, const std::string& revision) {
  return fmt::format("/api/models/{}/revision/{}", repository, revision);
}

void TestHub::add(const std::string& repository, const std::string& path, TestFile file, std::string sha256) {
  if (sha256.empty()) sha256 = sha256_of(file);
  const TestHeaders linked{{"X-Repo-Commit", kCommit},
                           {"X-Linked-Etag", "\"" + sha256 + "\""},
                           {"X-Linked-Size", std::to_string(file.size)}};
  for (const std::string& revision : {std::string("main"), std::string(kCommit)}) {
    hub_.redirect(resolve_path(repository, path, revision),
                  cdn_.url(cdn_path(repository, path)) + "?signed=yes", 302, linked);
  }
  put(repository, {path, file.size, sha256});
  cdn_.serve(cdn_path(repository, path), std::move(file));
  publish(repository);
}

void TestHub::add_plain(const std::string& repository, const std::string& path, const std::string& content) {
  TestFile file = TestFile::of(content);
  file.headers = {{"X-Repo-Commit", kCommit}};
  for (const std::string& revision : {std::string("main"), std::string(kCommit)}) {
    hub_.serve(resolve_path(repository, path, revision), file);
  }
  put(repository, {path, file.size, ""});
  publish(repository);
}

void TestHub::put(const std::string& repository, const Entry& entry) {
  std::vector<Entry>& entries = repositories_[repository];
  std::erase_if(entries, [&entry](const Entry& other) { return other.path == entry.path; });
  entries.push_back(entry);
}

void TestHub::publish(const std::string& repository) {
  Json tree = Json::array();
  for (const Entry& entry : repositories_[repository]) {
    Json row{{"type", "file"}, {"oid", std::string(40, 'a')}, {"size", entry.size}, {"path", entry.path}};
    if (!entry.sha256.empty())
      row["lfs"] = {{"oid", entry.sha256}, {"size", entry.size}, {"pointerSize", 135}};
    tree.push_back(std::move(row));
  }
  const TestHeaders json{{"Content-Type", "application/json; charset=utf-8"}};
  for (const std::string& revision : {std::string("main"), std::string(kCommit)}) {
    hub_.answer(tree_path(repository, revision), 200, tree.dump(), json);
    const Json about{{"id", repository}, {"sha", kCommit}};
    hub_.answer(revision_path(repository, revision), 200, about.dump(), json);
  }
}

void TestHub::gate(const std::string& repository) {
  const TestHeaders headers{{"X-Error-Code", "GatedRepo"},
                            {"X-Error-Message", "Access to it is restricted."}};
  for (const std::string& revision : {std::string("main"), std::string(kCommit)}) {
    for (const Entry& entry : repositories_[repository]) {
      hub_.answer(resolve_path(repository, entry.path, revision), 401, "Access restricted", headers);
    }
    hub_.answer(tree_path(repository, revision), 401, "Access restricted", headers);
    hub_.answer(revision_path(repository, revision), 401, "Access restricted", headers);
  }
}

std::uint64_t TestHub::request_count() const {
  return hub_.requests().size() + cdn_.requests().size();
}

std::uint64_t TestHub::body_bytes() const {
  return hub_.body_bytes() + cdn_.body_bytes();
}

}  // namespace tokcast
