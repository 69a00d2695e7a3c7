#!/usr/bin/env bash
# Runs the definition and approves what it asks: `httptask emit` does what a link of the message does.
set -euo pipefail
cd "$(dirname "$0")"
type httptask >/dev/null 2>&1 || httptask() { uv run httptask "$@"; }

result=$(mktemp)
trap 'rm -f "$result"' EXIT
httptask run workflow.yaml --input @input.json --fixtures fixtures >"$result" 2>/dev/null &
run=$!
until httptask emit last --data '{"decision": "approve"}' 2>/dev/null; do
  kill -0 "$run"
  sleep 0.2
done
wait "$run"
cat "$result"
