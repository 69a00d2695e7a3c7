"""Runs: started, watched, ended, and gone on from."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse
from temporalio.client import WorkflowHandle

from httptask.config.config import for_own_runs
from httptask.designer.kept_answers import KeptAnswers, kept_answers_of, load_kept_answers, new_recorder
from httptask.designer.past_runs import EarlierData, data_of, output_of, runs_of
from httptask.designer.problems import Problem
from httptask.designer.routes.definitions import EditedText
from httptask.designer.routes.project import SecretState, missing_secrets, not_set_up
from httptask.designer.streaming import beside_requests
from httptask.designer.watching import watch
from httptask.designer.workspace import AskedWorkspace, Temporal, Workspace, check_run_input
from httptask.dsl.canonical import qualified_name, sha256
from httptask.dsl.loader import Loaded
from httptask.dsl.program import Program
from httptask.events import EventRefused, listens_of, new_event, send_event, type_waited_for
from httptask.explain.findings import uses_of_connections
from httptask.interpreter.fetch_status import SIMULATED_MEMO
from httptask.interpreter.listens import ADDRESSED_TASK
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, RunInput
from httptask.reruns import NotRerunnable, RerunReport, plan_rerun, read_earlier
from httptask.runs.ending import AlreadyEnded, Ending, end_run
from httptask.runs.executions import describe
from httptask.runs.pausing import CannotPause, pause_run, resume_run
from httptask.runs.records import (
    FILE_MEMO,
    RunRecord,
    RunSummary,
    id_of_rerun,
    latest_runs,
)
from httptask.secrets.store import SecretStore

router = APIRouter(prefix="/runs", tags=["runs"])

_T = TypeVar("_T")
_LATEST = Query(20, ge=1, le=1_000)
_TRIED = 3
"""Runs that are read for one with an output."""


class NewRun(EditedText):
    """A definition that is to be run as it stands in the editor."""

    input: Any = None
    live: bool = False
    """Whether the text of streamed answers is told while it comes; it stays in the history."""
    simulated: bool = False
    """Whether the answers that are kept beside the definition stand in for its servers; nothing is sent then."""
    record: bool = False
    """Whether the answers of its servers are kept there."""


class StartedRun(BaseModel):
    """A run that has begun."""

    id: str


class RunChoices(BaseModel):
    """Where the answers of a run could come from."""

    setup: str | None
    """What its servers can't be asked for want of; None where nothing is known of that kind."""
    secrets: list[SecretState]
    """Those that have no value."""
    kept: KeptAnswers
    """The answers beside the definition."""


class RerunRequest(EditedText):
    """A definition that is to go on from what a run has done."""

    task: str | None = None
    """Name or pointer of the task to begin with; else the one at which the run stopped."""
    dry: bool = False
    """Whether only to tell what would be reused."""
    live: bool = False
    simulated: bool = False
    record: bool = False
    """As of a run that is begun."""


class StartedRerun(BaseModel):
    """The new run, and what it takes of the earlier one."""

    id: str | None
    report: RerunReport


class EmittedEvent(BaseModel):
    """An event that a run is to get."""

    type: str | None = None
    """Else the one that it waits for."""
    data: Any = None
    source: str | None = None
    subject: str | None = None
    task: str | None = None
    """Id of the execution that is to take it; else the first that waits for such an event does."""


class AwaitedEvent(BaseModel):
    """What a task waits for, as far as that is told by itself."""

    task: str
    """Id of its execution."""
    type: str | None = None
    source: str | None = None
    subject: str | None = None


class Delivered(BaseModel):
    """What became of an event."""

    event: str
    tasks: list[str]
    """Ids of the tasks that wait for it; without any, the run keeps it."""


class OneOutput(BaseModel):
    """What one task gave."""

    output: Any


class Reason(BaseModel):
    """Why, for who looks at the run."""

    reason: str = Field("", max_length=1_000)


@router.get("")
async def list_runs(
    workspace: AskedWorkspace, limit: int = _LATEST, definition: str | None = None
) -> list[RunSummary]:
    """The latest runs; of a definition, `namespace/name`, where one is named."""
    temporal = workspace.required_temporal()
    if definition is not None:
        return await _asked(temporal, runs_of(temporal.client, definition, limit=limit))
    return await _asked(temporal, latest_runs(temporal.client, limit))


@router.post("", status_code=201)
async def start_run(new: NewRun, workspace: AskedWorkspace) -> StartedRun:
    """Run a definition; 422 where it has errors, its input does not fit, or a secret has no value."""
    loaded, program = await asyncio.to_thread(workspace.runnable, new.path, new.text)
    check_run_input(program, new.input)
    run_input = RunInput(definition=loaded.data, sha256=sha256(loaded.data), input=new.input, live=new.live)
    memo = {"definition": qualified_name(loaded.data)}

    def start(there: Temporal, known: Mapping[str, Any]) -> Awaitable[WorkflowHandle[Any, Any]]:
        return there.client.start_workflow(
            WORKFLOW_TYPE,
            run_input,
            id=f"{program.definition.document.name}-{secrets.token_hex(4)}",
            task_queue=there.task_queue,
            memo={**memo, **known},
        )

    return StartedRun(id=await _begin(workspace, new, loaded, program, start))


