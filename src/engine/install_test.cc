#include "engine/install.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "engine/engine_layout.h"
#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Answers like apt-get; `update` and `install` do as the test says. The archive folder is taken from its own
// options.
std::string fake_apt(const std::string& update, const std::string& install) {
  return R"(echo "$*" >> "$0.log"
case "$*" in *indextargets*) echo 'Debian|Debian-Security|http://mirror.test/security/'
                             echo 'Debian|Debian|http://mirror.test/debian/'; exit 0 ;; esac
for word in "$@"; do case $word in Dir::Cache::archives=*) archives=${word#*=} ;; esac; done
case "$*" in
  *" update") )" +
         update + " ;;\n  *\" install \"*) " + install + " ;;\nesac\n";
}

constexpr const char* kDownload =
    "touch \"$archives/libc6_2.43-7_amd64.deb\" \"$archives/llama.cpp-tools_1%3a0.7.0_amd64.deb\"";

// Unpacks a package as an engine whose loader is a script that starts what it is told to load.
std::string fake_dpkg_deb(const std::string& program) {
  return "root=$3; lib=$root/usr/lib/some-linux-gnu; mkdir -p \"$root/usr/bin\" \"$lib/ggml/backends0\" "
         "\"$lib/llama\"\n"
         "touch \"$lib/libc.so.6\" \"$lib/ggml/backends0/libggml-cpu-x.so\" "
         "\"$lib/llama/libllama-bench-impl.so\"\n"
         "cp '" +
         program +
         "' \"$root/usr/bin/llama-bench\"\n"
         "printf '#!/bin/sh\\nshift 4\\nexec \"$@\"\\n' > \"$lib/ld-linux-some.so.1\"\n"
         "chmod 755 \"$lib/ld-linux-some.so.1\"\n";
}

class Installing : public testing::Test {
 protected:
  Installing() {
    if (const char* path = std::getenv("PATH")) path_ = path;
    write_fake_engine(directory_ / "packaged");
    tool("dpkg", "echo amd64");
    tool("apt-get", fake_apt("exit 0", kDownload));
    tool("dpkg-deb", fake_dpkg_deb(directory_ / "packaged/llama-bench"));
    setenv("PATH", (directory_ / "tools" + ":" + path_).c_str(), 1);
  }
  ~Installing() override { setenv("PATH", path_.c_str(), 1); }

  void SetUp() override {
    if (!fs::exists("/usr/share/keyrings/debian-archive-keyring.gpg")) {
      GTEST_SKIP()
          << "this system has no debian-archive-keyring, so an installation ends before anything is tried";
    }
  }

  void tool(const std::string& name, const std::string& body) {
    write_script(directory_ / "tools/" + name, body);
  }
  Result<Engine> install() { return install_engine(options_); }
  Error failure() {
    const auto engine = install();
    return engine ? Error{.message = "it succeeded"} : engine.error();
  }
  // What is in the folder that holds the engine's, beside it and the lock.
  std::vector<std::string> leftovers() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(directory_ / "data")) {
      const std::string name = entry.path().filename();
      if (name != "engine" && name != ".engine.lock") out.push_back(name);
    }
    return out;
  }

  TemporaryDirectory directory_;
  std::string path_;
  std::vector<std::string> said_;
  InstallOptions options_{.private_directory = directory_ / "data/engine",
                          .progress = [this](std::string_view line) { said_.emplace_back(line); },
                          .room = Bytes(1000)};
};

TEST_F(Installing, LeavesAnEngineThatRunsAndNothingElse) {
  const auto engine = install();
  ASSERT_TRUE(engine) << describe(engine.error());
  EXPECT_EQ(engine->directory, options_.private_directory + "/bin");
  EXPECT_EQ(engine->build, 11669U);
  EXPECT_EQ(read_text(directory_ / "data/engine/MANIFEST"), "libc6 2.43-7\nllama.cpp-tools 1:0.7.0\n");
  EXPECT_TRUE(fs::exists(directory_ / "data/engine/lib/libggml-cpu-x.so"));
  EXPECT_TRUE(fs::exists(directory_ / "data/engine/lib/libllama-bench-impl.so"));
  EXPECT_THAT(leftovers(), testing::IsEmpty());
  ASSERT_EQ(said_.size(), 4U);
  EXPECT_THAT(said_[0], HasSubstr("http://mirror.test/debian/"));
  EXPECT_THAT(said_[3], HasSubstr("installed llama.cpp 0.7.0 (build 11669, commit fake)"));
}

