#include "engine/install.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "engine/apt_fetch.h"
#include "engine/engine_layout.h"
#include "engine/engine_probe.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

constexpr Seconds kUnpackDeadline(120);

// The folders of one installation, all beside each other on one disk, so that moving is renaming. Whoever
// holds the lock may remove what earlier installations left: the kernel gives it back when its holder dies,
// however it dies.
class Site {
 public:
  explicit Site(const fs::path& target) : target_(target) {}
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;
  ~Site() {
    std::error_code ignored;
    if (lock_ < 0) return;
    fs::remove_all(staging(), ignored);
    fs::remove_all(replaced(), ignored);
    close(lock_);
  }

  fs::path target() const { return target_; }
  fs::path staging() const { return beside(".staging"); }
  fs::path engine() const { return staging() / "engine"; }

  Result<void> enter() {
    std::error_code error;
    fs::create_directories(target_.parent_path(), error);
    if (error)
      return std::unexpected(
          error_from_errno(error.value(), "cannot make this folder", target_.parent_path()));
    const fs::path lock = beside(".lock");
    const int fd = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return std::unexpected(error_from_errno(errno, "cannot write here", lock));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      close(fd);
      return fail(ErrorKind::kIo, "another installation of the engine is running", lock,
                  "Wait until it has ended.");
    }
    lock_ = fd;
    return tidy();
  }

  // The new engine takes the place of the old one in one step of the file system. Where the file system
  // cannot exchange, the old one steps aside first; should we die between the two steps, tidy() brings it
  // back.
  Result<void> put_in_place() const {
    const int here = AT_FDCWD;
    if (renameat2(here, engine().c_str(), here, target_.c_str(), RENAME_NOREPLACE) == 0) return {};
    if (renameat2(here, engine().c_str(), here, target_.c_str(), RENAME_EXCHANGE) == 0) return {};
    const bool aside = !fs::exists(target_) || rename(target_.c_str(), replaced().c_str()) == 0;
    if (aside && rename(engine().c_str(), target_.c_str()) == 0) return {};
    return std::unexpected(error_from_errno(errno, "cannot move the engine into place", target_));
  }

 private:
  fs::path beside(const char* suffix) const {
    return target_.parent_path() / fmt::format(".{}{}", target_.filename().string(), suffix);
  }
  fs::path replaced() const { return beside(".replaced"); }

  Result<void> tidy() const {
    std::error_code error;
    if (!fs::exists(target_, error) && fs::exists(replaced(), error)) fs::rename(replaced(), target_, error);
    fs::remove_all(replaced(), error);
    fs::remove_all(staging(), error);
    fs::create_directories(staging() / "root", error);
    if (error) return std::unexpected(error_from_errno(error.value(), "cannot write here", staging()));
    return {};
  }

  fs::path target_;
  int lock_ = -1;
};

// Absolute, without a trailing slash, and through links: what is replaced is the folder, not a link to it.
Result<fs::path> install_target(const std::string& named) {
  std::error_code error;
  fs::path path = fs::absolute(named, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  path = fs::weakly_canonical(path, error);
  if (!named.empty() && !error && path.has_filename()) return path;
  return fail(ErrorKind::kUsage, "there is no folder to install into", named, "Set HOME or XDG_DATA_HOME.");
}

Result<void> check_suite(const std::string& suite) {
  const bool word = !suite.empty() && std::ranges::all_of(suite, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (word) return {};
  return fail(ErrorKind::kUsage, "this is not the name of a Debian suite", suite,
              "Use a name such as forky or sid.");
}

Result<void> check_room(const fs::path& directory, Bytes room) {
  std::error_code error;
  const auto space = fs::space(directory, error);
  if (error)
    return std::unexpected(error_from_errno(error.value(), "cannot tell how much room is left", directory));
  if (space.available >= room.value) return {};
  return fail(ErrorKind::kDiskFull,
              fmt::format("an engine needs {} while it is installed and only {} are free", format_bytes(room),
                          format_bytes(Bytes(space.available))),
              directory, "Make room, or set XDG_DATA_HOME to a folder on another disk.");
}

Result<void> unpack(const std::vector<std::string>& archives, const fs::path& root) {
  for (const std::string& archive : archives) {
    const auto result = run_packaging_tool({"dpkg-deb", "-x", archive, root}, kUnpackDeadline);
    if (!result) return std::unexpected(result.error());
    if (result->exit_code != 0) {
      return std::unexpected(packaging_error(ErrorKind::kIo, "a package cannot be unpacked", *result, archive,
                                             "Try again; if it stays, try another suite."));
    }
  }
  return {};
}

Result<void> write_manifest(const std::vector<std::string>& archives, const fs::path& engine) {
  std::string manifest;
  for (const std::string& archive : archives) manifest += package_of_archive(archive) + "\n";
  return write_file(engine / "MANIFEST", manifest);
}

// From archives to an engine in staging that has shown that it runs.
Result<void> build_engine(const std::vector<std::string>& archives, const Site& site,
                          const std::function<void(std::string_view)>& say) {
  say(fmt::format("unpacking {} packages", archives.size()));
  auto done = unpack(archives, site.staging() / "root");
  if (done) done = arrange_engine(site.staging() / "root", site.engine());
  if (done) done = write_manifest(archives, site.engine());
  if (!done) return done;
  say("trying it");
  const auto tried = probe_engine(site.engine() / "bin", EngineSource::kPrivate, "");
  if (tried) return {};
  Error error = tried.error();
  error.place = site.target();
  if (error.kind != ErrorKind::kInterrupted)
    error.message.insert(0, "the fetched engine does not run here: ");
  return std::unexpected(std::move(error));
}

}  // namespace

Result<Engine> install_engine(const InstallOptions& options) {
  const auto say = [&](std::string_view line) {
    if (options.progress) options.progress(line);
  };
  if (auto checked = check_suite(options.suite); !checked) return std::unexpected(checked.error());
  const auto target = install_target(options.private_directory);
  if (!target) return std::unexpected(target.error());
  Site site(*target);
  const auto mirror = debian_mirror();
  if (!mirror) return std::unexpected(mirror.error());
  if (auto entered = site.enter(); !entered) return std::unexpected(entered.error());
  if (auto checked = check_room(site.staging(), options.room); !checked)
    return std::unexpected(checked.error());

  say(fmt::format("fetching llama.cpp of Debian {} from {}", options.suite, printable(*mirror)));
  const auto archives = fetch_packages(*mirror, options.suite, site.staging() / "apt");
  if (!archives) return std::unexpected(archives.error());
  if (auto built = build_engine(*archives, site, say); !built) return std::unexpected(built.error());
  if (auto go_on = check_interrupt(); !go_on) return std::unexpected(go_on.error());
  if (auto placed = site.put_in_place(); !placed) return std::unexpected(placed.error());

  auto engine = probe_engine(site.target() / "bin", EngineSource::kPrivate, "");
  if (!engine) return engine;
  say(fmt::format("installed llama.cpp {}, {} in {}", engine->version,
                  format_bytes(size_of_directory(site.target())), printable(site.target().string())));
  return engine;
}

}  // namespace tokcast
