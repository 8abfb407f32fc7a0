#!/usr/bin/env bash
# package.sh: a .deb and a relocatable tarball of tokcast in build/packages, looked over by lintian; the last line counts
# the checks. `package.sh --install-test` also installs, runs and purges the .deb in a new Debian root: as root, with
# debootstrap, some 200 MB and two minutes.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/common.sh"
source "$root/scripts/packages.sh"
source "$root/scripts/checks.sh"
source "$root/scripts/roots.sh"

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

# The suite that this system is.
check_install() {
  install_test "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$packages"/tokcast_*.deb "$packages/install.log"
}

case "$*" in
  "" | --install-test) ;;
  *) die "usage: scripts/package.sh [--install-test]" ;;
esac
ensure_packages "${build_packages[@]}" dpkg-dev lintian

check "build/release builds" build release tokcast manuals || { report; exit; }
check "packages are made" make_packages || { report; exit; }
check "lintian finds nothing" lintian --fail-on error,warning "$packages"/tokcast_*.deb
check "the service is hardened" check_service
check "the tarball runs where it is unpacked" check_tarball
[[ $* == "" ]] || check "the package installs, runs and leaves nothing when it is purged" check_install
say "made $(cd "$packages" && echo tokcast*)"
report
