#!/usr/bin/env bash
# bench/throughput.sh [MEGABYTES] [ROUNDS]: `tokcast pull` against curl and `aria2c -x4` on loopback, in turns.
#
# Two comparisons of like with like: with nothing flushed to the disk (tokcast then runs under eatmydata, which
# makes fsync and its kin do nothing), and with all of it flushed at the end (curl and aria2c are followed by
# `sync FILE`). tokcast verifies SHA-256 in both; the others verify nothing.
#
# Needs build/release/tokcast, nginx, curl, aria2c, eatmydata and GNU time (Debian: nginx-light curl aria2
# eatmydata time). Prints each run (tool, seconds, seconds of processor time, peak kB), the medians last.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
megabytes=${1:-1000}
rounds=${2:-5}
tools=(curl aria2c tokcast curl+sync aria2c+sync tokcast+sync)
for tool in nginx curl aria2c eatmydata /usr/bin/time "$root/build/release/tokcast"; do
  command -v "$tool" >/dev/null || { echo "missing: $tool (apt-get install nginx-light curl aria2 eatmydata time)" >&2; exit 1; }
done

work=$(mktemp -d "${TMPDIR:-/var/tmp}/throughput.XXXXXX")
trap 'kill "$(cat "$work/nginx.pid" 2>/dev/null)" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/served" "$work/out"
chmod 755 "$work" "$work/served"
head -c "${megabytes}000000" /dev/urandom >"$work/served/data.bin"
cat >"$work/nginx.conf" <<CONF
pid $work/nginx.pid;
error_log $work/error.log;
events {}
http { access_log off; sendfile on; server { listen 127.0.0.1:18080; root $work/served; } }
CONF
nginx -c "$work/nginx.conf"
url=http://127.0.0.1:18080/data.bin
file=$work/out/data.bin

command_of() {
  local curl=(curl -s -o "$file" "$url") aria2c=(aria2c -q -x4 -s4 -d "$work/out" "$url")
  local pull=("$root/build/release/tokcast" pull "$url" --models-dir "$work/out")
  case $1 in
    curl) timed=("${curl[@]}") ;;
    aria2c) timed=("${aria2c[@]}") ;;
    tokcast) timed=(eatmydata "${pull[@]}") ;;
    curl+sync) timed=(sh -c '"$@" && sync "$0"' "$file" "${curl[@]}") ;;
    aria2c+sync) timed=(sh -c '"$@" && sync "$0"' "$file" "${aria2c[@]}") ;;
    tokcast+sync) timed=("${pull[@]}") ;;
  esac
}

run() {
  command_of "$1"
  rm -rf "$work/out" && mkdir "$work/out"
  sync # of what came before
  XDG_CACHE_HOME="$work/out/cache" /usr/bin/time -f "$1 %e %U %S %M" -o "$work/time" "${timed[@]}" >/dev/null 2>&1
  cmp -s "$work/served/data.bin" "$file" || { echo "$1: the file is wrong" >&2; exit 1; }
  awk '{ printf "%-13s %6.2f s  %5.2f s of processor time  %7d kB\n", $1, $2, $3 + $4, $5 }' "$work/time"
  cat "$work/time" >>"$work/times"
}

for ((round = 0; round < rounds; ++round)); do
  for tool in "${tools[@]}"; do run "$tool"; done
done

# median TOOL FIELD
median() {
  awk -v tool="$1" -v field="$2" '$1 == tool { print $field }' "$work/times" | sort -n | sed -n "$((rounds / 2 + 1))p"
}
echo "medians of $rounds rounds, $megabytes MB:"
for tool in "${tools[@]}"; do
  awk -v tool="$tool" -v size="$megabytes" -v time="$(median "$tool" 2)" -v memory="$(median "$tool" 5)" \
    'BEGIN { printf "%-13s %6.0f MB/s  %4.0f MB resident\n", tool, size / time, memory / 1024 }'
done
