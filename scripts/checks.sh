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

# All tests of a build, counted one by one. Of those that pass only the number is shown.
run_tests() {
  local folder="$root/build/$1" results="$root/build/$1/tests.xml" suite total bad not_run
  say "the tests of build/$1 ..."
  rm -f "$results"
  ctest --test-dir "$folder" -j "$(nproc)" --timeout 300 --output-on-failure --no-tests=error \
    --output-junit "$results" | grep -vE '^ +Start +[0-9]+: | Passed +[0-9.]+ sec$'
  suite=$(grep -m 1 '<testsuite ' "$results" -A 10 | tr '\n\t' '  ')
  if [[ -z $suite ]]; then
    failed=$((failed + 1))
    return 1
  fi
  total=$(attribute tests "$suite") bad=$(attribute failures "$suite")
  not_run=$(($(attribute skipped "$suite") + $(attribute disabled "$suite")))
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
    answers '"model": "experts"' "$tokcast" calibrate --types Q4_K --threads 1 --json
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
