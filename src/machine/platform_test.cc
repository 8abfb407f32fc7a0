#include <gtest/gtest.h>

#include "machine/facts_parts.h"
#include "machine/fake_root_test_util.h"

namespace tokcast {
namespace {

PlatformFacts platform_of(const FakeRoot& root) {
  UnknownFacts unknown;
  return read_platform_facts(root.path(), unknown);
}

TEST(Platform, KnowsKernelDistributionAndBoard) {
  const FakeRoot root;
  root.has("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
  root.has("/etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
  root.has("/sys/class/dmi/id/product_name", "PowerEdge R630\n");
  const PlatformFacts platform = platform_of(root);
  EXPECT_EQ(platform.kernel, "6.1.0-18-amd64");
  EXPECT_EQ(platform.distribution, "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(platform.board, "PowerEdge R630");
  EXPECT_EQ(platform.hypervisor, std::nullopt);
  EXPECT_EQ(platform.container, std::nullopt);
  EXPECT_FALSE(platform.wsl);
}

TEST(Platform, TakesTheBoardFromTheDeviceTree) {
  const FakeRoot root;
  root.has("/proc/device-tree/model", std::string("Raspberry Pi 5 Model B Rev 1.0\0", 31));
  EXPECT_EQ(platform_of(root).board, "Raspberry Pi 5 Model B Rev 1.0");
}

TEST(Platform, DoesNotTakeAPlaceholderForABoard) {
  const FakeRoot root;
  root.has("/sys/class/dmi/id/product_name", "System Product Name\n");
  EXPECT_EQ(platform_of(root).board, std::nullopt);
  root.has("/sys/class/dmi/id/board_name", "ROG STRIX X670E-F\n");
  EXPECT_EQ(platform_of(root).board, "ROG STRIX X670E-F");
}

TEST(Platform, NamesTheHypervisorThatTheFirmwareNames) {
  const FakeRoot root;
  root.has("/proc/cpuinfo", "flags : fpu hypervisor lm\n");
  EXPECT_EQ(platform_of(root).hypervisor, "unknown");
  root.has("/sys/class/dmi/id/sys_vendor", "VMware, Inc.\n");
  EXPECT_EQ(platform_of(root).hypervisor, "vmware");
  root.has("/sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n");
  root.has("/sys/class/dmi/id/product_name", "Virtual Machine\n");
  EXPECT_EQ(platform_of(root).hypervisor, "microsoft");
  root.has("/sys/hypervisor/type", "xen\n");
  EXPECT_EQ(platform_of(root).hypervisor, "xen");
}

TEST(Platform, SeesNoHypervisorWhereTheProcessorHasNone) {
  const FakeRoot root;
  root.has("/proc/cpuinfo", "flags : fpu lm\n");
  root.has("/sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
  EXPECT_EQ(platform_of(root).hypervisor, std::nullopt);
}

TEST(Platform, TellsAnArmCloudsGuestFromItsBareMachine) {
  const FakeRoot root;
  root.has("/proc/cpuinfo", "Features : fp asimd\nCPU implementer : 0x41\n");
  root.has("/sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
  root.has("/sys/class/dmi/id/product_name", "c7g.large\n");
  EXPECT_EQ(platform_of(root).hypervisor, "kvm");
  root.has("/sys/class/dmi/id/product_name", "c7g.metal\n");
  EXPECT_EQ(platform_of(root).hypervisor, std::nullopt);
}

TEST(Platform, KnowsWsl) {
  const FakeRoot root;
  root.has("/proc/cpuinfo", "flags : fpu hypervisor lm\n");
  root.has("/proc/sys/kernel/osrelease", "5.15.153.1-microsoft-standard-WSL2\n");
  EXPECT_TRUE(platform_of(root).wsl);
  EXPECT_EQ(platform_of(root).hypervisor, "microsoft");
}

TEST(Platform, KnowsContainersByTheirTraces) {
  const FakeRoot environment;
  environment.has("/proc/1/environ", std::string("TERM=linux\0container=systemd-nspawn\0", 36));
  EXPECT_EQ(platform_of(environment).container, "systemd-nspawn");
  environment.has("/run/systemd/container", "lxc\n");
  EXPECT_EQ(platform_of(environment).container, "lxc");

  const FakeRoot docker;
  docker.has("/.dockerenv", "");
  EXPECT_EQ(platform_of(docker).container, "docker");
  docker.has("/proc/1/cgroup", "11:memory:/kubepods/burstable/pod1/x1\n");
  EXPECT_EQ(platform_of(docker).container, "kubernetes");

  const FakeRoot podman;
  podman.has("/run/.containerenv", "");
  EXPECT_EQ(platform_of(podman).container, "podman");
  podman.has("/run/secrets/kubernetes.io/serviceaccount/namespace", "default");
  EXPECT_EQ(platform_of(podman).container, "kubernetes");
}

TEST(Platform, IsUnknownWithAReasonWhereNothingTells) {
  const FakeRoot root;
  UnknownFacts unknown;
  EXPECT_EQ(read_platform_facts(root.path(), unknown).kernel, "");
  for (const char* fact : {"platform.kernel", "platform.distribution", "platform.board"}) {
    EXPECT_NE(reason_of(unknown, fact), "") << fact;
  }
}

TEST(Platform, SurvivesNonsense) {
  const FakeRoot root;
  root.has("/etc/os-release", "PRETTY_NAME=\"\nPRETTY_NAME");
  root.has("/proc/device-tree/model", std::string("\0\0", 2));
  root.has("/proc/1/environ", "container=");
  root.has("/proc/cpuinfo", "flags :");
  root.has("/sys/hypervisor/type", "\x1b[2J");
  const PlatformFacts platform = platform_of(root);
  EXPECT_EQ(platform.distribution, "\"");
  EXPECT_EQ(platform.board, std::nullopt);
  EXPECT_EQ(platform.container, std::nullopt);
}

}  // namespace
}  // namespace tokcast
