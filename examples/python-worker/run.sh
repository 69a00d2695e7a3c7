#!/usr/bin/env bash
# Runs the workflow once, on an embedded server, with recorded answers.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=examples/python-worker
uv run python "$folder/main.py" "$folder/input.json" --fixtures "$folder/fixtures"
