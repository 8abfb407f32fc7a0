#!/usr/bin/env bash
# coverage.sh: which lines of src/ the tests run. Builds everything once more by clang-19, in build/coverage, runs all tests
# (those that kill the program leave no counts) and prints a table by folder; build/coverage/html shows every line.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/common.sh"
source "$root/scripts/packages.sh"
source "$root/scripts/checks.sh"

folder="$root/build/coverage"
programs=("$folder/unit_tests" -object "$folder/tests/cli_tests" -object "$folder/tokcast")

# A program's processes share a file of counts: %m is the program, %4 of them at once.
export LLVM_PROFILE_FILE="$folder/counts/%4m.profraw"

measure() {
  ensure_packages "${build_packages[@]}" "${test_packages[@]}" llvm-19
  configure_as coverage -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++-19 \
    -DCMAKE_CXX_FLAGS='-fprofile-instr-generate -fcoverage-mapping' || die "CMake could not configure build/coverage"
  build coverage unit_tests cli_tests tokcast
  rm -rf "$folder/counts"
  run_tests coverage
  llvm-profdata-19 merge -o "$folder/tests.profdata" "$folder"/counts/*.profraw
}

# of_source COMMAND...: llvm-cov's answer about src/, without tests and what only they use.
of_source() {
  llvm-cov-19 "$1" "${programs[@]}" -instr-profile "$folder/tests.profdata" "${@:2}" \
    -ignore-filename-regex '_test(_util)?\.(cc|h)$|/tests/|/bench/|/build/|^/usr/'
}

# One row for each folder of src/: its lines, functions and branches, and the share of each that ran.
table() {
  of_source export -summary-only | jq -r --arg source "$root/src/" '
    def row(name): [name] + ([("lines", "functions", "branches") as $of | (map(.[$of].count) | add) as $all
      | $all, (if $all > 0 then (1000 * (map(.[$of].covered) | add) / $all | round / 10) else "" end)]);
    [.data[0].files[] | {folder: (.filename | ltrimstr($source) | split("/")[0])} + .summary]
    | (group_by(.folder)[] | row(.[0].folder)), row("all")
    | "| \(.[0]) | \(.[1]) | \(.[2]) % | \(.[3]) | \(.[4]) % | \(.[5]) | \(.[6]) % |"'
}

ensure_packages jq
measure || die "the counts could not be read"
of_source show -format html -output-dir "$folder/html" >/dev/null
echo "| folder of src/ | lines | run | functions | run | branches | run |"
echo "|---|---|---|---|---|---|---|"
table
report
