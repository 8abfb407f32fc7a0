// Ended at any moment, by any signal, to us or to the engine: nothing may stay behind.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

using namespace std::chrono_literals;

constexpr const char* kModel = "smollm2-135m-instruct";

// tokcast rehearsing with a fake engine, in a home of its own.
class Interruption : public testing::Test {
 protected:
  // The engine's first measurement writes its process id and then sleeps.
  void use_sleeping_engine() {
    write_fake_engine(home_ / "engine", {.misbehave = "echo $$ > \"$0.pid\"; exec sleep 60"});
  }

  pid_t start_rehearsal() {
    const pid_t pid = fork();
    if (pid != 0) return pid;
    setenv("HOME", home_.path().c_str(), 1);
    setenv("TOKCAST_ENGINE", (home_ / "engine").c_str(), 1);
    for (const char* name : {"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"}) unsetenv(name);
    freopen((home_ / "talk").c_str(), "w", stderr);
    freopen("/dev/null", "w", stdout);
    execl(TOKCAST_BINARY, "tokcast", "rehearse", kModel, "--fresh", nullptr);
    _exit(127);
  }

  pid_t wait_for_engine() {
    for (int i = 0; i < 500; ++i) {
      const std::string text = read_text(home_ / "engine/llama-bench.pid");
      if (!text.empty() && text.back() == '\n') return std::stoi(text);
      std::this_thread::sleep_for(20ms);
    }
    return 0;
  }

  // Processes whose command line names our home: children that were left behind.
  std::size_t processes_left() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const auto line = read_file(entry.path() / "cmdline");
      if (line && line->find(home_.path()) != std::string::npos) ++count;
    }
    return count;
  }

  bool all_gone() const {
    for (int i = 0; i < 250 && processes_left() > 0; ++i) std::this_thread::sleep_for(20ms);
    return processes_left() == 0;
  }

  TemporaryDirectory home_;
};

bool is_gone(pid_t pid) {
  for (int i = 0; i < 250 && kill(pid, 0) == 0; ++i) std::this_thread::sleep_for(20ms);
  return kill(pid, 0) != 0;
}

int end_of(pid_t pid) {
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return status;
}

TEST_F(Interruption, ByControlCOrTerminationStopsTheEngineAndTellsTheSignal) {
  for (const int signal_number : {SIGINT, SIGTERM}) {
    use_sleeping_engine();
    const pid_t us = start_rehearsal();
    const pid_t engine = wait_for_engine();
    ASSERT_GT(engine, 0);
    kill(us, signal_number);
    const int status = end_of(us);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 128 + signal_number);
    EXPECT_TRUE(is_gone(engine));
    std::filesystem::remove(home_ / "engine/llama-bench.pid");
  }
}

TEST_F(Interruption, ByKillTakesTheEngineAlongAndItsSkeletonWithIt) {
  use_sleeping_engine();
  const pid_t us = start_rehearsal();
  const pid_t engine = wait_for_engine();
  ASSERT_GT(engine, 0);
  kill(us, SIGKILL);
  end_of(us);
  // The skeleton has no name: it is gone with the last process that held it.
  EXPECT_TRUE(is_gone(engine));
}

TEST_F(Interruption, OfTheEngineIsAnErrorOfOurs) {
  use_sleeping_engine();
  const pid_t us = start_rehearsal();
  const pid_t engine = wait_for_engine();
  ASSERT_GT(engine, 0);
  kill(engine, SIGKILL);
  const int status = end_of(us);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_NE(read_text(home_ / "talk").find("killed by signal 9"), std::string::npos)
      << read_text(home_ / "talk");
}

TEST_F(Interruption, AtAnyMomentLeavesNoProcess) {
  write_fake_engine(home_ / "engine", {.misbehave = "sleep 0.05"});
  for (const int signal_number : {SIGINT, SIGTERM, SIGKILL}) {
    for (int milliseconds = 0; milliseconds < 400; milliseconds += 57) {
      const pid_t us = start_rehearsal();
      std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
      kill(us, signal_number);
      end_of(us);
      EXPECT_TRUE(all_gone()) << "signal " << signal_number << " after " << milliseconds << " ms";
    }
  }
}

}  // namespace
}  // namespace tokcast
