#include "fetch/sha256.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "base/interrupt.h"

namespace tokcast {
namespace {

constexpr std::size_t kReadBytes = 1U << 20U;

bool uses_git(const ContentPromise& promise) {
  return !promise.sha256 && promise.git_id && promise.size;
}

}  // namespace

ContentHash::ContentHash(const ContentPromise& promise)
    : context_(EVP_MD_CTX_new()),
      sound_(context_ &&
             EVP_DigestInit_ex(context_.get(), uses_git(promise) ? EVP_sha1() : EVP_sha256(), nullptr) == 1) {
  if (!uses_git(promise)) return;
  const std::string head = fmt::format("blob {}", promise.size->value);
  add({head.c_str(), head.size() + 1});  // with the NUL behind it
}

void ContentHash::add(std::span<const char> bytes) {
  sound_ = sound_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
}

ContentHash ContentHash::copy() const {
  Context context(EVP_MD_CTX_new());
  const bool copied = context && EVP_MD_CTX_copy_ex(context.get(), context_.get()) == 1;
  return {std::move(context), sound_ && copied};
}

std::string ContentHash::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!sound_ || EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1) return {};
  sound_ = false;
  std::string hex;
  for (const unsigned char byte : std::span(digest).first(size)) hex += fmt::format("{:02x}", byte);
  return hex;
}

Result<void> check_content(const ContentPromise& promise, const std::string& hash, const std::string& name) {
  const std::optional<std::string> promised = uses_git(promise) ? promise.git_id : promise.sha256;
  if (!promised || *promised == hash) return {};
  return fail(ErrorKind::kChecksum,
              fmt::format("its content is not what was promised: the hash is {}, not {}", hash, *promised),
              name, "Nothing of it was kept. Fetch it again, and if that repeats, from another network.");
}

Result<std::string> hash_file(const std::string& path, const ContentPromise& promise) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::unexpected(error_from_errno(errno, "cannot open", path));
  ContentHash hash(promise);
  std::vector<char> buffer(kReadBytes);
  Result<void> go_on;
  ssize_t count = 0;
  while (go_on && (count = ::read(fd, buffer.data(), buffer.size())) > 0) {
    hash.add(std::span(buffer).first(static_cast<std::size_t>(count)));
    go_on = check_interrupt();
  }
  const int error_number = errno;
  ::close(fd);
  if (!go_on) return std::unexpected(go_on.error());
  if (count < 0) return std::unexpected(error_from_errno(error_number, "cannot read", path));
  return hash.finish();
}

}  // namespace tokcast
