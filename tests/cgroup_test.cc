// Half a processor and 2 GiB, as a container may have them: what `tokcast` says inside such a control group.
//
// A real group is made where that is allowed, below the nearest of our own groups that takes one (as root on
// most machines); where it is not, the files of such a machine stand in for it, and the test says so.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>

#include "base/file.h"
#include "cli_test_util.h"

namespace tokcast {
namespace {

namespace fs = std::filesystem;

using Settings = std::vector<std::pair<std::string, std::string>>;  // file, content

bool write_setting(const std::string& path, const std::string& content) {
  std::ofstream file(path);
  file << content;
  file.close();
  return file.good();
}

void wait_a_moment() {
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

// Below the hierarchy mounted at `mount`, at our own group in it or the nearest ancestor of that which lets
// us: in version 2 a group with processes in it has no children with limits. "" if none does.
std::string make_below(const std::string& mount, std::string group, const Settings& settings) {
  for (;; group.resize(group.rfind('/'))) {
    if (group == "/") group.clear();
    const std::string folder = mount + group + "/tokcast-test-" + std::to_string(getpid());
    std::error_code error;
    const bool made = !folder.contains('\'') && fs::create_directory(folder, error);
    const auto set = [&folder](const auto& setting) {
      return write_setting(folder + "/" + setting.first, setting.second);
    };
    if (made && std::ranges::all_of(settings, set)) return folder;
    if (made) fs::remove(folder, error);
    if (group.empty()) return "";
  }
}

// A control group (in version 1, one in each of two hierarchies) with its limits, and nothing in it.
//
// It is removed by a process of its own, which sees the end of this one by a pipe: when the object goes, or
// when this process dies in whatever way.
class ControlGroup {
 public:
  // nullptr if no such group can be made here.
  static std::unique_ptr<ControlGroup> make() {
    std::vector<std::string> folders;
    bool complete = true;
    const auto add = [&](const std::string& mount, const std::string& group, const Settings& settings) {
      folders.push_back(make_below(mount, group, settings));
      complete = complete && !folders.back().empty();
    };
    const std::string groups = read_line("/proc/self/cgroup").value_or("");
    for (const std::string_view line : split(groups, '\n')) {
      const auto parts = split(line, ':');  // id:controllers:path
      if (parts.size() < 3 || !parts[2].starts_with('/')) continue;
      const std::string group(line.substr(parts[0].size() + parts[1].size() + 2));
      const auto controllers = split(parts[1], ',');
      if (std::ranges::count(controllers, "cpu") > 0) {
        add("/sys/fs/cgroup/cpu", group, {{"cpu.cfs_period_us", "100000"}, {"cpu.cfs_quota_us", "50000"}});
      }
      if (std::ranges::count(controllers, "memory") > 0) {
        add("/sys/fs/cgroup/memory", group, {{"memory.limit_in_bytes", "2147483648"}});
      }
      if (parts[0] == "0" && groups.find(":memory:") == std::string::npos) {
        add("/sys/fs/cgroup", group, {{"cpu.max", "50000 100000"}, {"memory.max", "2147483648"}});
      }
    }
    std::erase(folders, "");
    std::unique_ptr<ControlGroup> out(new ControlGroup(std::move(folders)));
    return complete && !out->folders_.empty() && out->takes_processes() ? std::move(out) : nullptr;
  }

  ControlGroup(const ControlGroup&) = delete;
  ControlGroup& operator=(const ControlGroup&) = delete;

  ~ControlGroup() {
    if (guard_ != nullptr) pclose(guard_);
    const auto gone = [this] {
      return std::ranges::none_of(folders_, [](const std::string& folder) { return fs::exists(folder); });
    };
    for (int i = 0; i < 1000 && !gone(); ++i) wait_a_moment();
    EXPECT_TRUE(gone()) << folders_.front();
  }

  const std::vector<std::string>& folders() const { return folders_; }

  // The same command, which enters the group before it begins.
  std::vector<std::string> inside(const std::vector<std::string>& command) const {
    std::string script = "set -e; ";
    for (const std::string& folder : folders_) script += "echo $$ > '" + folder + "/cgroup.procs'; ";
    std::vector<std::string> out{"/bin/sh", "-c", script + "exec \"$@\"", "sh"};
    out.insert(out.end(), command.begin(), command.end());
    return out;
  }

 private:
  explicit ControlGroup(std::vector<std::string> folders) : folders_(std::move(folders)) {
    std::string script = "trap '' INT TERM HUP; cat > /dev/null; n=0\n";
    for (const std::string& folder : folders_) {
      script += "until ! test -d '" + folder + "' || rmdir '" + folder +
                "' || test $((n += 1)) -gt 99; do\n" + "kill -9 $(cat '" + folder +
                "/cgroup.procs'); sleep 0.1; done\n";
    }
    script += "rm -rf '" + script_.path() + "'\n";  // where this process is killed, nobody else does
    write_text(script_ / "remove.sh", script);
    const std::string command = "exec setsid -f sh '" + (script_ / "remove.sh") + "' > /dev/null 2>&1";
    guard_ = popen(command.c_str(), "we");
    EXPECT_NE(guard_, nullptr);
  }

  bool takes_processes() const {
    const auto result = run_child({.arguments = inside({"true"})});
    return result && result->exit_code == 0;
  }

  std::vector<std::string> folders_;
  TemporaryDirectory script_{};
  FILE* guard_ = nullptr;  // its end is the end of the group
};

constexpr const char* kTooLarge = "llama-2-7b-chat";  // 4 GB

class HalfAProcessorAndTwoGibibytes : public Cli {
 protected:
  static std::vector<std::string> recommend() {
    return {"recommend", "--model", kSmall, "--model", kTooLarge, "--effort", "1", "--json"};
  }

  static void expect_limits(const Json& profile) {
    const Json& limits = profile["limits"];
    EXPECT_EQ(limits["cpu_quota"], 0.5);
    EXPECT_EQ(limits["usable_threads"], 1);
    EXPECT_LE(limits["usable_memory_bytes"].get<double>(), std::pow(2, 31));
    EXPECT_GT(limits["usable_memory_bytes"].get<double>(), std::pow(2, 30));
    EXPECT_EQ(limits["memory_from"], "cgroup");
    const int cores = limits["physical_cores"].is_number() ? limits["physical_cores"].get<int>() : 1;
    EXPECT_EQ(limits["threads_from"] == "cgroup quota", cores > 1) << limits;
  }

  static void expect_verdicts(const Json& answer) {
    ASSERT_EQ(answer["forecasts"].size(), 2U) << answer;
    for (const Json& one : answer["forecasts"]) {
      const bool small = one["model"]["id"] == kSmall;
      EXPECT_EQ(one["verdict"] == "does-not-fit", !small) << one["verdict"];
      EXPECT_EQ(one["memory"]["fits"], small);
      EXPECT_EQ(one["memory"]["limit_from"], "cgroup");
      EXPECT_LE(one["memory"]["limit_bytes"].get<double>(), std::pow(2, 31));
    }
  }

  // By the files of a machine that was never here.
  void expect_respect_below_a_root() {
    const std::string archive = std::string(TOKCAST_FIXTURES) + "/container-quota-half.json";
    const std::string root = home_ / "root";
    const std::string file = home_ / "profile.json";
    ASSERT_EQ(tokcast({"gather", archive, "--unpack", root}).exit_code, 0);
    expect_limits(parsed(tokcast({"probe", "--root", root, "--json", "--save", file})));
    std::vector<std::string> asked = recommend();
    asked.insert(asked.end(), {"--machine", file});
    expect_verdicts(parsed(tokcast(asked)));
    EXPECT_EQ(measurements(), 0U) << "another machine cannot be timed here";
  }

  void expect_respect_inside(const ControlGroup& group) {
    const auto tokcast_inside = [&](std::vector<std::string> arguments) {
      arguments.insert(arguments.begin(), TOKCAST_BINARY);
      return run(group.inside(arguments));
    };
    const ChildResult probe = tokcast_inside({"probe", "--quick", "--json"});
    ASSERT_EQ(probe.exit_code, 0) << probe.standard_error;
    expect_limits(parsed(probe));
    expect_verdicts(parsed(tokcast_inside(recommend())));
    EXPECT_GT(measurements(), 0U);
    EXPECT_TRUE(contains(read_text(home_ / "engine/llama-bench.log"), "-t 1 ")) << "one thread";
  }
};

TEST_F(HalfAProcessorAndTwoGibibytes, AreRespectedInsideAControlGroup) {
  const auto group = ControlGroup::make();
  if (group) {
    RecordProperty("group", group->folders().front());
    return expect_respect_inside(*group);
  }
  std::puts("No control group can be made here: the files of a container stand in for it.");
  expect_respect_below_a_root();
}

TEST_F(HalfAProcessorAndTwoGibibytes, AreRespectedByTheFilesOfAContainer) {
  expect_respect_below_a_root();
}

TEST(ControlGroupOfATest, IsGoneAfterwards) {
  auto group = ControlGroup::make();
  if (!group) GTEST_SKIP() << "no control group can be made here";
  const std::vector<std::string> folders = group->folders();
  for (const std::string& folder : folders) EXPECT_TRUE(fs::exists(folder));
  group.reset();
  for (const std::string& folder : folders) EXPECT_FALSE(fs::exists(folder));
}

TEST(ControlGroupOfATest, IsGoneEvenIfTheTestIsKilled) {
  if (!ControlGroup::make()) GTEST_SKIP() << "no control group can be made here";
  const TemporaryDirectory notes;
  const auto be_killed = [&notes] {
    const auto group = ControlGroup::make();
    write_text(notes / "folder", group->folders().front());
    raise(SIGKILL);
  };
  EXPECT_EXIT(be_killed(), testing::KilledBySignal(SIGKILL), "");
  const std::string folder = read_text(notes / "folder");
  ASSERT_NE(folder, "");
  for (int i = 0; i < 1000 && fs::exists(folder); ++i) wait_a_moment();
  EXPECT_FALSE(fs::exists(folder));
}

}  // namespace
}  // namespace tokcast
