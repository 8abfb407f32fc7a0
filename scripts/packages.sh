# What must be installed, and how it gets there. Sourced after common.sh.
# shellcheck shell=bash disable=SC2034

# Beside its own Boost, which is too old, Debian 12 has one of another name; Debian 13 has its own alone.
boost=libboost-dev
[[ $(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null) != bookworm ]] || boost=libboost1.81-dev

build_packages=(g++ cmake ninja-build ccache libfmt-dev nlohmann-json3-dev libcli11-dev
  "$boost" libhwloc-dev libhwy-dev libcpu-features-dev libvulkan-dev
  libcurl4-openssl-dev libssl-dev libarchive-dev libxxhash-dev libtomlplusplus-dev libsqlite3-dev ca-certificates
  pkgconf libpocketsphinx-dev pocketsphinx-en-us flite1-dev libspeexdsp-dev)
test_packages=(libgtest-dev libgmock-dev libvalijson-dev espeak-ng clang-19 libclang-rt-19-dev clang-format-19 clang-tidy-19)
needs="Needed: g++ 12, CMake 3.25, ninja, fmt 9, nlohmann-json 3.11, CLI11 2.1, hwloc 2.9, Highway 1.0, cpu_features 0.7, Vulkan headers 1.3, Boost 1.81, \
libcurl 7.88, OpenSSL 3.0, libarchive 3.6, xxHash 0.8, toml++ 3.3, SQLite 3.40, pkg-config, pocketsphinx 0.8+5prealpha \
with its model of US English, flite 2.2, speexdsp 1.2 or newer; for ./test also GoogleTest, valijson, espeak-ng and LLVM 19 (clang, clang-tidy, clang-format, compiler-rt)."

# ensure_packages NAME...: asks dpkg once, and apt only if a package is missing. Systems without dpkg have to bring
# their own; CMake then names what it misses.
ensure_packages() {
  if ! command -v dpkg-query >/dev/null; then
    command -v g++ cmake ninja >/dev/null || die "this system has no dpkg, so nothing can be installed for you. $needs"
    return
  fi
  local installed package missing=()
  installed=$(dpkg-query --show --showformat='|${Package} ${db:Status-Status}|' "$@" 2>/dev/null)
  for package in "$@"; do
    [[ $installed == *"|$package installed|"* ]] || missing+=("$package")
  done
  [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

install_packages() {
  local line="apt-get install --no-install-recommends $*" as_root=()
  command -v apt-get >/dev/null || die "there is no apt-get here to install: $*. $needs"
  if [[ $EUID -ne 0 ]]; then
    as_root=(sudo -n)
    sudo -n true 2>/dev/null || die "these packages are missing, and only root can install them. Ask for: $line"
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
  say "installing $*"
  # One repository that is away must not stop an installation that does not need it.
  local answer
  answer=$("${apt[@]}" update 2>&1) || say "not every package list could be fetched; trying with what is known"
  answer+=$("${apt[@]}" install -y --no-install-recommends "$@" 2>&1) && return
  printf '%s\n' "$answer" >&2
  die "apt-get could not install them: its reason stands above. To try by hand: $line"
}
