#include "serve/supervisor.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

// What a supervisor tells, to be waited for.
class Told {
 public:
  void operator()(const EngineStatus& status) {
    const std::lock_guard lock(mutex_);
    all_.push_back(status);
    changed_.notify_all();
  }
  // The first status of that phase at the `nth` start or later; a minute is for slow machines, not expected.
  EngineStatus wait_for(EnginePhase phase, std::uint64_t nth = 1) {
    std::unique_lock lock(mutex_);
    const auto find = [&] {
      return std::ranges::find_if(all_,
                                  [&](const EngineStatus& s) { return s.phase == phase && s.starts >= nth; });
    };
    changed_.wait_for(lock, std::chrono::seconds(60), [&] { return find() != all_.end(); });
    return find() == all_.end() ? EngineStatus{.reason = "never came"} : *find();
  }

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::vector<EngineStatus> all_{};
};

SupervisorOptions options_for(const TemporaryDirectory& folder, const std::string& script) {
  SupervisorOptions out;
  out.spec.arguments = {write_script(folder / "engine", script), "{socket}"};
  out.runtime_directory = folder.path();
  out.first_pause = Seconds(0.02);
  return out;
}

TEST(Supervisor, ACrashIsReportedWithTheEnginesLastWordsAndItIsStartedAgain) {
  const TemporaryDirectory folder;
  Told told;
  const Supervisor supervisor(
      options_for(folder, "echo loading >&2; echo 'error: no such tensor' >&2; echo bye >&2; exit 3"),
      std::ref(told));
  const EngineStatus failed = told.wait_for(EnginePhase::kFailed, 2);
  EXPECT_EQ(failed.reason, "exited with code 3: error: no such tensor");
  EXPECT_GE(failed.starts, 2U);
  EXPECT_FALSE(failed.pid);
  EXPECT_TRUE(failed.retry_after);
}

TEST(Supervisor, PausesBetweenStartsDouble) {
  const TemporaryDirectory folder;
  Told told;
  const Supervisor supervisor(options_for(folder, "exit 1"), std::ref(told));
  EXPECT_EQ(told.wait_for(EnginePhase::kFailed, 1).retry_after, Seconds(0.02));
  EXPECT_EQ(told.wait_for(EnginePhase::kFailed, 4).retry_after, Seconds(0.16));
}

TEST(Supervisor, AnEngineThatIsNotThereIsAReasonToo) {
  const TemporaryDirectory folder;
  Told told;
  SupervisorOptions options{.spec = {.arguments = {folder / "none"}}, .runtime_directory = folder.path()};
  const Supervisor supervisor(std::move(options), std::ref(told));
  EXPECT_NE(told.wait_for(EnginePhase::kFailed).reason.find("cannot run this program"), std::string::npos);
}

TEST(Supervisor, AChildWithoutUnixSocketsIsToldAPort) {
  const TemporaryDirectory folder;
  Told told;
  SupervisorOptions options = options_for(folder, "echo \"error: $1\" >&2; exit 1");
  options.spec.arguments.back() = "{port}";
  const Supervisor supervisor(std::move(options), std::ref(told));
  const EngineStatus status = told.wait_for(EnginePhase::kFailed);
  ASSERT_TRUE(status.port);
  EXPECT_EQ(status.reason, "exited with code 1: error: " + std::to_string(*status.port));
  EXPECT_EQ(status.socket_path, "");
}

TEST(Supervisor, ItsEndIsTheChildsEnd) {
  const TemporaryDirectory folder;
  Told told;
  int pid = 0;
  {
    const Supervisor supervisor(options_for(folder, "trap '' TERM; sleep 1000 & wait; sleep 1000"),
                                std::ref(told));
    pid = told.wait_for(EnginePhase::kLoading).pid.value();
    EXPECT_EQ(kill(pid, 0), 0);
  }
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(told.wait_for(EnginePhase::kStopped).phase, EnginePhase::kStopped);
}

TEST(Supervisor, AReplacementEndsTheChildAndStartsTheOther) {
  const TemporaryDirectory folder;
  Told told;
  Supervisor supervisor(options_for(folder, "sleep 1000"), std::ref(told));
  told.wait_for(EnginePhase::kLoading);
  supervisor.replace(
      {.arguments = {write_script(folder / "other", "echo 'error: other' >&2; exit 1")}, .model = "other"});
  const EngineStatus status = told.wait_for(EnginePhase::kFailed, 2);
  EXPECT_EQ(status.model, "other");
  EXPECT_EQ(status.reason, "exited with code 1: error: other");
}

TEST(Supervisor, TheRuntimeFolderIsOursAlone) {
  const auto folder = make_runtime_directory();
  ASSERT_TRUE(folder) << describe(folder.error());
  struct stat about{};
  ASSERT_EQ(stat(folder->c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0700U);
  EXPECT_LT(folder->size(), 90U);
  std::filesystem::remove(*folder);
}

TEST(Supervisor, NoAnswerIsNoStatus) {
  EXPECT_FALSE(probe_unix_http("/nowhere.sock", "/health", Seconds(0.1)));
  EXPECT_FALSE(probe_unix_http(std::string(200, 'x'), "/health", Seconds(0.1)));
  EXPECT_FALSE(probe_loopback_http(1, "/health", Seconds(0.1)));
}

}  // namespace
}  // namespace tokcast
