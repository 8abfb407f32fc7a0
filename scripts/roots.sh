# Roots of Debian beside this system's own. Sourced after common.sh, packages.sh and checks.sh.
# shellcheck shell=bash disable=SC2154,SC2034,SC2016

# new_root SUITE FOLDER: as small as Debian makes one, from the mirror (and by the proxy) that this system uses.
new_root() {
  local mirror log="${2%/}.log"
  [[ $EUID -eq 0 ]] && (ensure_packages debootstrap) || return "$kSkipped"
  mirror=$(apt-get indextargets --format '$(SITE)' | grep -m 1 /debian) || return 1
  if ! debootstrap --variant=minbase "$1" "$2" "$mirror" >"$log" 2>&1; then
    tail "$log" >&2
    return 1
  fi
  rm "$log"
  apt-config dump | { grep -i '^Acquire::https\?::Proxy' || true; } >"$2/etc/apt/apt.conf.d/proxy"
}

# kept_root SUITE FOLDER: one for the next time too. What was not finished is made anew.
kept_root() {
  [[ ! -f $2/made ]] || return 0
  rm -rf --one-file-system "$2" && mkdir -p "${2%/*}" && new_root "$@" && touch "$2/made"
}

# install_in FOLDER PACKAGE...
install_in() {
  local log="$1.install.log"
  chroot "$1" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${@:2}" >"$log" 2>&1 && return
  tail "$log" >&2
  return 1
}

# in_root FOLDER COMMAND...: COMMAND in FOLDER/root, with this project, read-only, at /tokcast, FOLDER/build as its build
# folder, and one ccache for all roots. The mounts end with the command, however it ends.
in_root() {
  local ccache="$root/build/elsewhere/ccache"
  mkdir -p "$1/build" "$1/root/tokcast" "$1/root/ccache" "$ccache" || return 1
  unshare --mount bash -c 'set -e; project=$1 ccache=$2 folder=$3; shift 3; cd "$folder/root"
    mount -o bind,ro "$project" tokcast
    mount --bind "$folder/build" tokcast/build
    mount --bind "$ccache" ccache
    mount -t proc proc proc
    mount --rbind /dev dev
    exec "$@"' in_root "$root" "$ccache" "$1" "${before_root[@]}" chroot . \
    env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin CCACHE_DIR=/ccache "${@:2}"
}

# A command that in_root goes through on its way, such as emulated.
before_root=()

# Programs of 64-bit Arm are run by the root's qemu-user: the kernel knows them by their first 20 bytes. It is told in a
# user namespace, which has a list of its own, so that nothing outlives the command or is seen beside it.
readonly kEmulated='set -e; mount -t binfmt_misc binfmt proc/sys/fs/binfmt_misc
  printf %s ":aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:$PWD/usr/bin/qemu-aarch64-static:PF" >proc/sys/fs/binfmt_misc/register
  exec "$@"'
emulated=(unshare --user --map-root-user --mount bash -c "$kEmulated" emulated)

# What purging leaves to dpkg and apt is theirs.
files_of() {
  (cd "$1" && find . -path ./var/lib/apt -prune -o -path ./var/cache -prune -o -path ./var/lib/dpkg -prune -o \
    -path ./var/log -prune -o -path ./proc -prune -o -path ./dev -prune -o -name ld.so.cache -prune -o -print | sort)
}

# install_test SUITE DEB LOG: the package in a new root: it installs with what it needs, runs, and leaves nothing when
# it is purged.
install_test() {
  local folder guest before after
  folder=$(mktemp -d) || return 1
  # shellcheck disable=SC2064
  trap "rm -rf --one-file-system '$folder'" EXIT
  guest="$folder/root"
  new_root "$1" "$guest" || return
  before=$(files_of "$guest")
  cp "$2" "$guest/tmp/tokcast.deb"
  # What the package needs, from the same mirror.
  chroot "$guest" apt-get -qq install -y --no-install-recommends /tmp/tokcast.deb >"$3" 2>&1 || return 1
  [[ $(chroot "$guest" tokcast --version) == "tokcast "* ]] || return 1
  chroot "$guest" env HOME=/root tokcast forecast llama-2-13b-chat --machine "2x E5-2660 v3 39GiB" >&2
  [[ $? -eq 20 ]] || return 1
  # What came with it goes, also what the new root would have had if it held what its packages recommend.
  chroot "$guest" apt-get -qq purge -y --autoremove -o APT::AutoRemove::RecommendsImportant=false \
    -o APT::AutoRemove::SuggestsImportant=false tokcast >>"$3" 2>&1 || return 1
  rm -rf "$guest/tmp/tokcast.deb" "$guest/root/.cache"
  after=$(files_of "$guest")
  diff <(echo "$before") <(echo "$after") >&2
}
