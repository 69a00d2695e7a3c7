"""What a run does, told as it comes."""

import asyncio
import json
from typing import Final

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

__all__ = ["watch"]

_LOOK_SECONDS: Final = 0.25


async def watch(temporal: Temporal, id_: str, tell: Tell, past: PastRuns, *, texts: bool) -> None:
    """Tell each new `status` of a run, its `text` where that is asked for, and its record once it has `ended`.

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
    told = ""
    around = ""
    try:
        while True:
            described = await describe(temporal.client, id_)
            ended = described.ended_at is not None
            if not around:
                began = await first_started_at(temporal.client, described)
                rerun_of = (await described.memo()).get(RERUN_MEMO)
                named = {"definition": (await summarize(described)).definition, "rerun_of": rerun_of}
                around = json.dumps({"started_at": began.isoformat(), **named})
            try:
                status = shown = await fetch_status(handle, status, client=temporal.client)
            except RPCError as error:
                if ended or error.status is RPCStatusCode.NOT_FOUND:
                    break
                status = status or _status_of((await past.read(temporal.client, id_)).record)
                shown = status.model_copy(
                    update={"impasse": Impasse(attempt=1, last_failure=_unserved(described))}
                )
            now = shown.model_dump_json()
            if now != told:
                told = now
                tell("status", Written(f"{now[:-1]},{around[1:]}"))  # not made anew of a thousand tasks
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