@router.post("/choices")
def choices(edited: EditedText, workspace: AskedWorkspace) -> RunChoices:
    """Where the answers of a run of a text could come from, and what stands in the way of that."""
    _, program = workspace.readable(edited.path, edited.text)
    temporal = workspace.temporal()
    lacking = None if temporal is not None and not temporal.own_worker else _lacking(workspace, program)
    connections = workspace.settings().config.connections
    return RunChoices(
        setup=None if lacking is None else lacking.detail,
        secrets=[] if lacking is None else lacking.facts["secrets"],
        kept=kept_answers_of(workspace, edited.path, program, connections),
    )


@router.post("/latest")
async def read_latest(asked: EditedText, workspace: AskedWorkspace) -> EarlierData | None:
    """What the latest run of a definition has for it as it is now; of several, the latest that has an output."""
    loaded = await asyncio.to_thread(workspace.load, asked.path, asked.text)
    program = loaded.program or loaded.draft
    if program is None:
        return None  # a new definition has no task yet
    temporal = workspace.required_temporal()
    document = program.definition.document
    name = f"{document.namespace}/{document.name}"
    runs = await _asked(temporal, runs_of(temporal.client, name, asked.path))
    going = next((run.id for run in runs if run.ended_at is None), None)
    first: EarlierData | None = None
    for run in runs[:_TRIED]:
        records = await _asked(temporal, workspace.past_runs.read_with_sources(temporal.client, run.id))
        found = await asyncio.to_thread(data_of, records, program)
        found.going = going
        first = first or found
        if found.outputs or found.large:
            return found
    return first


@router.get("/{id_}/outputs")
async def read_output(id_: str, task: str, workspace: AskedWorkspace) -> OneOutput:
    """The output of one task of a run, the latest where it ran often."""
    temporal = workspace.required_temporal()
    records = await _asked(temporal, workspace.past_runs.read_with_sources(temporal.client, id_))
    try:
        return OneOutput(output=output_of(records, task))
    except KeyError:
        raise Problem(404, f"{id_} has no output of {task}") from None


@router.get("/{id_}", response_model=RunRecord)
async def get_run(id_: str, workspace: AskedWorkspace) -> Response:
    """A run: each task's state, request, attempts, and output or failure."""
    temporal = workspace.required_temporal()
    read = await _asked(temporal, workspace.past_runs.read(temporal.client, id_))
    return Response(read.json, media_type="application/json")


@router.get("/{id_}/events", response_class=StreamingResponse)
async def watch_run(id_: str, workspace: AskedWorkspace, *, texts: bool = False) -> StreamingResponse:
    """What a run does: `status`, `changes` of it, `text` with `texts` of a live run, and `ended` (its record).

    A `status` has the `definition`, the `rerun_of` and the `started_at` of the record that will follow, by the clock of
    its tasks; its `impasse` tells of a run that no worker answers for. Of its `tasks`, `changes` have those that are
    new, which stand behind the others, or not as they were, and the ids of those that are `gone`; of the rest of the
    status, all but what stays as it is.
    """
    temporal = workspace.required_temporal()
    await _asked(temporal, describe(temporal.client, id_))
    past = workspace.past_runs
    return workspace.streams.open(lambda tell: watch(temporal, id_, tell, past, texts=texts))


@router.post("/{id_}/cancel", status_code=202)
async def cancel_run(id_: str, workspace: AskedWorkspace) -> Ending:
    """Ask a run to end, and wait a short while for that; one that no worker will ever take up is terminated."""
    temporal = workspace.required_temporal()
    return await _asked(temporal, end_run(temporal.client, id_, terminate=False))


@router.post("/{id_}/terminate", status_code=202)
async def terminate_run(id_: str, reason: Reason, workspace: AskedWorkspace) -> None:
    """End a run at once, whatever it does."""
    temporal = workspace.required_temporal()
    handle = temporal.client.get_workflow_handle(id_)
    await _asked(temporal, handle.terminate(reason=reason.reason or "terminated in the designer"))


@router.post("/{id_}/pause", status_code=202)
async def pause(id_: str, reason: Reason, workspace: AskedWorkspace) -> None:
    """Have a run begin nothing more until it is resumed."""
    temporal = workspace.required_temporal()
    await _asked(temporal, pause_run(temporal.client, id_, reason.reason))


@router.post("/{id_}/resume", status_code=202)
async def resume(id_: str, reason: Reason, workspace: AskedWorkspace) -> None:
    """Have a paused run go on."""
    temporal = workspace.required_temporal()
    await _asked(temporal, resume_run(temporal.client, id_, reason.reason))


