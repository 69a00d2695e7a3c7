"""What the workers of a task queue serve under a name, and a run of it."""

import json
import secrets
from dataclasses import dataclass
from shlex import quote
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError

from httptask.activities.names import LOAD_DEFINITION
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.dsl.canonical import unpacked
from httptask.interpreter.workflow_types import LoadedDefinition
from httptask.json.types import is_array
from httptask.testrequest.execution import ExecutionFailed, ask
from httptask.testrequest.workers import NoWorker, require_worker

__all__ = ["NotServed", "Served", "compare_with_served", "find_served", "start_run"]


class NotServed(Exception):
    """No worker of a task queue serves a definition.

    Attributes:
        hint: what can be done.
        is_silent: whether there is no worker at all, rather than one that serves others.
    """

    def __init__(self, message: str, hint: str | None, *, is_silent: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.is_silent = is_silent


@dataclass(frozen=True, slots=True)
class Served:
    """A definition that a worker serves.

    Attributes:
        name: `NAMESPACE/NAME:VERSION`.
        document: the definition, as JSON data.
    """

    name: str
    document: dict[str, Any]


async def find_served(client: Client, task_queue: str, name: str) -> Served:
    """Ask a worker of a task queue for a definition.

    Args:
        client: of the cluster.
        task_queue: of workers that serve definitions.
        name: `NAME`, its highest version, or `NAMESPACE/NAME:VERSION`.

    Raises:
        NotServed: no worker polls the queue, or the one that answered does not serve it.
        RPCError: the server can't be reached.
    """
    try:
        await require_worker(client, task_queue)
    except NoWorker as none:
        hint = (
            f"start one: httptask worker --task-queue {quote(task_queue)} --definitions DIR, or httptask dev"
        )
        raise NotServed(str(none), hint, is_silent=True) from None
    try:
        found = await ask(
            client, task_queue, LOAD_DEFINITION, [name], LoadedDefinition, name="find-definition"
        )
    except ExecutionFailed as failed:
        raise _refusal(failed.cause, name, task_queue) from None
    return Served(found.name, json.loads(unpacked(found.packed)))


async def compare_with_served(
    client: Client, task_queue: str, name: str, document: Any, source: str
) -> str | None:
    """Hold a definition against what is served under its name: that is what runs.

    Args:
        client: of the cluster.
        task_queue: of workers that serve definitions.
        name: `NAMESPACE/NAME:VERSION`.
        document: the definition, as JSON data.
        source: its file.

    Returns:
        What to know where no worker is there that could tell.

    Raises:
        NotServed: a worker serves something else under it, or does not know it.
        RPCError: the server can't be reached.
    """
    try:
        served = await find_served(client, task_queue, name)
    except NotServed as refused:
        if not refused.is_silent:
            raise NotServed(str(refused), f"serve {source} first, or name one that is") from None
        return f"{refused}: runs that it starts wait until one serves {name}"
    if served.document != document:
        raise NotServed(
            f"the worker serves another {name} than {source}",
            "start the worker anew, or give the file another version",
        )
    return None


async def start_run(
    client: Client, served: Served, data: Any, *, task_queue: str, id_: str | None = None
) -> WorkflowHandle[Any, Any]:
    """Start a run of that version.

    Args:
        client: of the cluster.
        served: the definition.
        data: the input.
        task_queue: of workers that serve it.
        id_: of the run; left out, the name of the definition with a random end.

    Raises:
        WorkflowAlreadyStartedError: a run of that id goes on.
        RPCError: the server can't be reached.
    """
    id_ = id_ or f"{served.document['document']['name']}-{secrets.token_hex(4)}"
    return await client.start_workflow(served.name, data, id=id_, task_queue=task_queue)


def _refusal(cause: BaseException | None, name: str, task_queue: str) -> NotServed:
    if isinstance(cause, ApplicationError) and cause.type == "DefinitionUnknown":
        names = [str(each) for found in cause.details if is_array(found) for each in found]
        hint = hint_for_unknown(name, names, "served")
        return NotServed(f"no definition {name} is served on the task queue {task_queue}", hint)
    if isinstance(cause, ApplicationError) and cause.type == "NotFoundError":
        hint = "start a worker with --definitions DIR"
        return NotServed(f"the worker of the task queue {task_queue} serves no definitions", hint)
    return NotServed(f"the worker of the task queue {task_queue} gave no answer: {cause}", None)
