#include "base/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <thread>

namespace tokcast {
namespace {

ChildOptions shell(const std::string& script) {
  return {.arguments = {"sh", "-c", script}};
}

TEST(Child, GivesOutputErrorAndExitCode) {
  const auto result = run_child(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->standard_output, "out\n");
  EXPECT_EQ(result->standard_error, "err\n");
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->term_signal, std::nullopt);
}

TEST(Child, PassesArgumentsWithoutAShell) {
  const auto result = run_child({.arguments = {"printf", "%s", "a b; $HOME `x`"}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->standard_output, "a b; $HOME `x`");
}

TEST(Child, NamesAProgramThatDoesNotExist) {
  const auto result = run_child({.arguments = {"no-such-program-anywhere"}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(run_child({.arguments = {"/no/such/file"}}).error().kind, ErrorKind::kNotFound);
}

TEST(Child, SaysWhenAFileIsNoProgram) {
  const auto result = run_child({.arguments = {"/etc/passwd"}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kIo);
}

TEST(Child, IsKilledWithItsWholeGroupAtTheDeadline) {
  ChildOptions options = shell("sleep 60 & echo $!; sleep 60");
  options.deadline = Seconds(0.3);
  const auto result = run_child(options);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->timed_out);
  EXPECT_EQ(result->term_signal, SIGKILL);
  const pid_t grandchild = std::stoi(result->standard_output);
  for (int i = 0; i < 200 && kill(grandchild, 0) == 0; ++i) usleep(10'000);
  EXPECT_NE(kill(grandchild, 0), 0) << "the grandchild still runs";
  EXPECT_EQ(describe_end(*result, options), "took longer than 0.300 s");
}

TEST(Child, IsKilledWhenItFloodsItsOutput) {
  ChildOptions options{.arguments = {"yes"}};
  options.output_limit = Bytes(100'000);
  const auto result = run_child(options);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->output_overflowed);
  EXPECT_LT(result->standard_output.size(), 300'000U);
}

TEST(Child, ThatClosesItsOutputAndHangsStillMeetsItsDeadline) {
  ChildOptions options = shell("exec >&- 2>&-; sleep 60");
  options.deadline = Seconds(0.3);
  const auto result = run_child(options);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->timed_out);
}

TEST(Child, InheritsOnlyTheDescriptorsNamed) {
  // High numbers, which `ls` does not use for itself.
  const int secret = fcntl(0, F_DUPFD, 71);  // no close-on-exec: still must not leak
  const int wanted = fcntl(0, F_DUPFD_CLOEXEC, 81);
  ChildOptions options = shell("ls /proc/self/fd");
  options.inherited_descriptors = {wanted};
  const auto result = run_child(options);
  close(secret);
  close(wanted);
  ASSERT_TRUE(result);
  const std::string listed = "\n" + result->standard_output;
  EXPECT_NE(listed.find("\n" + std::to_string(wanted) + "\n"), std::string::npos) << listed;
  EXPECT_EQ(listed.find("\n" + std::to_string(secret) + "\n"), std::string::npos) << listed;
}

TEST(Child, ReportsTheSignalThatEndedIt) {
  const auto options = shell("kill -ABRT $$");
  const auto result = run_child(options);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->term_signal, SIGABRT);
  EXPECT_EQ(describe_end(*result, options), "was killed by signal 6 (Aborted)");
}

TEST(Child, ReadsWhatItIsGiven) {
  const int text = memfd_create("text", MFD_CLOEXEC);
  ASSERT_EQ(write(text, "a line\n", 7), 7);
  lseek(text, 0, SEEK_SET);
  ChildOptions options{.arguments = {"cat"}};
  options.input_descriptor = text;
  const auto result = run_child(options);
  close(text);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->standard_output, "a line\n");
  EXPECT_EQ(run_child({.arguments = {"cat"}})->standard_output, "");
}

// On the heap: g++ 12 takes one on the stack for uninitialised.
std::unique_ptr<std::stop_source> make_stop() {
  return std::make_unique<std::stop_source>();
}

TEST(Child, IsKilledWithItsWholeGroupWhenNobodyWantsItAnyMore) {
  for (const char* script : {"sleep 60 & sleep 60", "exec >&- 2>&-; sleep 60"}) {
    const auto stop = make_stop();
    ChildOptions options = shell(script);
    options.stop = stop->get_token();
    std::thread other([&stop] {
      usleep(100'000);
      stop->request_stop();
    });
    const auto result = run_child(options);
    other.join();
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->stopped);
    EXPECT_EQ(result->term_signal, SIGKILL);
    EXPECT_EQ(describe_end(*result, options), "was stopped");
  }
}

TEST(Child, ThatIsNotWantedFromTheBeginningIsNotWaitedFor) {
  const auto stop = make_stop();
  stop->request_stop();
  ChildOptions options = shell("sleep 60");
  options.stop = stop->get_token();
  EXPECT_TRUE(run_child(options)->stopped);
}

TEST(Child, RunsWithinItsMemoryLimit) {
  ChildOptions options{.arguments = {"dd", "if=/dev/zero", "of=/dev/null", "bs=512M", "count=1"}};
  options.memory_limit = 64 * kMebi.value * Bytes(1);
  const auto result = run_child(options);
  ASSERT_TRUE(result);
  EXPECT_NE(result->exit_code, 0);
}

TEST(Child, SeesTheEnvironmentItIsGiven) {
  ChildOptions options = shell("printf %s \"$TOKCAST_PROBE\"");
  options.environment = {{"TOKCAST_PROBE", "yes"}};
  const auto result = run_child(options);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->standard_output, "yes");
}

TEST(Child, CanBeRunFromSeveralThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&good] {
      const auto result = run_child(shell("echo hi"));
      if (result && result->standard_output == "hi\n") ++good;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 4);
}

}  // namespace
}  // namespace tokcast
