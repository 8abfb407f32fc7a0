#!/usr/bin/env bash
# tidy.sh [--tests]: clang-tidy over every source of build/asan, as many at a time as there are processors; over the
# tests only on demand, as they are nearly half of its cost.
#
# It takes seconds a file, so a file found clean is not asked again until it, a file of ours that it includes, its
# compiler command, the rules or clang-tidy change. Like ccache it remembers that for the user, not for one clone.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build="$root/build/asan"
clean="${XDG_CACHE_HOME:-$HOME/.cache}/tokcast/tidy"

# "SOURCE FILE..." for each object: the source and all files of ours that it includes, as the compiler told ninja.
files_of_objects() {
  ninja -C "$build" -t deps | awk -v root="$root/" '
    function flush() { if (line != "") print line; line = "" }
    /^[^ ]/ { flush(); next }
    NF { sub(/^ +/, ""); sub(/^(\.\.\/)+/, root); if (index($0, root) == 1) line = line (line == "" ? "" : " ") $0 }
    END { flush() }'
}

rules() {
  clang-tidy-19 --version
  cat "$root/.clang-tidy" "$root/cmake/tokcast.cmake" "$root/CMakePresets.json" "${BASH_SOURCE[0]}"
}

# -w: the compiler's own warnings are gcc's business.
tidy_one() {
  local key=$1 file=$2 answer
  if answer=$(clang-tidy-19 -p "$build" --quiet --extra-arg=-w "$file" 2>&1); then
    : >"$clean/$key"
  else
    grep -v ' warnings\? generated\.$' <<<"$answer"
    return 1
  fi
}
export -f tidy_one
export build clean

mkdir -p "$clean"
rules_hash=$(rules | sha256sum)
stale=()
while read -r -a files; do
  [[ ${files[0]} == *_test.cc && ${1:-} != --tests ]] && continue
  key=$({ echo "$rules_hash" && cat "${files[@]}"; } | sha256sum | cut -d ' ' -f 1)
  [[ -f $clean/$key ]] || stale+=("$key" "${files[0]}")
done < <(files_of_objects | sort -u)
[[ ${#stale[@]} -eq 0 ]] && exit 0
echo "clang-tidy: $((${#stale[@]} / 2)) files are new or changed"
printf '%s\0' "${stale[@]}" | xargs -0 -n 2 -P "$(nproc)" bash -c 'tidy_one "$@"' tidy_one
