#!/usr/bin/env bash
# Foreign clients against a running server: npm's `openai` and `ws`, and Chromium. Needs node, npm and its
# registry, and chromium; not part of ./test. Usage: tests/clients/check.sh PORT
set -euo pipefail
port=${1:?usage: $0 PORT}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$(dirname "$0")"/*.mjs "$folder"
cd "$folder"
npm install --silent --no-fund --no-audit openai@6 ws@8 puppeteer-core@24 >/dev/null
until curl --silent --fail "http://127.0.0.1:$port/readyz" >/dev/null; do sleep 0.5; done
node openai.mjs "$port"
node ws.mjs "$port"
node browser.mjs "$port"
node voice.mjs "$port"