TEST_F(Installing, MakesProgramsThatRunThroughALinkToo) {
  ASSERT_TRUE(install());
  fs::create_symlink(directory_ / "data/engine/bin/llama-bench", directory_ / "llama-bench");
  EngineSearch search{.option = directory_.path()};
  const auto engine = find_engine(search);
  EXPECT_TRUE(engine) << describe(engine.error());
}

TEST_F(Installing, KeepsAptAwayFromTheSystem) {
  ASSERT_TRUE(install());
  const std::string log = read_text(directory_ / "tools/apt-get.log");
  for (const char* option : {"Dir::State=", "Dir::State::lists=", "Dir::State::status=", "Dir::Cache=",
                             "Dir::Cache::archives=", "Dir::Etc::sourcelist="}) {
    EXPECT_THAT(log, HasSubstr(option + (directory_ / "data/.engine.staging")));
  }
  EXPECT_THAT(log, HasSubstr("--download-only"));
}

TEST_F(Installing, ReplacesTheOldEngineWhole) {
  write_text(directory_ / "data/engine/old", "");
  ASSERT_TRUE(install());
  EXPECT_FALSE(fs::exists(directory_ / "data/engine/old"));
  EXPECT_TRUE(fs::exists(directory_ / "data/engine/bin/llama-bench"));
  EXPECT_THAT(leftovers(), testing::IsEmpty());
}

TEST_F(Installing, RemovesWhatAnEarlierOneLeft) {
  write_text(directory_ / "data/.engine.staging/root/half", "");
  write_text(directory_ / "data/.engine.replaced/bin/llama-bench", "");
  write_text(directory_ / "data/engine/current", "");
  ASSERT_TRUE(install());
  EXPECT_THAT(leftovers(), testing::IsEmpty());
}

TEST_F(Installing, BringsBackAnEngineThatAnEarlierOneHadSetAside) {
  write_text(directory_ / "data/.engine.replaced/bin/llama-bench", "old");
  tool("apt-get", fake_apt("exit 100", "exit 100"));
  EXPECT_FALSE(install());
  EXPECT_EQ(read_text(directory_ / "data/engine/bin/llama-bench"), "old");
}

// Whatever goes wrong on the way, the engine that was there stays.
struct Mishap {
  const char* name;
  std::string update = "exit 0";
  std::string install = kDownload;
  std::string unpack{};
  ErrorKind kind;
  const char* says;
};

TEST_F(Installing, KeepsTheOldEngineThroughEveryMishap) {
  const std::vector<Mishap> mishaps{
      {.name = "offline",
       .update = "echo \"E: Failed to fetch: Could not resolve 'mirror.test'\" >&2; exit 100",
       .kind = ErrorKind::kNetwork,
       .says = "Could not resolve"},
      {.name = "broken off",
       .install = "echo 'E: Connection failed' >&2; exit 100",
       .kind = ErrorKind::kNetwork,
       .says = "Connection failed"},
      {.name = "strange key",
       .update = "echo 'E: The repository is not signed.' >&2; exit 100",
       .kind = ErrorKind::kChecksum,
       .says = "not signed"},
      {.name = "no such suite",
       .update = "echo \"E: The repository 'x Release' does not have a Release file.\" >&2; exit 100",
       .kind = ErrorKind::kUnsupported,
       .says = "no suite called forky"},
      {.name = "not packaged",
       .install = "echo 'E: Unable to locate package llama.cpp-tools' >&2; exit 100",
       .kind = ErrorKind::kUnsupported,
       .says = "has no llama.cpp"},
      {.name = "full while fetching",
       .install = "echo \"E: You don't have enough free space in /x/.\" >&2; exit 100",
       .kind = ErrorKind::kDiskFull,
       .says = "free space"},
      {.name = "full while unpacking",
       .unpack = "echo 'dpkg-deb: error: write: No space left on device' >&2; exit 2",
       .kind = ErrorKind::kDiskFull,
       .says = "No space left"},
      {.name = "damaged package",
       .unpack = "echo 'dpkg-deb: error: unexpected end of file' >&2; exit 2",
       .kind = ErrorKind::kIo,
       .says = "unexpected end of file"},
      {.name = "empty packages",
       .unpack = "exit 0",
       .kind = ErrorKind::kEngineFailed,
       .says = "no C library"},
      {.name = "nothing fetched",
       .install = "exit 0",
       .kind = ErrorKind::kEngineFailed,
       .says = "no C library"},
      {.name = "wrong program",
       .unpack = fake_dpkg_deb("/bin/false"),
       .kind = ErrorKind::kEngineFailed,
       .says = "does not run here"},
  };
  write_text(directory_ / "data/engine/old", "");
  for (const Mishap& mishap : mishaps) {
    tool("apt-get", fake_apt(mishap.update, mishap.install));
    tool("dpkg-deb",
         mishap.unpack.empty() ? fake_dpkg_deb(directory_ / "packaged/llama-bench") : mishap.unpack);
    const Error error = failure();
    EXPECT_EQ(error.kind, mishap.kind) << mishap.name << ": " << describe(error);
    EXPECT_THAT(error.message, HasSubstr(mishap.says)) << mishap.name;
    EXPECT_FALSE(error.fix.empty()) << mishap.name;
    EXPECT_TRUE(fs::exists(directory_ / "data/engine/old")) << mishap.name;
    EXPECT_THAT(leftovers(), testing::IsEmpty()) << mishap.name;
  }
}

