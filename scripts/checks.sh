# The checks of ./test and their tally. Sourced after common.sh.
# shellcheck shell=bash disable=SC2154

passed=0 failed=0 skipped=0
# The exit status by which a check says that it could not be made. Not 77: libFuzzer ends so when it has found something.
readonly kSkipped=99

# check WHAT COMMAND...: runs it apart from us, so that its `exit` is its own, and counts how it ended.
check() {
  local what=$1 start=$SECONDS status
  shift
  say "$what ..."
  ("$@")
  status=$?
  case $status in
    0) passed=$((passed + 1)) && say "$what: ok ($((SECONDS - start)) s)" ;;
    "$kSkipped") skipped=$((skipped + 1)) && say "$what: SKIPPED" ;;
    *) failed=$((failed + 1)) && say "$what: FAILED" ;;
  esac
  return "$status"
}

report() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [[ $failed -eq 0 ]]
}

check_format() {
  local findings
  findings=$(find "$root"/{src,tests,fuzz,bench} -name '*.cc' -print0 -o -name '*.h' -print0 |
    xargs -0 clang-format-19 --dry-run -Werror 2>&1) && return
  say "clang-format-19 -i would change:"
  sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: error: .*/\1/p' <<<"$findings" | sort -u
  return 1
}

# All tests of a build, counted one by one, in a few processes: one for each test would spend most of its time on
# starting. Of those that pass only the number is shown.
run_tests() {
  local programs=(unit_tests tests/cli_tests)
  say "the tests of build/$1 ..."
  run_shards "$root/build/$1" "${programs[@]}"
  count_shards "$root/build/$1" "${programs[@]}"
}

# run_shards FOLDER PROGRAM...
run_shards() {
  export tests_of=$1
  local program shard
  shift
  rm -rf "$tests_of/results" && mkdir -p "$tests_of/results"
  for program in "$@"; do
    for ((shard = 0; shard < kShards; ++shard)); do echo "$program $shard"; done
  done | xargs -P "$(nproc)" -L 1 bash -c 'run_shard "$@"' run_shard
}

# count_shards FOLDER PROGRAM...: what run_shards left there.
count_shards() {
  local folder=$1 program shard
  shift
  for program in "$@"; do
    for ((shard = 0; shard < kShards; ++shard)); do count_shard "$folder/results/${program##*/}-$shard"; done
  done
}

# run_shard PROGRAM NUMBER: one part of the tests of a program, in `tests_of`.
run_shard() {
  local results="$tests_of/results/${1##*/}-$2" status
  GTEST_TOTAL_SHARDS=$kShards GTEST_SHARD_INDEX=$2 timeout --kill-after=10 1200 "$tests_of/$1" --gtest_brief=1 \
    "--gtest_output=xml:$results.xml" >"$results.log" 2>&1
  status=$?
  grep -v '^Running main\|^\[==========\]\|^\[  PASSED  \]\|^Note: ' "$results.log"
  [[ $status -eq 0 ]] || echo "$1, part $2 of $kShards, ended with status $status"
  echo "$status" >"$results.status"
}
export -f run_shard
export kShards=4

# One that did not come to its end, or found a leak at its end, failed as well.
count_shard() {
  local head total bad not_run
  head=$(grep -m 1 '<testsuites ' "$1.xml" 2>/dev/null)
  total=$(attribute tests "$head") bad=$(attribute failures "$head")
  not_run=$(grep -c 'result="skipped"' "$1.xml" 2>/dev/null)
  [[ $(cat "$1.status") -eq 0 || ${bad:-0} -gt 0 ]] || failed=$((failed + 1))
  passed=$((passed + total - bad - not_run)) failed=$((failed + bad)) skipped=$((skipped + not_run))
}

# The number in name="number".
attribute() {
  [[ $2 =~ \ $1=\"([0-9]+)\" ]] && echo "${BASH_REMATCH[1]}"
}

# The report's page: is it what its sources make, and does a browser make of it what it should? Needs npm's registry once
# for each web/package-lock.json; without it the check is skipped, except in CI.
check_report() {
  local folder="$root/build/web" tokcast="$root/build/asan/tokcast"
  command -v npm >/dev/null || (ensure_packages nodejs npm) || return "$kSkipped"
  [[ -x /usr/bin/chromium ]] || (ensure_packages chromium) || return "$kSkipped"
  mkdir -p "$folder" && cp -r "$root"/web/. "$folder" && cd "$folder" || return 1
  if ! cmp -s package-lock.json fetched-lock.json; then
    if ! npm ci --ignore-scripts --no-fund --no-audit >npm.log 2>&1; then
      cat npm.log >&2
      [[ -n ${CI:-} ]] && return 1
      return "$kSkipped"
    fi
    cp package-lock.json fetched-lock.json
  fi
  node build.mjs --check && TOKCAST=$tokcast ACCURACY="$root/data/accuracy.json" npm --silent test
}

# What needs the engine that will really run: a rehearsal, and a calibration with every synthetic model. Each must answer,
# whatever it says of the machine.
check_real_engine() {
  local tokcast="$root/build/release/tokcast" cache
  ensure_engine "$tokcast" || return "$kSkipped"
  cache=$(mktemp -d) || return 1
  # shellcheck disable=SC2064
  trap "rm -rf '$cache'" EXIT
  local -x XDG_CACHE_HOME=$cache
  answers '"evidence": "rehearsed"' "$tokcast" rehearse smollm2-135m-instruct --effort 1 --threads 1 --json &&
    answers '"model": "mixture"' "$tokcast" calibrate --types Q4_K --threads 1 --json
}

# answers TEXT COMMAND...: is TEXT in what it prints?
answers() {
  local answer
  answer=$("${@:2}")
  [[ $answer == *"$1"* ]] && return
  printf '%s\n' "$answer"
  return 1
}

# The committed corpus always; new inputs only while this build of the fuzzer has no clean run behind it.
check_fuzz() {
  local name=$1 seconds=$2 folder="$root/build/fuzz"
  local fuzzer="$folder/fuzz/${name}_fuzz" found="$folder/corpus/$name" clean="$folder/$name.clean-for-$seconds"
  mkdir -p "$found" "$folder/findings"
  # The reader promises never to need more than 64 MiB.
  local options=(-malloc_limit_mb=64 -timeout=10 "-artifact_prefix=$folder/findings/")
  local log="$folder/$name.log"
  if [[ $clean -nt $fuzzer ]]; then
    "$fuzzer" "${options[@]}" -runs=0 "$root/fuzz/corpus/$name" >"$log" 2>&1
  else
    "$fuzzer" "${options[@]}" -max_total_time="$seconds" "$found" "$root/fuzz/corpus/$name" >"$log" 2>&1 && touch "$clean"
  fi
  local status=$?
  tail -n $((status == 0 ? 1 : 60)) "$log"
  [[ $status -eq 0 ]]
}
