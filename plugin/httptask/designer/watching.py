"""What a run does, told as it comes."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from temporalio.service import RPCError, RPCStatusCode

from httptask.designer.past_runs import PastRuns
from httptask.designer.problems import Problem
from httptask.designer.streaming import Tell, Written
from httptask.designer.workspace import Temporal
from httptask.interpreter.fetch_status import fetch_status
from httptask.interpreter.status import Impasse, RunStatus, TaskStatus
from httptask.plugin import live_texts
from httptask.runs.ending import has_own_queue
from httptask.runs.executions import Described, describe, first_started_at
from httptask.runs.records import RERUN_MEMO, RunRecord, summarize

__all__ = ["Told", "watch"]

_LOOK_SECONDS: Final = 0.25


async def watch(temporal: Temporal, id_: str, tell: Tell, past: PastRuns, *, texts: bool) -> None:
    """Tell a run's `status` and its `changes`, its `text` where that is asked for, and its record once it has `ended`.

    Args:
        temporal: that has it.
        id_: of it.
        tell: somebody who looks at it.
        past: reads its record.
        texts: whether the text of streamed answers is told while it comes.

    Raises:
        Problem: Temporal does not answer.
    """
    handle = temporal.client.get_workflow_handle(id_)
    listening = asyncio.create_task(_listen(temporal, id_, tell)) if texts else None
    status: RunStatus | None = None
    told: Told | None = None
    try:
        while True:
            described = await describe(temporal.client, id_)
            ended = described.ended_at is not None
            if told is None:
                began = await first_started_at(temporal.client, described)
                rerun_of = (await described.memo()).get(RERUN_MEMO)
                named = {"definition": (await summarize(described)).definition, "rerun_of": rerun_of}
                told = Told({"started_at": began.isoformat(), **named})
            try:
                status = shown = await fetch_status(handle, status, client=temporal.client)
            except RPCError as error:
                if ended or error.status is RPCStatusCode.NOT_FOUND:
                    break
                status = status or _status_of((await past.read(temporal.client, id_)).record)
                shown = status.model_copy(
                    update={"impasse": Impasse(attempt=1, last_failure=_unserved(described))}
                )
            if (event := told.event_of(shown)) is not None:
                tell(*event)
            if ended:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        tell("ended", Written((await past.read(temporal.client, id_)).json))
    except RPCError as error:
        raise Problem(503, f"Temporal at {temporal.where}: {error.message}") from None
    finally:
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


class Told:
    """What somebody has been told of a run: of its thousand tasks few change from one look to the next."""

    def __init__(self, around: Mapping[str, Any]) -> None:
        """Nothing yet.

        Args:
            around: what stays of a run as it is, and is told with its `status`.
        """
        self._around = json.dumps(around)
        self._facts = ""
        self._tasks: dict[str, TaskStatus] = {}

    def event_of(self, status: RunStatus) -> tuple[str, Written] | None:
        """The `status` of a run that nothing is known of, or its `changes` since; None where there are none."""
        before = self._tasks
        self._tasks = {task.id: task for task in status.tasks}
        facts = status.model_dump_json(exclude={"tasks"})
        if not self._facts or not _goes_on(before, self._tasks):
            self._facts = facts
            return "status", Written(f"{facts[:-1]},{self._around[1:-1]},{_tasks(status.tasks)}}}")
        changed = [task for task in status.tasks if before.get(task.id) != task]
        gone = [id_ for id_ in before if id_ not in self._tasks]
        if facts == self._facts and not changed and not gone:
            return None
        self._facts = facts
        return "changes", Written(f'{facts[:-1]},"gone":{json.dumps(gone)},{_tasks(changed)}}}')


def _goes_on(before: Mapping[str, object], now: Mapping[str, object]) -> bool:
    """Whether those that are new stand behind the others."""
    stay = [id_ for id_ in before if id_ in now]
    return stay == list(now)[: len(stay)]


def _tasks(tasks: Iterable[TaskStatus]) -> str:
    return f'"tasks":[{",".join(task.model_dump_json() for task in tasks)}]'


def _status_of(record: RunRecord) -> RunStatus:
    """What the history of a run tells, which no worker answers for."""
    tasks = [TaskStatus.model_validate(task.model_dump()) for task in record.tasks]
    return RunStatus(workflow="", version="", sha256="", tasks=tasks, simulated=record.simulated)


def _unserved(run: Described) -> str:
    """Why a run is not known to go on: nobody answers for it."""
    if has_own_queue(run):
        return (
            "no worker answers for this run; what began it may be gone: cancel it then, and begin another one"
        )
    return f"no worker answers for this run: it goes on once one serves the task queue {run.info.task_queue}"


async def _listen(temporal: Temporal, id_: str, tell: Tell) -> None:
    async for piece in live_texts(temporal.client, id_):
        tell("text", piece.model_dump())
