#!/usr/bin/env bash
# elsewhere.sh [PART...]: tokcast where this machine is not; every part, if none is named. The last line counts the checks.
#
#   clang      everything, with its tests and benchmarks, as clang-19 builds it; the unit tests
#   debian13   in a root of Debian 13: what the project needs, the build, the packages; the .deb in another, new root
#   aarch64    for 64-bit Arm, in a root of Debian 12: the build; the unit tests on an emulated processor
#
# Each part compiles everything once more. Roots need root and debootstrap; they stay in build/elsewhere, with what is
# built in them, for the next time.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/common.sh"
source "$root/scripts/packages.sh"
source "$root/scripts/checks.sh"
source "$root/scripts/roots.sh"

# Tests of what qemu-user does not do:
not_emulated=(
  Child.RunsWithinItsMemoryLimit # it does not tell the kernel of limits of memory, which it would break itself
)

part_clang() {
  ensure_packages "${build_packages[@]}" "${test_packages[@]}"
  check "build/clang is configured" configure_as clang -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++-19 || return
  check "build/clang builds without a warning" build clang all || return
  run_shards "$root/build/clang" unit_tests
  count_shards "$root/build/clang" unit_tests
}

part_debian13() {
  local folder="$root/build/elsewhere/debian13"
  check "a root of Debian 13" kept_root trixie "$folder/root" || return
  check "scripts/package.sh in it" in_root "$folder" /tokcast/scripts/package.sh >&2 || return
  check "its package installs in another, runs and leaves nothing when it is purged" \
    install_test trixie "$folder"/build/packages/tokcast_*.deb "$folder/install.log"
}

part_aarch64() {
  local folder="$root/build/elsewhere/aarch64" ours
  ours='root=/tokcast; source /tokcast/scripts/common.sh; source /tokcast/scripts/checks.sh'
  check "a root of Debian 12 with the libraries of 64-bit Arm" aarch64_root "$folder/root" || return
  check "build/aarch64 is configured" in_root "$folder" bash -c "$ours; configure_as aarch64 -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-Og --toolchain /tokcast/cmake/aarch64.cmake" || return
  check "build/aarch64 builds without a warning" in_root "$folder" bash -c "$ours; build aarch64 all" || return
  before_root=("${emulated[@]}")
  in_root "$folder" bash -c "$ours; GTEST_FILTER='-$(IFS=: && echo "${not_emulated[*]}")' run_shards /tokcast/build/aarch64 unit_tests"
  before_root=()
  count_shards "$folder/build/aarch64" unit_tests
}

# Tools are this processor's, libraries the other's; what holds for every processor has no architecture to ask for.
aarch64_root() {
  local package wanted=(crossbuild-essential-arm64 qemu-user-static)
  kept_root bookworm "$1" || return
  [[ ! -f $1/made-for-arm64 ]] || return 0
  chroot "$1" dpkg --add-architecture arm64 && chroot "$1" apt-get -qq update || return 1
  for package in "${build_packages[@]}" "${test_packages[@]}"; do
    case $package in
      g++ | *clang*) ;;
      libboost*) wanted+=(libboost1.81-dev:arm64) ;;
      *-dev) wanted+=("$(known_in "$1" "$package:arm64" || echo "$package")") ;;
      *) wanted+=("$package") ;;
    esac
  done
  install_in "$1" "${wanted[@]}" && touch "$1/made-for-arm64"
}

known_in() {
  [[ -n $(chroot "$1" apt-cache show "$2" 2>/dev/null) ]] && echo "$2"
}

parts=("$@")
[[ $# -gt 0 ]] || parts=(clang debian13 aarch64)
for part in "${parts[@]}"; do
  [[ $(type -t "part_$part") == function ]] || die "usage: scripts/elsewhere.sh [clang] [debian13] [aarch64]"
done
for part in "${parts[@]}"; do "part_$part"; done
report
