"""Runs definitions on a real Temporal server and replays what they leave behind."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from httptask.dsl.canonical import sha256
from httptask.interpreter.listens import LISTENS_MEMO
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, RunInput
from httptask.plugin import DefinitionRegistry, HttpTaskPlugin, ServedDefinition
from httptask.scheduling.spending_state import SPENT_MEMO, Spent
from httptask.testing import time_skipping
from httptask.testing.replay import replay
from httptask.testing.temporal_server import start_temporal
from support.definitions import parse

NOT_WAITING_FOR_THE_DISK = ("--sqlite-pragma", "synchronous=0")
"""For a server with a file: what it wrote outlives it nevertheless, if it is killed, and only the machine's end loses it."""


@asynccontextmanager
async def temporal_server(*extra: str) -> AsyncGenerator[WorkflowEnvironment]:
    """A dev server of its own."""
    async with await start_temporal(*extra) as environment:
        yield environment


def skipping_time(environment: WorkflowEnvironment) -> WorkflowEnvironment:
    """The server for runs whose waits, between attempts too, take no time."""
    return WorkflowEnvironment.from_client(time_skipping.skipping_time(environment.client))


@dataclass
class Outcome:
    """What came of a run: its output, or the RFC 7807 object it ended in."""

    handle: WorkflowHandle[Any, Any]
    output: Any = None
    problem: dict[str, Any] = field(default_factory=dict[str, Any])

    async def spent(self) -> dict[str, Any]:
        """What its memo says that it has spent; what is left out there is nought."""
        memo = await (await self.handle.describe()).memo()
        return Spent.model_validate(memo[SPENT_MEMO]).model_dump()


@dataclass
class Runner:
    """A worker with the plugin, and a client that starts definitions on it."""

    client: Client
    plugin: HttpTaskPlugin
    task_queue: str

    async def start(
        self, definition: str | dict[str, Any], data: Any = None, **options: Any
    ) -> WorkflowHandle[Any, Any]:
        loaded = parse(definition) if isinstance(definition, str) else definition
        run_input = RunInput(definition=loaded, sha256=sha256(loaded), input=data, **options)
        return await self.client.start_workflow(
            WORKFLOW_TYPE,
            run_input,
            id=f"test-{uuid.uuid4().hex[:8]}",
            task_queue=self.task_queue,
            result_type=object,
        )

    async def run(self, definition: str | dict[str, Any], data: Any = None, **options: Any) -> Outcome:
        """Run a definition to its end, then replay every run of it."""
        return await self.outcome(await self.start(definition, data, **options))

    async def outcome(self, handle: WorkflowHandle[Any, Any]) -> Outcome:
        """What came of a run, which is waited for; then replay every run of it."""
        outcome = Outcome(handle)
        try:
            outcome.output = await handle.result()
        except WorkflowFailureError as error:
            cause = error.cause
            assert isinstance(cause, ApplicationError), cause
            outcome.problem = cause.details[0]
        await self.replay(handle)
        return outcome

    async def replay(self, handle: WorkflowHandle[Any, Any]) -> None:
        """Replay the history of every run in the chain, and of its children."""
        await replay(self.client, handle, self.plugin)


@asynccontextmanager
async def running(
    environment: WorkflowEnvironment,
    *,
    definitions: list[dict[str, Any]] | None = None,
    worker: Mapping[str, Any] | None = None,
    task_queue: str | None = None,
    **plugin_options: Any,
) -> AsyncGenerator[Runner]:
    """A worker, ready to run definitions; on a task queue of its own unless another's is given."""
    registry = None
    if definitions is not None:
        registry = DefinitionRegistry(
            ServedDefinition(source=f"{number}.yaml", definition=found)
            for number, found in enumerate(definitions)
        )
    plugin = HttpTaskPlugin(allow_inline=True, definitions=registry, **plugin_options)
    client = await Client.connect(
        environment.client.service_client.config.target_host,
        plugins=[plugin],
        interceptors=environment.client.config()["interceptors"],  # one of them skips time
    )
    queue = task_queue or f"test-{uuid.uuid4().hex[:8]}"
    async with Worker(client, task_queue=queue, **(worker or {})):
        yield Runner(client, plugin, queue)


async def listening(handle: WorkflowHandle[Any, Any]) -> None:
    """Wait until a run waits for events."""
    async with asyncio.timeout(20):
        while True:
            if await (await handle.describe()).memo_value(LISTENS_MEMO, None):
                return
            await asyncio.sleep(0.02)


async def stream_heartbeat(handle: WorkflowHandle[Any, Any]) -> bytes:
    """What the activity of a run that reads a stream has told of it, once it has told anything."""
    async with asyncio.timeout(10):
        while True:
            described = await handle.describe()
            for pending in described.raw_description.pending_activities:
                beats = pending.heartbeat_details.SerializeToString()
                if b"events" in beats:
                    return beats
            await asyncio.sleep(0.05)
