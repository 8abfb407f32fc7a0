#include "machine/gather.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "machine/fake_root_test_util.h"
#include "machine/gather_bytes.h"
#include "machine/machine.h"

namespace tokcast {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kContainer = "4f0c2a8d9be1775f3a6c0d52e8b94713d65fa8b20e1c94f7a3b8d6120c5e7f94";

Json gathered(const FakeRoot& root) {
  const auto archive = gather(root.path(), "made by a test");
  EXPECT_TRUE(archive);
  return archive.value_or(Json());
}

std::string file_in(const Json& archive, const char* path) {
  return archive.at("files").value(path, "absent");
}

void link(const FakeRoot& root, const std::string& path, const std::string& target) {
  std::filesystem::create_directories(std::filesystem::path(root.path() + path).parent_path());
  std::filesystem::create_symlink(target, root.path() + path);
}

TEST(Gather, OfThisMachineUnpacksToTheSameMachine) {
  const auto archive = gather("", "this machine");
  ASSERT_TRUE(archive);
  EXPECT_EQ(archive->at("schema"), Json("tokcast.gather/1"));
  const FakeRoot root;
  ASSERT_TRUE(unpack(*archive, root.path()));
  const Machine here = read_machine();
  const Machine there = read_machine(root.path());
  EXPECT_EQ(there.name, here.name);
  EXPECT_EQ(there.logical_cpus, here.logical_cpus);
  EXPECT_EQ(there.cpu_order, here.cpu_order);
  EXPECT_EQ(there.last_level_cache, here.last_level_cache);
  EXPECT_EQ(there.memory_total, here.memory_total);
  EXPECT_EQ(there.cpu_quota, here.cpu_quota);
  EXPECT_EQ(there.kernel, here.kernel);
}

TEST(Gather, TakesWhatIsOnItsListAndNothingElse) {
  const FakeRoot root;
  root.has("/proc/cpuinfo", "processor\t: 0\n");
  root.has("/proc/cmdline", "root=UUID=1 password=hunter2\n");
  root.has("/etc/shadow", "root:x\n");
  root.has("/sys/devices/system/cpu/cpu7/topology/core_id", "7\n");
  root.has("/sys/devices/system/cpu/cpufreq/topology/core_id", "8\n");
  root.has("/sys/class/dmi/id/product_name", "Box\n");
  root.has("/sys/class/dmi/id/product_serial", "SECRET\n");
  const Json archive = gathered(root);
  EXPECT_EQ(archive.at("files").size(), 3U);
  EXPECT_EQ(file_in(archive, "/proc/cpuinfo"), "processor\t: 0\n");
  EXPECT_EQ(file_in(archive, "/sys/devices/system/cpu/cpu7/topology/core_id"), "7\n");
  EXPECT_EQ(file_in(archive, "/sys/class/dmi/id/product_name"), "Box\n");
}

TEST(Gather, KeepsNoSerialNumberOfAProcessor) {
  const FakeRoot root;
  root.has("/proc/cpuinfo",
           "flags\t\t: fsrm serialize\n\nRevision\t: d04170\nSerial\t\t: 48343bbbe3ae743b\nModel\t\t: Pi\n");
  EXPECT_EQ(file_in(gathered(root), "/proc/cpuinfo"),
            "flags\t\t: fsrm serialize\n\nRevision\t: d04170\nModel\t\t: Pi\n");
}

TEST(Gather, KeepsNoNameOfWhoBuiltTheKernel) {
  const FakeRoot root;
  root.has("/proc/version", "Linux version 6.1.0 (alice@alices-laptop) (gcc 12) #1 SMP @0\n");
  root.has("/proc/driver/nvidia/version",
           "NVRM version: Module  550.54.14  Release Build  (alice@alices-laptop)\n");
  const Json archive = gathered(root);
  EXPECT_EQ(file_in(archive, "/proc/version"), "Linux version 6.1.0 (anon1) (gcc 12) #1 SMP @0\n");
  EXPECT_EQ(file_in(archive, "/proc/driver/nvidia/version"),
            "NVRM version: Module  550.54.14  Release Build  (anon1)\n");
}

TEST(Gather, KeepsNoUuidOfAGpu) {
  const FakeRoot root;
  root.has(
      "/proc/driver/nvidia/gpus/0000:01:00.0/information",
      "Model: \t\t NVIDIA H200\nGPU UUID: \t GPU-5d07f495-51f1-27e3-c52d-cba856612c1c\nBus Type: \t PCIe\n");
  EXPECT_EQ(file_in(gathered(root), "/proc/driver/nvidia/gpus/0000:01:00.0/information"),
            "Model: \t\t NVIDIA H200\nBus Type: \t PCIe\n");
}

TEST(Gather, KeepsOfAProcessOnlyWhereItMightRun) {
  const FakeRoot root;
  root.has(
      "/proc/self/status",
      "Name:\talices-program\nUid:\t1000\nCpus_allowed:\t6\nCpus_allowed_list:\t1-2\nMems_allowed:\t1\n");
  root.has("/sys/devices/system/cpu/online", "0-3\n");
  const Json archive = gathered(root);
  EXPECT_EQ(file_in(archive, "/proc/self/status"), "Cpus_allowed_list:\t1-2\n");
  const FakeRoot copy;
  ASSERT_TRUE(unpack(archive, copy.path()));
  EXPECT_THAT(read_machine(copy.path()).cpu_order, ElementsAre(1, 2));
}

TEST(Gather, NamesAContainerAlikeInItsGroupAndInItsFolder) {
  const FakeRoot root;
  root.has("/proc/self/cgroup", "0::/docker/"s + kContainer + "\n");
  root.has("/sys/fs/cgroup/docker/"s + kContainer + "/memory.max", "6442450944\n");
  root.has("/sys/fs/cgroup/docker/memory.max", "max\n");
  root.has("/sys/fs/cgroup/docker/0ther/memory.max", "1\n");
  const Json archive = gathered(root);
  EXPECT_EQ(file_in(archive, "/proc/self/cgroup"), "0::/docker/anon1\n");
  EXPECT_EQ(file_in(archive, "/sys/fs/cgroup/docker/anon1/memory.max"), "6442450944\n");
  EXPECT_EQ(file_in(archive, "/sys/fs/cgroup/docker/memory.max"), "max\n");
  EXPECT_EQ(archive.at("files").size(), 3U) << "the group of another container";
  EXPECT_THAT(archive.dump(), Not(HasSubstr("4f0c2a8d")));
}

TEST(Gather, KeepsTheLimitsWhenItRenamesTheGroups) {
  const FakeRoot root;
  const std::string group =
      "/kubepods.slice/kubepods-pod3b4c9e52_7d18_4f3a.slice/cri-containerd-"s + kContainer + ".scope";
  root.has("/proc/self/cgroup", "3:cpu,cpuacct:" + group + "\n0::" + group + "\n");
  root.has("/sys/fs/cgroup" + group + "/memory.max", "2000000000\n");
  root.has("/sys/fs/cgroup/cpu,cpuacct" + group + "/cpu.cfs_quota_us", "150000\n");
  root.has("/sys/fs/cgroup/cpu,cpuacct" + group + "/cpu.cfs_period_us", "100000\n");
  link(root, "/sys/fs/cgroup/cpu", "cpu,cpuacct");
  const FakeRoot copy;
  ASSERT_TRUE(unpack(gathered(root), copy.path()));
  const Machine machine = read_machine(copy.path());
  EXPECT_EQ(machine.cpu_quota, 1.5);
  EXPECT_EQ(machine.cgroup_memory_free, Bytes(2'000'000'000));
}

TEST(Gather, KeepsNoNamesOfMountsServersAndUsers) {
  const FakeRoot root;
  root.has(
      "/proc/self/mountinfo",
      "28 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro\n"
      "30 28 254:0 / /home/alice rw - ext4 /dev/mapper/alices--laptop-home rw\n"
      "31 28 0:50 /export /media/alice/BACKUP\\040DISK rw - nfs4 192.168.7.23:/export rw,addr=192.168.7.23\n"
      "32 28 0:51 / /mnt/c rw - cifs //fileserver/share rw,username=alice,password=hunter2\n"
      "33 28 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct\n"
      "34 28 0:54 / /srv rw - overlay overlay rw,lowerdir=/l/ABC,upperdir=/home/alice/up\n"
      "nonsense\n");
  EXPECT_EQ(file_in(gathered(root), "/proc/self/mountinfo"),
            "28 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n"
            "30 28 254:0 / /home/anon1 rw - ext4 /dev/anon2/anon3--anon4-home rw\n"
            "31 28 0:50 /anon5 /media/anon1/anon6\\anon7 rw - nfs4 anon8.anon9.7.anon10:/anon5 rw\n"
            "32 28 0:51 / /mnt/c rw - cifs //anon11/share rw\n"
            "33 28 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
            "34 28 0:54 / /srv rw - overlay overlay rw,upperdir=/home/anon1/anon12\n");
}

TEST(Gather, KeepsOfTheEnvironmentOnlyTheKindOfContainer) {
  const FakeRoot root;
  root.has("/proc/1/environ", "HOME=/home/alice\0PASSWORD=hunter2\0container=lxc\0HOSTNAME=box\0"s);
  root.has("/run/secrets/kubernetes.io/serviceaccount/token", "hunter2");
  root.has("/run/.containerenv", "name=\"alices-box\"\n");
  const Json archive = gathered(root);
  EXPECT_EQ(file_in(archive, "/proc/1/environ"), "container=lxc");
  EXPECT_EQ(file_in(archive, "/run/.containerenv"), "");
  EXPECT_EQ(archive.at("files").size(), 2U);
  EXPECT_EQ(archive.at("directories"), Json::array({"/run/secrets/kubernetes.io"}));
}

TEST(Gather, KeepsNoStringOfAMemoryModule) {
  const FakeRoot root;
  const std::string system = "\x01\x05\x01\x00\x01SERIAL-OF-THE-SYSTEM\0\0"s;
  std::string module(0x28, '\0');
  module[0] = 17;
  module[1] = 0x28;
  module[0x12] = 0x1A;
  module[0x18] = 1;
  root.has("/sys/firmware/dmi/tables/DMI", system + module + "SERIAL-OF-THE-MODULE\0\0"s);
  module[0x18] = 0;
  const auto kept =
      base64_decode(gathered(root).at("binary_files").value("/sys/firmware/dmi/tables/DMI", ""));
  EXPECT_EQ(kept, module + "\0\0"s);
}

TEST(Gather, NotesWhichDriverADeviceHasAndWhichDiskAPartitionIsOn) {
  const FakeRoot root;
  const std::string pci = "/sys/devices/pci0000:00/0000:00:02.0";
  root.has(pci + "/class", "0x030000\n");
  root.has(pci + "/uevent", "DRIVER=i915\nPCI_ID=8086:46A6\nSERIAL=1\n");
  root.has("/sys/bus/pci/drivers/i915/bind", "");
  link(root, pci + "/driver", "../../../bus/pci/drivers/i915");
  link(root, pci + "/drm/card0/device", "../../../0000:00:02.0");
  link(root, "/sys/class/drm/card0", "../../devices/pci0000:00/0000:00:02.0/drm/card0");
  const std::string disk = "/sys/devices/virtual/fd1d2cbd-ce7c-535c-966b-eb5f811c95f0/block/sda";
  root.has(disk + "/queue/rotational", "1\n");
  root.has(disk + "/sda1/dev", "8:1\n");
  link(root, "/sys/dev/block/8:1",
       "../../devices/virtual/fd1d2cbd-ce7c-535c-966b-eb5f811c95f0/block/sda/sda1");
  const Json archive = gathered(root);
  EXPECT_THAT(archive.dump(), Not(HasSubstr("fd1d2cbd")));
  const FakeRoot copy;
  ASSERT_TRUE(unpack(archive, copy.path()));
  const auto read = [&copy](const std::string& path) {
    return read_line(copy.path() + path).value_or("absent");
  };
  EXPECT_EQ(read("/sys/class/drm/card0/device/uevent"), "DRIVER=i915\nPCI_ID=8086:46A6");
  EXPECT_EQ(std::filesystem::read_symlink(copy.path() + "/sys/class/drm/card0/device/driver").filename(),
            "i915");
  EXPECT_TRUE(std::filesystem::is_directory(copy.path() + "/sys/class/drm/card0/device/driver"));
  EXPECT_EQ(archive.at("links").size(), 4U);
}

TEST(Gather, KeepsOfTheListOfProductsOnlyItsOwn) {
  const FakeRoot root;
  root.has("/sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n");
  root.has("/sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n");
  root.has("/sys/bus/pci/devices/0000:01:00.0/device", "0x2560\n");
  root.has("/sys/bus/pci/devices/0000:02:00.0/class", "0x020000\n");
  root.has("/usr/share/misc/pci.ids", "#\n10de  NVIDIA Corporation\n\t2503  GA106\n\t2560  GA106M\n");
  const Json archive = gathered(root);
  EXPECT_EQ(file_in(archive, "/usr/share/misc/pci.ids"), "\n10de  \n\t2560  GA106M\n");
  EXPECT_EQ(file_in(archive, "/sys/bus/pci/devices/0000:02:00.0/class"), "absent");
}

TEST(Gather, CutsALongFileAfterAWholeProcessor) {
  const FakeRoot root;
  std::string processors;
  for (int i = 0; i < 2000; ++i) processors += fmt::format("processor\t: {:08}\nflags\t\t: fpu\n\n", i);
  root.has("/proc/cpuinfo", processors);
  const Json archive = gathered(root);
  const std::string kept = file_in(archive, "/proc/cpuinfo");
  EXPECT_LE(kept.size(), GatherLimits{}.file.value);
  EXPECT_GT(kept.size(), GatherLimits{}.file.value - 100);
  EXPECT_TRUE(kept.ends_with("flags\t\t: fpu\n\n"));
  EXPECT_TRUE(processors.starts_with(kept));
  EXPECT_EQ(archive.at("truncated"), Json::array({"/proc/cpuinfo"}));
}

TEST(Gather, LeavesOutLinksThatLeadNowhereOrOutOrInCircles) {
  const FakeRoot root;
  link(root, "/sys/class/drm/card0", "../card1");
  link(root, "/sys/class/card1", "drm/card0");
  link(root, "/sys/class/drm/card2", "/etc");
  link(root, "/sys/class/drm/card3", "../../../../../../etc");
  link(root, "/sys/class/drm/card4", "gone");
  root.has("/etc/device/class", "not a display");
  const Json archive = gathered(root);
  EXPECT_TRUE(archive.at("files").empty());
  const FakeRoot copy;
  EXPECT_TRUE(unpack(archive, copy.path()));
}

TEST(Gather, IsTextEvenWhereTheMachineIsNot) {
  const FakeRoot root;
  root.has("/proc/device-tree/model", "Board\xff\0"s);
  EXPECT_EQ(file_in(gathered(root), "/proc/device-tree/model"), "Board?\0"s);
  EXPECT_FALSE(gathered(root).dump().empty());
}

TEST(Gather, OfADirectoryThatIsNotThereIsAnError) {
  EXPECT_EQ(gather("/no/such/directory", "").error().kind, ErrorKind::kNotFound);
}

// The good archive that the hostile ones below are made of.
Json archive_of_one_file() {
  return {{"schema", "tokcast.gather/1"}, {"files", {{"/a/b/c", "content"}}}};
}

TEST(Unpack, LaysOutFilesLinksAndDirectories) {
  Json archive = archive_of_one_file();
  archive["links"] = {{"/x/y/link", "../../a/b"}, {"/up/up", ".."}};
  archive["directories"] = Json::array({"/empty/one"});
  archive["binary_files"] = {{"/bytes", "AP8="}};
  const FakeRoot root;
  ASSERT_TRUE(unpack(archive, root.path() + "/new/folder"));
  EXPECT_EQ(read_line(root.path() + "/new/folder/x/y/link/c"), "content");
  EXPECT_EQ(read_file(root.path() + "/new/folder/bytes").value_or(""), "\0\xff"s);
  EXPECT_TRUE(std::filesystem::is_directory(root.path() + "/new/folder/empty/one"));
}

TEST(Unpack, WantsAnEmptyDirectory) {
  const FakeRoot root;
  root.has("/something", "precious");
  EXPECT_EQ(unpack(archive_of_one_file(), root.path()).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(read_line(root.path() + "/something"), "precious");
}

struct Hostile {
  const char* what;
  Json patch;  // RFC 7396, of archive_of_one_file
};

std::vector<Hostile> hostile_archives() {
  const auto file = [](const std::string& path) { return Json{{"files", {{path, "evil"}}}}; };
  const auto link = [](const std::string& path, const std::string& to) {
    return Json{{"links", {{path, to}}}};
  };
  return {
      {"no archive", 1},
      {"another schema", {{"schema", "tokcast.machine/1"}}},
      {"schema of another kind", {{"schema", 1}}},
      {"path upwards", file("/../evil")},
      {"path upwards in the middle", file("/a/../../evil")},
      {"path of one dot", file("/a/./evil")},
      {"relative path", file("evil")},
      {"empty path", file("")},
      {"root itself", file("/")},
      {"two slashes", file("//evil")},
      {"slash at the end", file("/evil/")},
      {"zero byte in a path", file("/evil\0/b"s)},
      {"line feed in a path", file("/evil\n")},
      {"endless path", file("/" + std::string(1024, 'a'))},
      {"endless name", file("/" + std::string(256, 'a'))},
      {"file below a file", file("/a/b/c/d")},
      {"file that is no text", {{"files", {{"/evil", 1}}}}},
      {"files that are no object", {{"files", 1}}},
      {"file too large", {{"files", {{"/evil", std::string(200'000, 'a')}}}}},
      {"bytes that are no base64", {{"binary_files", {{"/evil", "????"}}}}},
      {"the same file twice", {{"binary_files", {{"/a/b/c", ""}}}}},
      {"link to an absolute path", link("/evil", "/etc/passwd")},
      {"link out", link("/x/evil", "../../etc")},
      {"link out by a detour", link("/x/evil", "y/../../../etc")},
      {"link that leads out through another",
       {{"links", {{"/p/q/r", "../../a"}, {"/evil", "p/q/r/../../.."}}}}},
      {"link to nothing", link("/evil", "")},
      {"link to its own folder", link("/evil", ".")},
      {"link in place of a file", link("/a/b/c", "d")},
      {"link in place of a folder", link("/a", "x")},
      {"link below a link", {{"links", {{"/x", "a"}, {"/x/y", "b"}}}}},
      {"link that is no text", {{"links", {{"/evil", 1}}}}},
      {"directories that are no array", {{"directories", "/evil"}}},
      {"directory upwards", {{"directories", Json::array({"/../evil"})}}},
      {"directory that is no text", {{"directories", Json::array({1})}}},
      {"directory in place of a file", {{"directories", Json::array({"/a/b/c"})}}},
      {"directory below a link", {{"links", {{"/x", "a"}}}, {"directories", Json::array({"/x/y"})}}},
      {"too many entries", {{"directories", Json(std::vector<std::string>(20'001, "/a"))}}},
  };
}

TEST(Unpack, RefusesHostileArchivesAndWritesNothing) {
  for (const Hostile& hostile : hostile_archives()) {
    Json archive = archive_of_one_file();
    archive.merge_patch(hostile.patch);
    const FakeRoot root;
    const auto unpacked = unpack(archive, root.path() + "/inside");
    ASSERT_FALSE(unpacked) << hostile.what;
    EXPECT_EQ(unpacked.error().kind, ErrorKind::kBadInput) << hostile.what;
    EXPECT_TRUE(std::filesystem::is_empty(root.path())) << hostile.what;
  }
}

TEST(Unpack, RefusesMoreThanAnArchiveMayHold) {
  Json archive = archive_of_one_file();
  for (int i = 0; i < 200; ++i) archive["files"]["/f" + std::to_string(i)] = std::string(60'000, 'a');
  const FakeRoot root;
  EXPECT_EQ(unpack(archive, root.path()).error().kind, ErrorKind::kBadInput);
}

TEST(Base64, ComesBackAsItWas) {
  // RFC 4648, section 10.
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
  for (const char* bad : {"Z", "Zg=", "Z===", "====", "Zm9v\n", "Zm=v", "Zm9?"}) {
    EXPECT_EQ(base64_decode(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace tokcast
