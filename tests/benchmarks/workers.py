"""Workers in processes of their own, and what the runs take that they work on."""

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from .definitions import definition, input_of
from .speed import Speed

__all__ = ["Runs", "hand_written_worker", "history_bytes", "httptask_worker", "zigflow_worker"]

_CONFIG = """
[policy]
allow_private = ["loopback"]
[connections.echo]
base_url = "{url}"
allow_private = ["loopback"]
"""
_READY_SECONDS = 60


@dataclass
class Runs:
    """The runs of one workflow type on the task queue of one worker."""

    client: Client
    worker: psutil.Process
    task_queue: str
    name: str
    type: str = ""
    """The workflow type, where that is not the name."""
    argument: Any = None
    """What every run is started with, where that is not the input."""

    async def one(self, number: int = 0) -> str:
        """The id of a run, when it has ended."""
        argument = input_of(self.name, number) if self.argument is None else self.argument
        id_ = uuid.uuid4().hex
        await self.client.execute_workflow(
            self.type or self.name, argument, id=id_, task_queue=self.task_queue
        )
        return id_

    async def measure(self, count: int, concurrency: int) -> Speed:
        """So many runs, so many of them at once; the CPU is the worker's."""
        numbers = iter(range(count))

        async def work() -> None:
            for number in numbers:
                await self.one(number)

        began, cpu = time.perf_counter(), self._cpu()
        await asyncio.gather(*(work() for _ in range(concurrency)))
        seconds = time.perf_counter() - began
        return Speed(count / seconds, (self._cpu() - cpu) * 1000 / count)

    async def until_polled(self) -> None:
        """Wait until the worker asks for work, and give it none."""
        request = DescribeTaskQueueRequest(
            namespace=self.client.namespace,
            task_queue=TaskQueue(name=self.task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        async with asyncio.timeout(_READY_SECONDS):
            while True:
                described = await self.client.workflow_service.describe_task_queue(request)
                if described.pollers:
                    return
                await asyncio.sleep(0.1)

    async def begin(self) -> None:
        """Wait until the worker works."""
        async with asyncio.timeout(_READY_SECONDS):
            await self.one()

    async def history_bytes(self) -> int:
        """What a run, and those that it starts, leave behind."""
        return await history_bytes(self.client, await self.one())

    def _cpu(self) -> float:
        """Seconds of the worker and of what it has started."""
        used = [process.cpu_times() for process in (self.worker, *self.worker.children(recursive=True))]
        return sum(times.user + times.system for times in used)


async def history_bytes(client: Client, id_: str, run_id: str | None = None) -> int:
    """What a run, those that go on from it and those that they start leave behind."""
    history = await client.get_workflow_handle(id_, run_id=run_id).fetch_history()
    total = sum(event.ByteSize() for event in history.events)
    for event in history.events:
        child = event.child_workflow_execution_started_event_attributes.workflow_execution
        if child.workflow_id:
            total += await history_bytes(client, child.workflow_id, child.run_id)
    following = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return total + (await history_bytes(client, id_, following) if following else 0)


@asynccontextmanager
async def httptask_worker(
    client: Client, folder: Path, name: str, url: str, *options: str, **settings: Any
) -> AsyncGenerator[Runs]:
    """`httptask worker`, with one definition that has such settings."""
    queue = f"{folder.name}-{name}"
    (folder / "definitions").mkdir(parents=True)
    (folder / "httptask.toml").write_text(_CONFIG.format(url=url))
    document = definition(name, "benchmarks", url, **settings)
    (folder / "definitions" / f"{name}.yaml").write_text(json.dumps(document))
    command = [
        *(str(Path(sys.executable).with_name("httptask")), "worker", "--definitions", "definitions"),
        *("--task-queue", queue, *options),
    ]
    environment = {**os.environ, "TEMPORAL_ADDRESS": _address(client)}
    async with _process(command, folder, environment) as process:
        yield Runs(client, process, queue, name)


@asynccontextmanager
async def hand_written_worker(
    client: Client, name: str, url: str, library: str, *, sandboxed: bool, local: bool = False
) -> AsyncGenerator[Runs]:
    """A worker with workflows by hand that call with a library, in activities or in local ones."""
    options = [*([] if sandboxed else ["--no-sandbox"]), *(["--local"] if local else [])]
    queue = "".join(("hand-", library, *options, "-", name))
    module = "tests.benchmarks.hand_written"
    command = [sys.executable, "-m", module, _address(client), queue, url, library, *options]
    async with _process(command, Path(__file__).parents[2], os.environ) as process:
        yield Runs(client, process, queue, name)


@asynccontextmanager
async def zigflow_worker(
    client: Client, folder: Path, binary: Path, name: str, url: str
) -> AsyncGenerator[Runs]:
    """`zigflow run`, with one definition; it tells nobody that it runs."""
    queue = f"zigflow-{name}"
    file = folder / f"{name}.yaml"
    file.write_text(json.dumps(definition(name, queue, url)))
    command = [
        *(str(binary), "run", "--file", str(file), "--temporal-address", _address(client)),
        *("--health-listen-address", "127.0.0.1:0", "--metrics-listen-address", "127.0.0.1:0"),
        *("--disable-telemetry", "--log-level", "warn"),
    ]
    async with _process(command, folder, os.environ) as process:
        yield Runs(client, process, queue, name)


@asynccontextmanager
async def _process(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> AsyncGenerator[psutil.Process]:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        await process.wait()


def _address(client: Client) -> str:
    return client.service_client.config.target_host
