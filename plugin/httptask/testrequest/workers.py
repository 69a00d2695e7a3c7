"""The workers of a task queue, and what they have under the names of a task: a test request is theirs to send."""

import asyncio
from collections.abc import Mapping, Sequence

from temporalio.client import Client

from httptask.activities.configuration_activities import has_pollers
from httptask.activities.connection_profile import ConnectionProfile, RunConfiguration
from httptask.activities.names import RESOLVE_CONFIGURATION
from httptask.calls.problem import TaskFault, problem_of_failure
from httptask.dsl.program import Program
from httptask.testrequest.execution import ExecutionFailed, ask
from httptask.testrequest.sample import find_task

__all__ = ["NoWorker", "profiles_on", "require_worker"]

_LOOKS, _BETWEEN_LOOKS = 5, 0.2
"""For a worker that has just been started, whose first question Temporal has not got yet."""


class NoWorker(Exception):
    """No worker polls a task queue."""


async def profiles_on(
    client: Client, task_queue: str, program: Program, task: str
) -> Mapping[str, ConnectionProfile]:
    """What the workers of a queue have under the connections that a task names, for `plan_request`.

    Args:
        client: of the cluster, with the plugin.
        task_queue: of workers that run definitions.
        program: the definition.
        task: name or JSON Pointer of a task.

    Raises:
        NotTestable: there is no such task.
        NoWorker: nobody has polled the queue for minutes.
        TaskFault: a worker that polls it lacks a connection, or can't answer.
        RPCError: the server can't be reached.
    """
    node = find_task(program, task)
    names = sorted({name for _, name in node.connections})
    if not names:
        await require_worker(client, task_queue)
        return {}
    try:
        found = await _answer(client, task_queue, names)
    except ExecutionFailed as failed:
        problem = problem_of_failure(failed.cause, "configuration")
        raise TaskFault(problem.model_copy(update={"instance": node.pointer})) from None
    return found.connections


async def _answer(client: Client, task_queue: str, names: Sequence[str]) -> RunConfiguration:
    """What a worker says of connections. Whether there is one is looked up beside the question, not before it."""
    question = ask(
        client, task_queue, RESOLVE_CONFIGURATION, [names, []], RunConfiguration, name="test-configuration"
    )
    asking = asyncio.create_task(question)
    looking = asyncio.create_task(require_worker(client, task_queue))
    try:
        await asyncio.wait((asking, looking), return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            await looking
        return await asking
    finally:
        asking.cancel()
        looking.cancel()
        await asyncio.gather(asking, looking, return_exceptions=True)


async def require_worker(client: Client, task_queue: str) -> None:
    """Look whether a worker polls a queue, which one does that has just been started a moment later.

    Raises:
        NoWorker: none has for minutes.
        RPCError: the server can't be reached.
    """
    for _ in range(_LOOKS):
        if await has_pollers(client, task_queue):
            return
        await asyncio.sleep(_BETWEEN_LOOKS)
    raise NoWorker(f"no worker polls the task queue {task_queue}")