TEST_F(Installing, LooksForRoomFirst) {
  options_.room = Bytes(1ULL << 62U);
  EXPECT_EQ(failure().kind, ErrorKind::kDiskFull);
  EXPECT_THAT(said_, testing::IsEmpty());
}

TEST_F(Installing, WaitsForNoOther) {
  fs::create_directories(directory_ / "data");
  const int lock = open((directory_ / "data/.engine.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(flock(lock, LOCK_EX), 0);
  EXPECT_THAT(failure().message, HasSubstr("another installation"));
  close(lock);
  EXPECT_TRUE(install());
}

TEST_F(Installing, NamesTheOtherWaysWhereThereIsNoApt) {
  setenv("PATH", (directory_ / "nothing").c_str(), 1);
  const Error error = failure();
  EXPECT_EQ(error.kind, ErrorKind::kUnsupported);
  EXPECT_THAT(error.message, HasSubstr("no apt-get"));
  EXPECT_THAT(error.fix, HasSubstr("tokcast engine use DIR"));
}

TEST_F(Installing, NamesTheOtherWaysWhereAptKnowsNoDebian) {
  tool("apt-get", "case \"$*\" in *indextargets*) echo 'Other|Other|http://other.test/' ;; esac");
  EXPECT_EQ(failure().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(failure().message, HasSubstr("no Debian mirror"));
}

TEST_F(Installing, FindsTheMirrorOfASystemThatNeverFetchedALists) {
  tool("apt-get",
       "case \"$*\" in *print-uris*) echo \"'http://mirror.test/debian/dists/stable/InRelease' x 0\"; exit 0 "
       ";; "
       "*indextargets*) exit 0 ;; esac\n" +
           fake_apt("exit 0", kDownload));
  ASSERT_TRUE(install());
  EXPECT_THAT(said_[0], HasSubstr("from http://mirror.test/debian/"));
}

TEST_F(Installing, ReplacesTheFolderBehindALinkAndNotTheLink) {
  fs::create_directories(directory_ / "disk/engine");
  fs::create_directories(directory_ / "data");
  fs::create_symlink(directory_ / "disk/engine", directory_ / "data/engine");
  options_.private_directory += "/";
  ASSERT_TRUE(install());
  EXPECT_TRUE(fs::is_symlink(directory_ / "data/engine"));
  EXPECT_TRUE(fs::exists(directory_ / "data/engine/bin/llama-bench"));
}

TEST_F(Installing, RefusesANameThatIsNoSuite) {
  for (const char* suite : {"", "forky main", "../x", "Forky\n"}) {
    options_.suite = suite;
    EXPECT_EQ(failure().kind, ErrorKind::kUsage) << suite;
  }
}

TEST_F(Installing, RefusesNoFolderAtAll) {
  for (const char* folder : {"", "/"}) {
    options_.private_directory = folder;
    EXPECT_EQ(failure().kind, ErrorKind::kUsage) << folder;
  }
}

TEST(Archives, TellTheirPackageAndVersion) {
  EXPECT_EQ(package_of_archive("/x/libllama0_1%3a0.7.0+dfsg-2_amd64.deb"), "libllama0 1:0.7.0+dfsg-2");
  EXPECT_EQ(package_of_archive("odd.deb"), "odd");
}

}  // namespace
}  // namespace tokcast
