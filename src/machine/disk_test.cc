#include "machine/disk.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "machine/facts_parts.h"
#include "machine/fake_root_test_util.h"

namespace tokcast {
namespace {

constexpr std::string_view kMounts =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "27 1 259:2 / / rw,noatime shared:1 - ext4 /dev/nvme0n1p2 rw\n"
    "30 27 8:1 / /srv/my\\040models rw shared:2 master:3 - xfs /dev/sda1 rw\n"
    "31 27 0:44 / /srv/nas rw - nfs4 nas:/models rw\n";

DiskFacts disk_of(const FakeRoot& root, const std::string& folder) {
  UnknownFacts unknown;
  return read_disk_facts(root.path(), folder, unknown);
}

TEST(Mount, IsTheDeepestThatHoldsThePath) {
  EXPECT_EQ(find_mount(kMounts, "/home/models")->filesystem, "ext4");
  EXPECT_EQ(find_mount(kMounts, "/srv/my models/q4")->filesystem, "xfs");
  EXPECT_EQ(find_mount(kMounts, "/srv/my models")->device, "8:1");
  EXPECT_EQ(find_mount(kMounts, "/srv/my models2")->filesystem, "ext4");
  EXPECT_EQ(find_mount(kMounts, "relative"), std::nullopt);
}

TEST(Mount, OfTwoOnOnePlaceIsTheLater) {
  const std::string mounts = std::string(kMounts) + "40 27 8:2 / / rw - btrfs /dev/sdb1 rw\n";
  EXPECT_EQ(find_mount(mounts, "/x")->filesystem, "btrfs");
}

TEST(Mount, SurvivesTruncationsAndMutations) {
  std::mt19937 random(7);
  for (std::size_t length = 0; length < kMounts.size(); ++length) {
    find_mount(kMounts.substr(0, length), "/srv/my models/x");
  }
  for (int round = 0; round < 2000; ++round) {
    std::string mutated(kMounts);
    for (int i = 0; i < 5; ++i) mutated[random() % mutated.size()] = static_cast<char>(random());
    find_mount(mutated, "/srv/my models/x");
  }
  EXPECT_EQ(find_mount("a - b c d e f g\n- - - - - - - - -\n\\\\\\04", "/"), std::nullopt);
}

TEST(Disk, IsKnownByItsDevice) {
  const FakeRoot root;
  root.has("/proc/self/mountinfo", kMounts);
  EXPECT_EQ(disk_of(root, "/var/models").kind, "NVMe");
  EXPECT_EQ(disk_of(root, "/var/models").filesystem, "ext4");
  EXPECT_EQ(disk_of(root, "/var/models").path, "/var/models");
  EXPECT_EQ(disk_of(root, "/srv/nas/models").kind, "network");
  EXPECT_EQ(disk_of(root, "/srv/my models").kind, std::nullopt);
  root.has("/sys/class/block/sda/queue/rotational", "1\n");
  EXPECT_EQ(disk_of(root, "/srv/my models").kind, "hard disk");
  root.has("/sys/class/block/sda/queue/rotational", "0\n");
  EXPECT_EQ(disk_of(root, "/srv/my models").kind, "SSD");
}

TEST(Disk, IsFoundBelowAnEncryptedVolume) {
  const FakeRoot root;
  root.has("/proc/self/mountinfo", "27 1 254:0 / / rw - ext4 /dev/mapper/vault rw\n");
  root.has("/sys/dev/block/254:0/uevent", "MAJOR=254\nMINOR=0\nDEVNAME=dm-0\nDEVTYPE=disk\n");
  root.has("/sys/class/block/dm-0/slaves/sdb3/size", "1");
  root.has("/sys/class/block/sdb/queue/rotational", "1");
  EXPECT_EQ(disk_of(root, "/models").kind, "hard disk");
}

TEST(Disk, OfAVirtualMachineIsNotTakenForARotatingOne) {
  const FakeRoot root;
  root.has("/proc/self/mountinfo", "27 1 254:0 / / rw - ext4 /dev/vda1 rw\n");
  root.has("/sys/class/block/vda/queue/rotational", "1");
  EXPECT_EQ(disk_of(root, "/models").kind, "virtual disk");
}

TEST(Disk, TellsAnSdCardFromSolderedFlash) {
  const FakeRoot root;
  root.has("/proc/self/mountinfo", "27 1 179:2 / / rw - ext4 /dev/mmcblk0p2 rw\n");
  EXPECT_EQ(disk_of(root, "/models").kind, "SD card");
  root.has("/sys/class/block/mmcblk0/device/type", "MMC\n");
  EXPECT_EQ(disk_of(root, "/models").kind, "eMMC");
}

TEST(Disk, OfAnOverlayIsTheOneThatIsWritten) {
  const FakeRoot root;
  root.has("/proc/self/mountinfo",
           "20 1 0:30 / / rw - overlay overlay rw,lowerdir=/squash,upperdir=/cow/upper,workdir=/cow/work\n"
           "21 20 0:31 / /cow rw - tmpfs tmpfs rw\n");
  EXPECT_EQ(disk_of(root, "/models").filesystem, "overlay");
  EXPECT_EQ(disk_of(root, "/models").kind, "memory");
  root.has("/proc/self/mountinfo", "20 1 0:30 / / rw - overlay overlay rw,upperdir=/var/lib/docker/x/diff\n");
  EXPECT_EQ(disk_of(root, "/models").kind, std::nullopt);  // the host's directory
}

TEST(Disk, IsUnknownWithAReasonWhereNothingTells) {
  const FakeRoot root;
  UnknownFacts unknown;
  const DiskFacts disk = read_disk_facts(root.path(), "models", unknown);
  EXPECT_EQ(disk.path, "/models");
  for (const char* fact : {"disk.filesystem", "disk.kind", "disk.free"})
    EXPECT_NE(reason_of(unknown, fact), "") << fact;
}

TEST(Disk, DoesNotLookOutsideOfItsRootForADevice) {
  const FakeRoot root;
  root.has("/proc/self/mountinfo", "27 1 8:1 / / rw - ext4 /dev/.. rw\n");
  EXPECT_EQ(disk_of(root, "/models").kind, std::nullopt);
}

TEST(Disk, OfThisMachineHasRoomAtTheNearestFolderThatExists) {
  UnknownFacts unknown;
  const DiskFacts disk = read_disk_facts("", testing::TempDir() + "no/such/folder", unknown);
  EXPECT_TRUE(disk.free);
  EXPECT_TRUE(std::filesystem::exists(disk.path));
}

TEST(ReadRate, IsPositiveOrNotMeasuredAndLeavesNothingBehind) {
  const FakeRoot root;
  const auto rate = measure_read_rate(root.path(), Seconds(0.1));
  EXPECT_GT(rate.value_or(BytesPerSecond(1)).value, 0);
  EXPECT_TRUE(std::filesystem::is_empty(root.path()));
}

TEST(ReadRate, IsNotMeasuredInMemory) {
  if (!std::filesystem::exists("/dev/shm")) GTEST_SKIP() << "no file system in memory here";
  EXPECT_EQ(measure_read_rate("/dev/shm", Seconds(0.1)), std::nullopt);
}

TEST(ReadRate, IsNotMeasuredWhereNothingCanBeWritten) {
  EXPECT_EQ(measure_read_rate("/no/such/folder", Seconds(0.1)), std::nullopt);
  EXPECT_EQ(measure_read_rate("/proc", Seconds(0.1)), std::nullopt);
}

}  // namespace
}  // namespace tokcast
