"""What one would write by hand instead of a definition: a worker with plain Temporal workflows and one activity.

    python -m tests.benchmarks.hand_written ADDRESS QUEUE URL httpx|aiohttp [--no-sandbox] [--local]

The workflows do what the definitions of `definitions` do that have their names.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

with workflow.unsafe.imports_passed_through():
    import aiohttp
    import httpx

__all__ = ["WORKFLOWS"]

Post = Callable[[str, dict[str, Any]], Coroutine[Any, Any, Any]]

ATTEMPT = timedelta(seconds=60)


async def post(path: str, body: dict[str, Any]) -> Any:
    """Send a request, as an activity, or a local one."""
    execute = workflow.execute_local_activity if "--local" in sys.argv else workflow.execute_activity
    return await execute("post", args=[path, body], start_to_close_timeout=ATTEMPT)


@workflow.defn(name="three-calls")
class ThreeCalls:
    """Three calls in a row."""

    @workflow.run
    async def run(self, data: dict[str, Any]) -> Any:
        first = await post("/first", {"order": data["order"]})
        order = first["order"]
        await post("/second", {"after": order, "text": f"order {order}"})
        return await post("/third", {"total": order + 1})


@workflow.defn(name="twenty-calls")
class TwentyCalls:
    """Twenty calls in a row."""

    @workflow.run
    async def run(self, data: dict[str, Any]) -> Any:
        answer: Any = None
        for number in range(20):
            answer = await post("/call", {"order": data["order"], "number": number})
        return answer


@workflow.defn(name="loop")
class Loop:
    """A loop that makes no call."""

    @workflow.run
    async def run(self, data: dict[str, Any]) -> Any:
        done: Any = None
        for _ in data["items"]:
            done = {"done": True}
        return done


@workflow.defn(name="switch")
class Switch:
    """One of two calls."""

    @workflow.run
    async def run(self, data: dict[str, Any]) -> Any:
        return await post("/large" if data["order"] >= 10 else "/small", {"order": data["order"]})


WORKFLOWS = (ThreeCalls, TwentyCalls, Loop, Switch)


async def main(address: str, queue: str, url: str, library: str, *options: str) -> None:
    """Work until the process is killed."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules("aiohttp", "httpx")
    sandboxed = SandboxedWorkflowRunner(restrictions=restrictions)
    async with AsyncExitStack() as stack:
        if library == "httpx":
            plain = await stack.enter_async_context(httpx.AsyncClient())

            async def send(path: str, body: dict[str, Any]) -> Any:
                return (await plain.post(url + path, json=body)).raise_for_status().json()
        else:
            session = await stack.enter_async_context(
                aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), raise_for_status=True)
            )

            async def send(path: str, body: dict[str, Any]) -> Any:
                async with session.post(url + path, json=body) as response:
                    return await response.json()

        worker = Worker(
            await Client.connect(address),
            task_queue=queue,
            workflows=WORKFLOWS,
            activities=[activity.defn(name="post")(send)],
            workflow_runner=UnsandboxedWorkflowRunner() if "--no-sandbox" in options else sandboxed,
        )
        await worker.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
