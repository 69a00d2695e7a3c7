"""Past runs: read out of their histories once, and what they have for a definition as it is now."""

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from pydantic import BaseModel
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from httptask.calls.problem import TaskFault
from httptask.designer.streaming import beside_requests
from httptask.dsl.program import Program
from httptask.interpreter.schemas import check_input
from httptask.runs.executions import describe
from httptask.runs.history import read_run
from httptask.runs.records import RunRecord, RunSummary, TaskRecord, latest_runs

__all__ = ["EarlierData", "PastRuns", "ReadRun", "data_of", "output_of", "runs_of"]

_KEPT_BYTES: Final = 16_000_000
"""Of all runs that are kept, as JSON; in memory they take some times that."""
_LOOKED_THROUGH: Final = 200
_MOST_BYTES: Final = 400_000
"""Of the outputs that are given at once, which are sent again with what is asked about them."""
_LARGE_BYTES: Final = 100_000
"""Of an output that is given by itself only."""
_ENDED: Final = ("completed", "skipped")
"""States of tasks that have an output."""
_MOST_SOURCES: Final = 10


@dataclass(frozen=True, slots=True)
class ReadRun:
    """A run, and its JSON."""

    record: RunRecord
    json: str


class PastRuns:
    """Reads runs, and keeps the latest ones that have ended: nothing changes them any more."""

    def __init__(self, most_bytes: int = _KEPT_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, ReadRun] = OrderedDict()

    async def read(self, client: Client, id_: str) -> ReadRun:
        """A run as it is now.

        Raises:
            RPCError: there is no such run.
        """
        described = await describe(client, id_)
        kept = self._kept.get(described.run_id)
        if kept is not None:
            self._kept.move_to_end(described.run_id)
            return kept
        found = await beside_requests(_read(client, id_))
        if found.record.ended_at is not None:
            self._keep(found)
        return found

    async def read_with_sources(self, client: Client, id_: str) -> list[RunRecord]:
        """A run, and behind it those that it went on from, as far as they are there.

        Raises:
            RPCError: there is no such run.
        """
        records = [(await self.read(client, id_)).record]
        while (source := records[-1].rerun_of) is not None and len(records) < _MOST_SOURCES:
            try:
                records.append((await self.read(client, source.run)).record)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                break
        return records

    def _keep(self, found: ReadRun) -> None:
        self._kept[found.record.run_id] = found
        while self._kept and sum(len(each.json) for each in self._kept.values()) > self._most_bytes:
            self._kept.popitem(last=False)


class EarlierData(BaseModel):
    """What a run has for the tasks of a definition: outputs of tasks that are there and of the same kind."""

    run: str
    started_at: datetime
    state: str
    going: str | None = None
    """Id of the latest run of the definition that still goes on, be it this one or another."""
    input: Any = None
    has_input: bool = False
    """Whether there is one, and the definition takes it."""
    outputs: dict[str, Any] = {}
    large: dict[str, int] = {}
    """Bytes of those outputs that are too large to be given with all others."""
    simulated: list[str] = []
    """Names of tasks whose answers came from fixtures."""


async def runs_of(client: Client, name: str, path: str | None = None, limit: int = 20) -> list[RunSummary]:
    """The runs of a definition, the latest first: those that its name finds, and others of it among the latest ones.

    Args:
        client: that lists them.
        name: `namespace/name`, by which those of commands and of schedules are found.
        path: of its file, as runs note it, where it may have had another name.
        limit: how many at most.
    """
    own = await latest_runs(client, limit, inner=False, definition=name)
    latest = await latest_runs(client, _LOOKED_THROUGH, inner=False)
    found = {run.id: run for run in latest if run.is_of(name) or (path is not None and run.file == path)}
    found |= {run.id: run for run in own}
    return sorted(found.values(), key=lambda run: run.started_at, reverse=True)[:limit]


def data_of(records: Sequence[RunRecord], program: Program) -> EarlierData:
    """What a run has for a definition.

    Args:
        records: of it, and of those that it went on from.
        program: the definition.
    """
    record = records[0]
    found = EarlierData(run=record.id, started_at=record.started_at, state=record.state)
    kinds: dict[str, set[str]] = {}
    for node in program.nodes.values():
        kinds.setdefault(node.name, set()).add(node.kind.name)
    left = _MOST_BYTES
    for name, task in _latest_tasks(records).items():
        if task.kind not in kinds.get(name, ()):
            continue
        size = len(json.dumps(task.output, ensure_ascii=False))
        if size > min(left, _LARGE_BYTES):
            found.large[name] = size
            continue
        left -= size
        found.outputs[name] = task.output
        if task.simulated:
            found.simulated.append(name)
    found.has_input = _is_input(program, record.input)
    if found.has_input:
        found.input = record.input
    return found


def _latest_tasks(records: Sequence[RunRecord]) -> dict[str, TaskRecord]:
    """The latest execution of each task that has an output; of earlier runs, what was taken of them."""
    found = {task.name: task for task in records[0].tasks if task.state in _ENDED}
    for later, earlier in pairwise(records):
        taken = set(later.rerun_of.reused) if later.rerun_of is not None else set[str]()
        of_earlier = {
            task.name: task for task in earlier.tasks if task.state in _ENDED and task.name in taken
        }
        found = of_earlier | found
    return found


def output_of(records: Sequence[RunRecord], task: str) -> Any:
    """The output of a task; arguments as of `data_of`.

    Raises:
        KeyError: there is none.
    """
    return _latest_tasks(records)[task].output


async def _read(client: Client, id_: str) -> ReadRun:
    record = await read_run(client, id_)
    # Task by task: while JSON is written nothing else goes on in this process, in whatever thread that is.
    tasks = ",".join([task.model_dump_json() for task in record.tasks])
    around = record.model_dump_json(exclude={"tasks"})
    return ReadRun(record, f'{around[:-1]},"tasks":[{tasks}]}}')


def _is_input(program: Program, value: Any) -> bool:
    if value is None or len(json.dumps(value, ensure_ascii=False)) > _LARGE_BYTES:
        return False
    try:
        check_input(program.definition.input, value, "the input")
    except TaskFault:
        return False
    return True
