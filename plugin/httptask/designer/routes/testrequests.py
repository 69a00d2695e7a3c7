"""Test requests: one call of a definition, made once, and told while it goes on."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import StreamingResponse
from temporalio.service import RPCError

from httptask.activities.connection_profile import ConnectionProfile, profile_of
from httptask.calls.problem import TaskFault
from httptask.chat.streaming.live_text import LiveText
from httptask.client.edge import Edge
from httptask.config import Config
from httptask.config.config import for_own_runs
from httptask.connections.connection import Connection
from httptask.designer.kept_answers import kept_result
from httptask.designer.problems import Problem
from httptask.designer.routes.definitions import EditedText
from httptask.designer.routes.project import missing_secrets, not_set_up
from httptask.designer.sampling import SampleData, sample_from, told_lacking
from httptask.designer.streaming import Tell, cancel_once
from httptask.designer.workspace import AskedWorkspace, Settings, Temporal, Workspace
from httptask.dsl.expressions import ExpressionFailed, ExpressionLimitExceeded, ExpressionsBusy
from httptask.dsl.loader import Loaded
from httptask.dsl.program import Program
from httptask.http.errors import HttpTaskError
from httptask.secrets.store import SecretStore
from httptask.testrequest import (
    NotTestable,
    NoWorker,
    PlannedRequest,
    Report,
    Reporter,
    Sample,
    SampleIncomplete,
    StillRunning,
    plan_request,
    profiles_on,
    send_once,
    values_read,
)
from httptask.testrequest.outcome import outcome_of_result
from httptask.testrequest.report import PreparedPart

router = APIRouter(prefix="/test-requests", tags=["test requests"])

_KNOWN = "requests"


class TestRequest(EditedText):
    """A request of one task that is to be tried."""

    __test__ = False  # no class of tests

    task: str
    """Name or pointer of the task."""
    sample: SampleData = SampleData()
    confirmed: bool = False
    """Whether it is to be sent although it may change something."""
    dry: bool = False
    """Whether nothing is to be sent."""
    attempt: int = Field(1, ge=1)
    id: str | None = Field(None, pattern=r"^[\w-]{8,64}$")
    """By which it is cancelled; made where there is none."""


@router.post("", response_class=StreamingResponse)
async def send_test_request(
    asked: TestRequest, workspace: AskedWorkspace, request: Request
) -> StreamingResponse:
    """Try a request, and tell what becomes of it.

    Events: `missing` (names of values that are asked for), `planned` (the prepared part, and in `confirm` what it may
    change), `confirm` (it may change something, and was not sent), `setup` (a secret has no value, told by its state,
    and a simulated report follows), `sent`, `text` (of a stream), `report` (all four parts), `failed`, `cancelled`.
    """
    workspace.folder.file(asked.path)
    id_ = asked.id or secrets.token_hex(8)
    known: dict[str, asyncio.Task[None]] = request.app.state.__dict__.setdefault(_KNOWN, {})

    async def try_(tell: Tell) -> None:
        task = asyncio.current_task()
        assert task is not None  # which runs this
        if known.setdefault(id_, task) is not task:
            raise Problem(409, "a test request with this id is under way", "give each an id of its own")
        try:
            await _Trial(asked, workspace, id_, tell).run()
        finally:
            del known[id_]

    return workspace.streams.open(try_)


@router.delete("/{id_}", status_code=204)
async def cancel_test_request(id_: str, request: Request) -> None:
    """Cancel a request that is under way: its connection is closed."""
    task: asyncio.Task[None] | None = request.app.state.__dict__.get(_KNOWN, {}).get(id_)
    if task is None:
        raise Problem(404, "this test request has ended, or was never sent")
    cancel_once(task)
    await asyncio.wait([task], timeout=10)


class _Trial:
    """One test request."""

    def __init__(self, asked: TestRequest, workspace: Workspace, id_: str, tell: Tell) -> None:
        self._asked = asked
        self._workspace = workspace
        self._id = id_
        self._tell = tell

    async def run(self) -> None:
        """Plan it, tell what is sent, have it sent, tell what came of it."""
        asked, workspace = self._asked, self._workspace
        loaded, program = await asyncio.to_thread(workspace.runnable, asked.path, asked.text, task=asked.task)
        settings = workspace.settings()
        config = for_own_runs(settings.config, program.definition.use.secrets)
        sample = await sample_from(workspace, program, asked.task, asked.sample)
        missing = {"id": self._id, "names": list(values_read(program, asked.task, sample))}
        if missing["names"] and not asked.dry:
            self._tell("missing", missing)
            return
        temporal = None if asked.dry else workspace.required_temporal()
        profiles = await self._profiles(temporal, program, config)
        config = _as_workers_have_it(config, profiles)
        try:
            await self._send(temporal, loaded, config, settings, sample, profiles)
        except Problem:
            if not missing["names"] or not asked.dry:
                raise
            self._tell("missing", missing)  # what can't be prepared for want of them is at no fault

    async def _send(
        self,
        temporal: Temporal | None,
        loaded: Loaded,
        config: Config,
        settings: Settings,
        sample: Sample,
        profiles: Mapping[str, ConnectionProfile],
    ) -> None:
        is_own = temporal is None or temporal.own_worker
        edge = edge_of(config, settings.environment if is_own else {})
        try:
            planned, reporter = await asyncio.to_thread(self._plan, loaded, config, sample, profiles, edge)
            lacking = self._lacking(planned, config, settings) if is_own else ()
            # Nothing is sent without them, so that what is told before and behind it is the same.
            prepared = await reporter.prepared(dry=temporal is None or bool(lacking), sent_here=is_own)
        finally:
            await edge.aclose()
        named = planned.request.connection
        what, known = f"Connection {named}" if named else "The request", replace(settings, config=config)
        problem = not_set_up(what, lacking, known) if lacking else None
        if problem is not None:
            prepared = _held_back(prepared, problem)
        shown = prepared.model_dump(mode="json", exclude_unset=True)
        changes = f"{prepared.method} {prepared.uri} may change something there"
        confirm = changes if reporter.may_change_something else None
        self._tell("planned", {"id": self._id, "prepared": shown, "confirm": confirm})
        if problem is not None:
            also = f". {prepared.happened.removesuffix('.')}" if prepared.error else ""
            setup = {"detail": problem.detail + also, "fix": prepared.change, **problem.facts}
            self._tell("setup", setup)
            simulated = (
                None if temporal is None else await self._simulated(config, planned, reporter, prepared)
            )
            if simulated is not None:
                self._tell("report", {"id": self._id, "report": simulated.to_json()})
            return
        if temporal is None:
            return
        if confirm and not self._asked.confirmed:
            self._tell("confirm", {"detail": confirm})
            return
        self._workspace.permit(loaded)
        self._tell("sent", {"id": self._id})
        try:
            outcome = await send_once(temporal.client, temporal.task_queue, planned, self._hear)
        except RPCError as error:
            raise Problem(503, f"Temporal at {temporal.where}: {error.message}") from None
        except StillRunning as running:
            raise Problem(504, str(running)) from None
        report: Report = await asyncio.to_thread(reporter.report, prepared, outcome)
        self._tell("report", {"id": self._id, "report": report.to_json()})

    async def _simulated(
        self, config: Config, planned: PlannedRequest, reporter: Reporter, prepared: PreparedPart
    ) -> Report | None:
        """With an answer that is kept, or else with one that is made up; None where nothing tells what it is like."""
        kept = await kept_result(self._workspace, self._asked.path, config, planned)
        if kept is None:
            return await asyncio.to_thread(reporter.simulated, prepared)
        outcome = await asyncio.to_thread(outcome_of_result, planned, kept)
        return await asyncio.to_thread(reporter.report, prepared, outcome)

    def _hear(self, piece: LiveText) -> None:
        self._tell("text", piece.model_dump())

    async def _profiles(
        self, temporal: Temporal | None, program: Program, config: Config
    ) -> Mapping[str, ConnectionProfile]:
        """Of the connections, as whoever sends the request has them."""
        if temporal is None or temporal.own_worker:
            return {name: profile_of(found) for name, found in config.connections.items()}
        try:
            return await profiles_on(temporal.client, temporal.task_queue, program, self._asked.task)
        except NoWorker as error:
            raise Problem(
                503, f"{error} at {temporal.where}", f"start one: {temporal.start_worker}"
            ) from None
        except NotTestable as error:
            raise Problem(422, str(error)) from None
        except TaskFault as fault:
            raise Problem(422, fault.problem.detail or fault.problem.title) from None

    def _plan(
        self,
        loaded: Loaded,
        config: Config,
        sample: Sample,
        profiles: Mapping[str, ConnectionProfile],
        edge: Edge,
    ) -> tuple[PlannedRequest, Reporter]:
        program, asked = loaded.program, self._asked
        assert program is not None  # checked before
        try:
            planned = plan_request(program, asked.task, sample, profiles, attempt=asked.attempt)
            return planned, Reporter(program, planned, edge, self._workspace.catalog(config))
        except SampleIncomplete as error:
            raise Problem(422, *told_lacking(error), **error.facts) from None
        except ExpressionFailed as failed:
            raise Problem(422, failed.message, failed.hint, pointer=failed.pointer) from None
        except (ValueError, ExpressionLimitExceeded, ExpressionsBusy) as error:
            raise Problem(422, str(error)) from None
        except TaskFault as fault:
            detail = f"{fault.problem.title}: {fault.problem.detail}"
            raise Problem(422, detail, pointer=fault.problem.instance) from None
        except HttpTaskError as error:
            raise Problem(422, error.message) from None

    def _lacking(self, planned: PlannedRequest, config: Config, settings: Settings) -> Sequence[str]:
        """Names of the secrets that the request needs and that have no value."""
        names = [one.name for one in planned.request.secrets]
        connection = config.connections.get(planned.request.connection or "")
        if connection is not None:
            names += connection.secret_origins()
        return missing_secrets(dict.fromkeys(names), SecretStore(config.secrets, settings.environment))


def _held_back(prepared: PreparedPart, problem: Problem) -> PreparedPart:
    """What is told of a request whose secrets have no values: the same, and one cure, wherever it stands."""
    fix, others = problem.facts["hint"], [one for one in prepared.warnings if one.code != "secret"]
    if prepared.error is not None:
        return prepared.model_copy(update={"warnings": others, "change": f"{fix}; {prepared.change}"})
    told = {"happened": f"Not sent. {problem.detail}.", "change": fix}
    return prepared.model_copy(update={"warnings": others, **told})


def edge_of(config: Config, environment: Mapping[str, str]) -> Edge:
    """What would send requests of a project: with its connections, secrets and policy."""
    policy = config.policy
    return Edge(
        config.connections,
        SecretStore(config.secrets, environment),
        allow_private=policy.allow_private,
        allowed_hosts=policy.allowed_hosts,
    )


def _as_workers_have_it(config: Config, profiles: Mapping[str, ConnectionProfile]) -> Config:
    """The configuration, with stand-ins for connections that only the workers have, who tell their servers."""
    further = {
        name: Connection(name=name, base_url=profile.server)
        for name, profile in profiles.items()
        if name not in config.connections and profile.server is not None
    }
    return replace(config, connections={**config.connections, **further})
