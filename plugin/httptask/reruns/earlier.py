"""What an earlier run did, task by task, and what runs did that it went on from itself."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from shlex import quote
from typing import Any

from pydantic import ValidationError
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from httptask.activities.api_operation import ApiOperation
from httptask.activities.names import API_OPERATION
from httptask.dsl.compile import compile_definition
from httptask.json.types import is_object
from httptask.reruns.places import Path, Place, Places
from httptask.runs.history import read_run
from httptask.runs.records import RunRecord, TaskRecord

__all__ = ["Earlier", "NotRerunnable", "Ran", "read_earlier"]


class NotRerunnable(ValueError):
    """No run can go on from there; `hint` is what can be done."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Ran:
    """One execution of a task.

    Attributes:
        path: of the task.
        is_in_loop: whether `$tasks` outside of a loop, a branch or a handler does not see it.
    """

    path: Path
    task: TaskRecord
    is_in_loop: bool


@dataclass(frozen=True, slots=True)
class Earlier:
    """A run that has ended.

    Attributes:
        record: of it.
        places: of its definition.
        ran: what ran in it, in the order it began, behind what ran before in the runs that it went on from.
    """

    record: RunRecord
    places: Places
    ran: Sequence[Ran]

    def operations(self) -> Iterator[tuple[Path, ApiOperation]]:
        """Those of API documents that it found, each with the path of its task."""
        by_pointer = self.places.by_pointer
        for pointer, operation in self.record.operations.items():
            if pointer in by_pointer:
                yield by_pointer[pointer].path, operation
        for each in self.ran:
            for call in each.task.calls:
                if call.activity == API_OPERATION and call.state == "completed":
                    with suppress(ValidationError):  # of another version
                        yield each.path, ApiOperation.model_validate(call.response)

    @property
    def stopped_at(self) -> Place | None:
        """Where it failed or was ended: the task that another run may begin with; None where it completed."""
        problem = self.record.failure.details if self.record.failure is not None else None
        pointer: Any = problem.get("instance") if is_object(problem) else None
        unfinished = [
            each.task.pointer for each in self.ran if each.task.state in ("faulted", "cancelled", "running")
        ]
        for found in (pointer, *reversed(unfinished)):
            place = self.places.by_pointer.get(found) if isinstance(found, str) else None
            if place is not None:
                return place.outermost_loop or place
        return None


async def read_earlier(client: Client, id_: str) -> Earlier:
    """Read a run from its history.

    Raises:
        NotRerunnable: it goes on, runs no definition, or can't be repeated here.
        RPCError: there is no such run.
    """
    record = await read_run(client, id_)
    if record.ended_at is None:
        raise NotRerunnable(
            f"{id_} is {record.state}: two runs would do the same work", f"httptask runs cancel {quote(id_)}"
        )
    if record.document is None:
        raise NotRerunnable(f"{id_} did not get as far as a definition, or is a workflow in Python")
    if record.note is not None:
        raise NotRerunnable(f"{id_}: {record.note}")
    program = compile_definition(record.document).program
    if program is None:
        raise NotRerunnable(f"the definition that {id_} ran is not valid for this version of httptask")
    places = Places(program)
    own = [_ran(places, task) for task in record.tasks]
    return Earlier(record, places, [*await _before(client, record, places), *own])


async def _before(client: Client, record: RunRecord, places: Places) -> list[Ran]:
    """What ran before in the run that it went on from, by the paths that the tasks have now."""
    source = record.rerun_of
    if source is None:
        return []
    gone = NotRerunnable(f"{record.id} went on from outputs of {source.run}, which Temporal has no longer")
    try:
        earlier = await read_earlier(client, source.run)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise gone from None
        raise
    if earlier.record.run_id != source.run_id:
        raise gone
    now = {was: path for path, was in places.matched(earlier.places).items()}
    return [replace(each, path=now.get(each.path, each.path)) for each in earlier.ran[: source.before]]


def _ran(places: Places, task: TaskRecord) -> Ran:
    place = places.by_pointer[task.pointer]
    return Ran(place.path, task, is_in_loop=bool(place.node.scope))