@router.post("/{id_}/rerun", status_code=201)
async def rerun(id_: str, asked: RerunRequest, workspace: AskedWorkspace) -> StartedRerun:
    """Go on from where a run failed, with the definition as it is now and the outputs of all before."""
    loaded, program = await asyncio.to_thread(workspace.runnable, asked.path, asked.text)
    temporal = workspace.required_temporal()
    earlier = await _asked(temporal, beside_requests(read_earlier(temporal.client, id_)))
    try:
        planned = await asyncio.to_thread(plan_rerun, earlier, loaded.data, program, asked.task)
    except NotRerunnable as error:
        raise Problem(422, str(error), error.hint) from None
    if asked.dry:
        return StartedRerun(id=None, report=planned.report)
    new_id = id_of_rerun(planned.source.run, secrets.token_hex(4))

    def start(there: Temporal, known: Mapping[str, Any]) -> Awaitable[WorkflowHandle[Any, Any]]:
        return planned.start(there.client, new_id, there.task_queue, live=asked.live, memo=known)

    id_ = await _begin(workspace, asked, loaded, program, start)
    return StartedRerun(id=id_, report=planned.report)


@router.get("/{id_}/awaited")
async def list_awaited_events(id_: str, workspace: AskedWorkspace) -> list[AwaitedEvent]:
    """What the tasks of a run wait for."""
    temporal = workspace.required_temporal()
    listens = await _asked(temporal, listens_of(temporal.client, id_))
    return [AwaitedEvent.model_validate({**each.attributes, "task": each.task}) for each in listens]


@router.post("/{id_}/emit", status_code=202)
async def emit(id_: str, event: EmittedEvent, workspace: AskedWorkspace) -> Delivered:
    """Send an event to a run, which keeps it until a task waits for it."""
    temporal = workspace.required_temporal()
    try:
        meant = event.type
        if meant is None:
            meant = await _asked(temporal, type_waited_for(temporal.client, id_))
        address = {ADDRESSED_TASK: event.task}
        made = new_event(meant, data=event.data, source=event.source, subject=event.subject, **address)
    except EventRefused as refused:
        raise Problem(422, str(refused)) from None
    delivery = await _asked(temporal, send_event(temporal.client, made, id_))
    return Delivered(event=made.id, tasks=list(delivery.tasks))


async def _asked(temporal: Temporal, answer: Awaitable[_T]) -> _T:
    """What Temporal answers.

    Raises:
        Problem: nothing, or that there is no such run.
    """
    try:
        return await temporal.asked(answer, f"no such run at {temporal.where}, or it has ended")
    except (AlreadyEnded, CannotPause, NotRerunnable) as error:
        raise Problem(409, str(error), error.hint) from None


async def _begin(
    workspace: Workspace,
    asked: NewRun | RerunRequest,
    loaded: Loaded,
    program: Program,
    start: Callable[[Temporal, Mapping[str, Any]], Awaitable[WorkflowHandle[Any, Any]]],
) -> str:
    """Have a run started on the worker, or on one of its own that has its answers.

    Args:
        workspace: that it belongs to.
        asked: for it.
        loaded: its definition.
        program: of that.
        start: starts it on a queue, with what its memo says.

    Returns:
        Its id.

    Raises:
        Problem: it lacks something, or Temporal does not take it.
    """
    temporal = workspace.required_temporal()
    memo: dict[str, Any] = {FILE_MEMO: asked.path}
    if asked.simulated and asked.record:
        raise Problem(
            422, "kept answers stand in for the servers: there are none to keep", "ask for one of both"
        )
    begin = partial(
        workspace.own_runs.begin,
        temporal,
        loaded,
        workspace.folder.file(asked.path),
        lambda there: _asked(temporal, start(there, memo)),
    )
    if asked.simulated:
        fixtures = await asyncio.to_thread(load_kept_answers, workspace, asked.path)
        memo[SIMULATED_MEMO] = True
        return await begin(fixtures=fixtures)
    here = temporal.own_worker or asked.record
    if here and (lacking := _lacking(workspace, program)) is not None:
        raise lacking
    if asked.record:
        return await begin(recorder=await asyncio.to_thread(new_recorder, workspace, asked.path))
    workspace.permit(loaded)
    handle = await _asked(temporal, start(temporal, memo))
    return handle.id


def _lacking(workspace: Workspace, program: Program) -> Problem | None:
    """What would fail for want of a value, if something would."""
    settings = workspace.settings()
    declared = program.definition.use.secrets
    config = for_own_runs(settings.config, declared)
    known = replace(settings, config=config)
    store = SecretStore(config.secrets, settings.environment)
    for name in dict.fromkeys(name for name, _ in uses_of_connections(program)):
        connection = config.connections.get(name)
        missing = [] if connection is None else missing_secrets(connection.secret_origins(), store)
        if missing:
            return not_set_up(f"Connection {name}", missing, known)
    missing = missing_secrets(declared, store)
    if missing:
        return not_set_up("The run", missing, known)
    return None
