"""Workflows per second of a definition with three calls, against a workflow written by hand with the same three.

    uv run python -m tests.benchmarks.engine

All three ways run in turn, in an order that changes from round to round, on one worker and one Temporal server. A
ratio is the median of the rounds' ratios, so that a machine that slows down does so for all. The last line is JSON.
"""

import asyncio
import json
import logging
import operator
import random
import statistics
import sys
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import structlog
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.canonical import sha256
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, RunInput
from support.connections import local_connection
from support.definitions import parse
from support.runs import running, temporal_server

from .cold_run import cold_run_seconds
from .echo_server import echo_server
from .hand_written import ThreeCalls

CONCURRENT = 50
WORKFLOWS = 100
ROUNDS = 9

DEFINITION = """
document: { dsl: 1.0.3, namespace: bench, name: three-calls, version: 1.0.0 }
do:
  - first:
      call: httpRequest
      with: { method: post, connection: echo, path: /first, body: { order: "${ $workflow.input.order }" } }
  - second:
      call: httpRequest
      with:
        method: post
        connection: echo
        path: /second
        body: { after: "${ $tasks.first.order }", text: "order ${ .order }" }
  - third:
      call: httpRequest
      with: { method: post, connection: echo, path: /third, body: { total: "${ $tasks.first.order + 1 }" } }
"""


Start = Callable[[int], Awaitable[Any]]


async def throughput(start: Start) -> float:
    """Workflows per second, so many of them at once."""
    slots = asyncio.Semaphore(CONCURRENT)

    async def one(number: int) -> None:
        async with slots:
            result = await start(number)
            assert result == {"total": number + 1}, result

    began = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(WORKFLOWS)))
    return WORKFLOWS / (time.perf_counter() - began)


@asynccontextmanager
async def ways(environment: WorkflowEnvironment, url: str) -> AsyncGenerator[dict[str, Start]]:
    """The three ways to run the three calls."""
    definition = parse(DEFINITION)
    connections = {"echo": local_connection("echo", url)}
    async with running(
        environment, definitions=[definition], connections=connections, worker={"workflows": [ThreeCalls]}
    ) as runner:

        def starter(type_: Any, argument: Callable[[int], Any]) -> Start:
            return lambda number: _run(runner.client, runner.task_queue, type_, argument(number))

        digest = sha256(definition)
        yield {
            "hand_written": starter("ThreeCalls", lambda number: {"order": number}),
            "inline": starter(
                WORKFLOW_TYPE,
                lambda number: RunInput(definition=definition, sha256=digest, input={"order": number}),
            ),
            "by_name": starter("three-calls", lambda number: {"order": number}),
        }


async def _run(client: Client, task_queue: str, type_: str, argument: Any) -> Any:
    return await client.execute_workflow(
        type_, argument, id=uuid.uuid4().hex, task_queue=task_queue, result_type=object
    )


async def history_bytes(environment: WorkflowEnvironment, url: str, tasks: int) -> int:
    """Size of the history of a definition with so many calls in a row, each with 10 KB of answer."""
    calls = [
        {
            f"call{number}": {
                "call": "httpRequest",
                "with": {
                    "method": "post",
                    "connection": "echo",
                    "path": "/",
                    "body": {"pad": "x" * 10_000, "n": number},
                },
            }
        }
        for number in range(tasks)
    ]
    connections = {"echo": local_connection("echo", url)}
    async with running(environment, connections=connections) as runner:
        outcome = await runner.run(parse("do: []") | {"do": calls})
        history = await outcome.handle.fetch_history()
    return sum(event.ByteSize() for event in history.events)


async def main() -> None:
    """Run the benchmark."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    async with echo_server() as url, temporal_server() as environment:
        rates: dict[str, list[float]] = {}
        async with ways(environment, url) as starts:
            for start in starts.values():
                await start(0)
            for round_ in range(ROUNDS):
                for name in random.sample(list(starts), len(starts)):
                    rates.setdefault(name, []).append(await throughput(starts[name]))
                print(
                    f"round {round_ + 1}: " + ", ".join(f"{name} {rates[name][-1]:.1f}/s" for name in starts)
                )
        ten, twenty = [await history_bytes(environment, url, tasks) for tasks in (10, 20)]
    medians = {name: round(statistics.median(found), 1) for name, found in rates.items()}
    cold = await cold_run_seconds()
    inline, by_name = (
        statistics.median(map(operator.truediv, rates[name], rates["hand_written"]))
        for name in ("inline", "by_name")
    )
    print(f"medians: {medians}; history {ten:,} and {twenty:,} bytes; cold run {cold:.2f} s")
    print(
        json.dumps(
            {
                "engine_throughput_ratio": round(min(inline, by_name), 3),
                "inline_ratio": round(inline, 3),
                "by_name_ratio": round(by_name, 3),
                "history_20_over_10": round(twenty / ten, 3),
                "cold_run_seconds": round(cold, 2),
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main())
