#include "fetch/blob_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "fetch/blob.h"
#include "fetch/retry.h"

namespace tokcast {
namespace {

constexpr Seconds kLookAgain{0.2};
constexpr Seconds kSettle{0.1};           // for two who displace the same stale owner
constexpr Seconds kForeignPatience{120};  // owners touch their file twice a minute or more

// When a process began: the 22nd word of its stat, counted behind the name, which may hold anything.
std::string start_of(pid_t process) {
  const std::string stat = read_line(fmt::format("/proc/{}/stat", process)).value_or("");
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return "";
  constexpr std::size_t kStartTime = 20;  // of the words behind the name; the first one is empty
  const auto words = split(std::string_view(stat).substr(name_end + 1), ' ');
  return words.size() > kStartTime ? std::string(words[kStartTime]) : "";
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

// By the clock of the file system: a file that is made now tells it.
Seconds untouched_for(const std::string& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) return Seconds(0);
  const std::string probe = fmt::format("{}.{}.now", path, ::getpid());
  const int fd = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  struct stat now{};
  const bool known = fd >= 0 && ::fstat(fd, &now) == 0;
  if (fd >= 0) ::close(fd);
  ::unlink(probe.c_str());
  return Seconds(known ? static_cast<double>(now.st_mtim.tv_sec - about.st_mtim.tv_sec) : 0);
}

std::optional<LockOwner> read_owner(const std::string& path) {
  return parse_owner(read_file(path, Bytes(4096)).value_or(""));
}

std::string describe_owner(const std::string& path) {
  const auto owner = read_owner(path);
  return owner ? printable(fmt::format("process {} on {}", owner->process, owner->host)) : "another process";
}

}  // namespace

std::optional<LockOwner> parse_owner(std::string_view text) {
  if (!text.ends_with('\n')) return std::nullopt;  // not written to its end yet
  const auto words = split(text.substr(0, text.size() - 1), ' ');
  const auto process = words.size() == 4 ? parse_uint(words[0]) : std::nullopt;
  if (!process || *process == 0 || *process > (1U << 30U)) return std::nullopt;
  return LockOwner{static_cast<pid_t>(*process), std::string(words[1]), std::string(words[2]),
                   std::string(words[3])};
}

std::string format_owner(const LockOwner& owner) {
  return fmt::format("{} {} {} {}\n", owner.process, owner.started, owner.boot, owner.host);
}

LockOwner this_owner() {
  return {::getpid(), start_of(::getpid()), read_line("/proc/sys/kernel/random/boot_id").value_or("-"),
          host_name()};
}

bool may_be_alive(const LockOwner& owner, Seconds untouched) {
  const LockOwner us = this_owner();
  if (owner.host != us.host) return untouched < kForeignPatience;
  if (owner.boot != us.boot) return false;
  return start_of(owner.process) == owner.started;
}

BlobLock::BlobLock(std::string path, int fd)
    : path_(std::move(path)), owner_path_(path_ + ".owner"), fd_(fd) {}

Result<std::unique_ptr<BlobLock>> BlobLock::acquire(const std::string& path,
                                                    const std::function<void(const std::string&)>& waiting) {
  if (auto made = make_parent(path); !made) return std::unexpected(made.error());
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    return std::unexpected(error_from_errno(errno, "cannot create the lock", path,
                                            "Choose another place with --models-dir or HF_HOME."));
  }
  std::unique_ptr<BlobLock> lock(new BlobLock(path, fd));
  for (bool told = false;;) {
    const auto locked = lock->try_lock();
    if (!locked) return std::unexpected(locked.error());
    if (*locked) return lock;
    if (!std::exchange(told, true) && waiting) waiting(describe_owner(lock->owner_path_));
    if (auto slept = system_clock().sleep(kLookAgain); !slept) return std::unexpected(slept.error());
  }
}

// Where flock cannot be had at all, the owner file alone decides.
Result<bool> BlobLock::try_lock() {
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  auto owned = try_own();
  if (owned && !*owned && displace_stale_owner()) owned = try_own();
  owned_ = owned.value_or(false);
  if (!owned_) ::flock(fd_, LOCK_UN);
  return owned;
}

// Made under another name and then linked, so that nobody reads half of it. Where there are no hard links, a
// rename that does not replace does the same.
Result<bool> BlobLock::try_own() {
  const std::string draft = fmt::format("{}.{}.{}", owner_path_, ::getpid(), fd_);
  if (auto written = write_file(draft, format_owner(this_owner())); !written)
    return std::unexpected(written.error());
  bool first = ::link(draft.c_str(), owner_path_.c_str()) == 0;
  if (!first && errno != EEXIST)
    first = ::renameat2(AT_FDCWD, draft.c_str(), AT_FDCWD, owner_path_.c_str(), RENAME_NOREPLACE) == 0;
  const int error_number = errno;
  ::unlink(draft.c_str());
  if (first || error_number == EEXIST) return first;
  return std::unexpected(error_from_errno(error_number, "cannot create the lock", owner_path_));
}

// Renaming takes the stale file away. Somebody quicker may have done so and be the owner by now: then it is
// his that we took, and he gets it back.
bool BlobLock::displace_stale_owner() {
  const auto owner = read_owner(owner_path_);
  const Seconds untouched = untouched_for(owner_path_);
  if (owner ? may_be_alive(*owner, untouched) : untouched < kForeignPatience) return false;
  const std::string aside = fmt::format("{}.stale.{}", owner_path_, ::getpid());
  if (::rename(owner_path_.c_str(), aside.c_str()) != 0) return false;
  const bool was_stale = read_owner(aside) == owner;
  if (!was_stale) ::link(aside.c_str(), owner_path_.c_str());
  ::unlink(aside.c_str());
  return was_stale && system_clock().sleep(kSettle).has_value();
}

BlobLock::~BlobLock() {
  if (owned_ && read_owner(owner_path_) == this_owner()) ::unlink(owner_path_.c_str());
  ::close(fd_);  // and with it the flock
}

void BlobLock::touch() const {
  ::utimensat(AT_FDCWD, owner_path_.c_str(), nullptr, 0);
}

}  // namespace tokcast
