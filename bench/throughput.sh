#!/usr/bin/env bash
# bench/throughput.sh [MEGABYTES] [ROUNDS]: `tokcast pull` against curl and `aria2c -x4` on loopback, in turns.
#
# Needs build/release/tokcast, nginx, curl, aria2c and GNU time (Debian: nginx-light curl aria2 time). tokcast
# verifies what it fetches and flushes it to the disk; the two others do neither. Prints MB/s and peak memory, the
# medians last.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
megabytes=${1:-1000}
rounds=${2:-5}
for tool in nginx curl aria2c /usr/bin/time; do
  command -v "$tool" >/dev/null || { echo "missing: $tool (apt-get install nginx-light curl aria2 time)" >&2; exit 1; }
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

# "TOOL SECONDS KILOBYTES"
timed() {
  local tool=$1
  shift
  rm -rf "$work/out" && mkdir "$work/out"
  /usr/bin/time -f "$tool %e %M" -o "$work/time" "$@" >/dev/null 2>&1
  cmp -s "$work/served/data.bin" "$work/out/data.bin" || { echo "$tool: the file is wrong" >&2; exit 1; }
  tee -a "$work/times" <"$work/time"
}

for ((round = 0; round < rounds; ++round)); do
  timed curl curl -s -o "$work/out/data.bin" "$url"
  timed aria2c aria2c -q -x4 -s4 -d "$work/out" "$url"
  XDG_CACHE_HOME="$work/out/cache" timed tokcast "$root/build/release/tokcast" pull "$url" --models-dir "$work/out"
done

echo "medians of $rounds rounds, $megabytes MB:"
for tool in curl aria2c tokcast; do
  for field in 2 3; do
    awk -v tool="$tool" -v field="$field" '$1 == tool { print $field }' "$work/times" | sort -n |
      sed -n "$((rounds / 2 + 1))p"
  done | paste -sd' ' | awk -v tool="$tool" -v size="$megabytes" \
    '{ printf "%-8s %6.0f MB/s  %4.0f MB resident\n", tool, size / $1, $2 / 1024 }'
done
