#!/usr/bin/env bash
# package.sh: a .deb and a relocatable tarball of tokcast in build/packages, looked over by lintian; the last line counts
# the checks. `package.sh --install-test` also installs, runs and purges the .deb in a new Debian root: as root, with
# debootstrap, some 200 MB and two minutes.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/common.sh"
source "$root/scripts/packages.sh"
source "$root/scripts/checks.sh"

packages="$root/build/packages"

make_packages() {
  rm -rf "$packages" && mkdir -p "$packages" || return 1
  (cd "$packages" && umask 022 && cpack --config "$root/build/release/CPackConfig.cmake" >cpack.log 2>&1) && return
  cat "$packages/cpack.log" >&2
  return 1
}

# The threshold counts tenths.
check_service() {
  command -v systemd-analyze >/dev/null || return "$kSkipped"
  systemd-analyze security --offline=true --threshold=10 --no-pager "$root/packaging/tokcast.service" >"$packages/service.log" && return
  cat "$packages/service.log" >&2
  return 1
}

check_tarball() {
  local folder
  folder=$(mktemp -d) || return 1
  # shellcheck disable=SC2064
  trap "rm -rf '$folder'" EXIT
  tar -xzf "$packages"/tokcast-*.tar.gz -C "$folder" --strip-components 1 &&
    [[ $("$folder/bin/tokcast" --version) == "tokcast "* ]] &&
    [[ -s $folder/share/man/man1/tokcast-serve.1.gz && -s $folder/share/bash-completion/completions/tokcast ]]
}

# In a root of its own, of the suite that this system is.
check_install() {
  [[ $EUID -eq 0 ]] && command -v debootstrap >/dev/null || return "$kSkipped"
  local suite mirror guest before after
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(apt-get indextargets --format '$(SITE)' | grep -m 1 /debian)
  guest=$(mktemp -d) || return 1
  # shellcheck disable=SC2064
  trap "rm -rf --one-file-system '$guest'" EXIT
  debootstrap --variant=minbase "$suite" "$guest" "$mirror" >"$packages/debootstrap.log" 2>&1 || return 1
  before=$(files_of "$guest")
  cp "$packages"/tokcast_*.deb "$guest/tmp/tokcast.deb"
  # What the package needs, from the same mirror.
  chroot "$guest" apt-get -qq install -y --no-install-recommends /tmp/tokcast.deb >>"$packages/install.log" 2>&1 || return 1
  [[ $(chroot "$guest" tokcast --version) == "tokcast "* ]] || return 1
  chroot "$guest" env HOME=/root tokcast forecast llama-2-13b-chat --machine "2x E5-2660 v3 39GiB" >&2
  [[ $? -eq 20 ]] || return 1
  chroot "$guest" apt-get -qq purge -y --autoremove tokcast >>"$packages/install.log" 2>&1 || return 1
  rm -rf "$guest/tmp/tokcast.deb" "$guest/root/.cache"
  after=$(files_of "$guest")
  diff <(echo "$before") <(echo "$after") >&2
}

# What purging leaves to dpkg and apt is theirs.
files_of() {
  (cd "$1" && find . -path ./var/lib/apt -prune -o -path ./var/cache -prune -o -path ./var/lib/dpkg -prune -o \
    -path ./var/log -prune -o -path ./proc -prune -o -path ./dev -prune -o -name ld.so.cache -prune -o -print | sort)
}

case "$*" in
  "" | --install-test) ;;
  *) die "usage: scripts/package.sh [--install-test]" ;;
esac
ensure_packages "${build_packages[@]}" dpkg-dev lintian
[[ $* == "" ]] || ensure_packages debootstrap

check "build/release builds" build release tokcast manuals || { report; exit; }
check "packages are made" make_packages || { report; exit; }
check "lintian finds nothing" lintian --fail-on error,warning "$packages"/tokcast_*.deb
check "the service is hardened" check_service
check "the tarball runs where it is unpacked" check_tarball
[[ $* == "" ]] || check "the package installs, runs and leaves nothing when it is purged" check_install
say "made $(cd "$packages" && echo tokcast*)"
report
