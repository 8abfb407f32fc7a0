# Shared by ./run and ./test: messages, builds, the engine. Sourced, with `root` set to the project's folder.
# shellcheck shell=bash disable=SC2154

# Talk goes to stderr: stdout belongs to tokcast.
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
  say "$@"
  exit 1
}

# The preset's build folder, configured if that was not done yet or the presets changed since. Later changes of
# CMakeLists.txt are ninja's business.
configure() {
  local preset=$1 folder="$root/build/$1"
  [[ -f $folder/build.ninja && ! $root/CMakePresets.json -nt $folder/build.ninja ]] && return
  say "configuring build/$preset"
  mkdir -p "$folder"
  if ! (cd "$root" && cmake --preset "$preset") >"$folder/configure.log" 2>&1; then
    cat "$folder/configure.log" >&2
    die "CMake could not configure build/$preset: its reason stands above. $needs"
  fi
}

# configure_as NAME OPTION...: build/NAME with options of its own, for what is no preset of every day.
configure_as() {
  mkdir -p "$root/build/$1"
  cmake -S "$root" -B "$root/build/$1" -G Ninja "${@:2}" >"$root/build/$1/configure.log" 2>&1 && return
  cat "$root/build/$1/configure.log" >&2
  return 1
}

# build PRESET TARGET...: silent if there is nothing to do.
build() {
  local preset=$1 folder="$root/build/$1"
  shift
  configure "$preset"
  [[ $(ninja -C "$folder" -n "$@" 2>/dev/null) == *"no work to do"* ]] && return
  say "building $* in build/$preset; the first time takes minutes"
  ninja -C "$folder" -j "$(nproc)" "$@" >&2 || die "the build failed: the compiler's reason stands above."
}

# An engine that tokcast finds, if need be a private one. Where the user named one that does not work, that is for
# tokcast to say. Fails if there is none and none can be installed; tokcast has then said why.
ensure_engine() {
  local tokcast=$1 none_found=33 status=0
  "$tokcast" engine list >/dev/null 2>&1 || status=$?
  [[ $status -ne $none_found ]] && return
  say "no llama.cpp found: installing a private one (some 16 MB to fetch; the system is left as it is)"
  "$tokcast" engine install >&2
}
