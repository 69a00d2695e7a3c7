"""The interpreter as Temporal workflows: started with a definition, or by the name of one that the worker serves."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.exceptions import FailureError

from httptask.activities.connection_profile import RunConfiguration
from httptask.activities.names import LOAD_DEFINITION
from httptask.calls.problem import Problem, TaskFault
from httptask.diagnostics.fault import Severity
from httptask.dsl.canonical import canonical_json, sha256_of_text, unpacked
from httptask.dsl.compile import compile_definition
from httptask.dsl.program import Program
from httptask.interpreter.inbox import EVENT_SIGNAL, Inbox
from httptask.interpreter.interpreter import Interpreter
from httptask.interpreter.services import ArgumentsOf, Services, log_event
from httptask.interpreter.state import LIVE_MEMO, RunState
from httptask.interpreter.status import STATUS_QUERY, RunStatus, StatusBoard
from httptask.json.types import is_array
from httptask.scheduling.payloads import payload_of
from httptask.scheduling.spending_state import PART_MEMO
from httptask.scheduling.worker_configuration import ask_worker
from httptask.workflows.live_text import LiveStream

__all__ = [
    "WORKFLOW_TYPE",
    "Continuation",
    "DefinitionRun",
    "DefinitionWorkflow",
    "HttpTaskWorkflow",
    "LoadedDefinition",
    "RunInput",
    "keep_program",
    "unpacked_program",
]

WORKFLOW_TYPE = "httptask.run"

_kept: dict[str, Program] = {}
"""By canonical JSON."""


class LoadedDefinition(RunConfiguration):
    """A served definition as it stands in history, with what its worker has under the names in it."""

    name: str
    """`NAMESPACE/NAME:VERSION`, for who reads the history."""
    packed: str
    """Its canonical JSON, compressed by zlib, in base64."""


class RunInput(BaseModel):
    """What `httptask.run` is started with."""

    definition: dict[str, Any]
    sha256: str
    """Of its canonical JSON."""
    input: Any = None
    state: dict[str, Any] | None = None
    """A packed `RunState`, in continued runs only."""
    continue_as_new_after: int | None = None
    """History length after which to continue as new; None leaves it to the server's suggestion."""
    live: bool = False
    """Whether the texts of streamed answers are published while they come; they stay in the history."""


class Continuation(BaseModel):
    """What a continued run of a served definition gets as its second argument."""

    packed: str
    """The definition, as in `LoadedDefinition`."""
    state: dict[str, Any]
    """A packed `RunState`."""


class DefinitionRun:
    """What both workflow types share.

    Attributes:
        board: where the run's tasks are noted; a replay that wants to know more puts its own here.
    """

    def __init__(self, state: Mapping[str, Any] | None, *, live: bool) -> None:
        """Begin with the state of the run before, in a continued one."""
        self.board = StatusBoard()
        self._begun = None if state is None else RunState.unpacked(state)
        self._inbox = Inbox() if self._begun is None else self._begun.inbox
        self._live = live if self._begun is None else self._begun.live
        self._stream = LiveStream(None if self._begun is None else self._begun.stream, hosted=self._live)
        self._interpreter: Interpreter | None = None

    async def _run(
        self,
        program: Program,
        sha256: str,
        take_input: Callable[[], Any],
        arguments_of: ArgumentsOf,
        *,
        known: RunConfiguration | None = None,
        continue_as_new_after: int | None = None,
    ) -> Any:
        """Run until the end, and return the output; or until the run continues, with such arguments.

        Args:
            program: the definition.
            sha256: of its canonical JSON.
            take_input: gives the run's input; the state alone holds it, until nothing reads it any more.
            arguments_of: of the workflow that goes on from a state.
            continue_as_new_after: how many events.
            known: what the run knows of its worker's configuration already.
        """
        asyncio.get_running_loop().set_exception_handler(_tell_of_failure)
        info = workflow.info()
        state = self._begun or RunState(
            origin_run_id=info.run_id,
            input=take_input(),
            started_at=workflow.time(),
            live=self._live,
            inbox=self._inbox,
        )
        services = Services(program, state, self.board, self._stream, continue_as_new_after, arguments_of)
        services.scheduler.configuration = known or RunConfiguration()
        self._interpreter = Interpreter(program, sha256, services)
        try:
            while (finished := await self._interpreter.run()) is None:
                try:
                    await self._continue_as_new(services)
                except TaskFault as fault:
                    finished = self._interpreter.fail(fault)
                    break
        except (Exception, asyncio.CancelledError):  # not GeneratorExit: a run that is thrown away can't wait
            await self._stream.end()
            raise
        await self._stream.end()
        return finished.output

    async def _continue_as_new(self, services: Services) -> None:
        """Go on in a new run; or return, to go on in this one, where its state is too large for a new one.

        Raises:
            TaskFault: neither is possible.
        """
        state = services.state
        try:
            payloads = await self._carried(services)
        except TaskFault as fault:
            largest, size = state.largest_value()
            if services.may_stay():
                log_event("run.stays", largest=largest, bytes=size)
                return
            fault.add(f"{size:,} of them are {largest}")
            raise
        state.stream = await self._stream.end()
        if state.live:  # its stream belongs to it, and events may have come while its readers were let go
            payloads = await self._carried(services)
        log_event("run.continued")
        workflow.continue_as_new(args=[RawValue(payload) for payload in payloads])

    async def _carried(self, services: Services) -> list[Payload]:
        """What the next run is given; anew where an event has come meanwhile, which would be lost."""
        while True:
            came = self._inbox.next
            payloads = await _payloads(services.arguments_of(services.state.packed()))
            if self._inbox.next == came:
                return payloads

    @workflow.signal(name=EVENT_SIGNAL)
    def take_event(self, event: Any) -> None:
        """Keep an event (CloudEvents 1.0, in its JSON format), or a list of them, for tasks that wait, or will."""
        for each in event if is_array(event) else [event]:
            refused = self._inbox.put(each)
            if refused is not None:
                log_event("event.refused", reason=refused)

    def _status(self) -> RunStatus:
        if self._interpreter is None:
            return RunStatus(workflow=workflow.info().workflow_type, version="", sha256="", state="pending")
        return self._interpreter.status()


# The sandbox guards nothing in these two, for this package passes through it; without it they take a seventh less
# of a worker's time. Workflows of the user's own stay in it.
@workflow.defn(name=WORKFLOW_TYPE, sandboxed=False)
class HttpTaskWorkflow(DefinitionRun):
    """Runs the definition that it is given."""

    @workflow.init
    def __init__(self, run_input: RunInput) -> None:
        super().__init__(run_input.state, live=run_input.live)

    @workflow.run
    async def run(self, run_input: RunInput) -> Any:
        """Run the definition and return its output."""

        def take_input() -> Any:
            data, run_input.input = run_input.input, None
            return data

        run_input.state = None
        return await self._run(
            _given_program(run_input),
            run_input.sha256,
            take_input,
            lambda state: [run_input.model_copy(update={"state": state})],
            continue_as_new_after=run_input.continue_as_new_after,
        )

    @workflow.query(name=STATUS_QUERY)
    def status(self) -> dict[str, Any]:
        """The state of every task: a `RunStatus` as far as the workflow knows it."""
        return self._status().known()


@workflow.defn(dynamic=True, sandboxed=False)
class DefinitionWorkflow(DefinitionRun):
    """Runs a definition that the worker serves: the workflow type is its name, or `NAMESPACE/NAME:VERSION`."""

    @workflow.init
    def __init__(self, arguments: Sequence[RawValue]) -> None:
        self._packed: str | None = None
        state: dict[str, Any] | None = None
        info = workflow.info()
        is_part = info.parent is not None and workflow.memo_value(PART_MEMO, default=False) is True
        if (info.continued_run_id is not None or is_part) and len(arguments) > 1:
            found = workflow.payload_converter().from_payload(arguments[1].payload, Continuation)
            self._packed, state = found.packed, found.state
        super().__init__(state, live=workflow.memo_value(LIVE_MEMO, default=False) is True)

    @workflow.run
    async def run(self, arguments: Sequence[RawValue]) -> Any:
        """Run the definition and return its output."""
        known: RunConfiguration | None = None
        packed = self._packed
        if packed is None:
            known = await ask_worker(LOAD_DEFINITION, [workflow.info().workflow_type], LoadedDefinition)
            packed = known.packed

        def take_input() -> Any:
            return workflow.payload_converter().from_payload(arguments[0].payload) if arguments else None

        return await self._run(
            *unpacked_program(packed),
            take_input,
            lambda state: [None, Continuation(packed=packed, state=state)],
            known=known,
        )

    @workflow.query(name=STATUS_QUERY)
    def status(self) -> dict[str, Any]:
        """The state of every task: a `RunStatus` as far as the workflow knows it."""
        return self._status().known()


def _tell_of_failure(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what asyncio tells of, but not that nobody looked at the failure of a call, which the history has.

    The SDK never looks at one that comes in the workflow task which cancels the run.
    """
    is_of_call = isinstance(context.get("exception"), FailureError)
    if not is_of_call or isinstance(context.get("future"), asyncio.Task):
        loop.default_exception_handler(context)


async def _payloads(arguments: Sequence[Any]) -> list[Payload]:
    return [
        await payload_of(argument, "the state of the run", "keep less of it with `output.as`")
        for argument in arguments
    ]


def _given_program(run_input: RunInput) -> Program:
    """The compiled definition.

    Raises:
        ApplicationError: the definition is not valid, or is not what its hash says.
    """
    text = canonical_json(run_input.definition)
    if sha256_of_text(text) != run_input.sha256:
        raise Problem.standard(
            "configuration",
            "The definition does not match its sha256",
            detail=(
                "the hash is that of its keys in the order of the document, and a client that does not "
                "keep them, as one without HttpTaskPlugin, sends another"
            ),
            error="DefinitionInvalid",
        ).to_failure()
    return _compiled(text)


@lru_cache(maxsize=128)
def unpacked_program(packed: str) -> tuple[Program, str]:
    """A served definition, compiled, and its SHA-256.

    Args:
        packed: as in `LoadedDefinition`.

    Raises:
        ApplicationError: the definition is not valid.
    """
    text = unpacked(packed)
    return _compiled(text), sha256_of_text(text)


def keep_program(definition: dict[str, Any], program: Program) -> None:
    """Spare the runs of a definition its compilation, which counts as work of a workflow task.

    Args:
        definition: as it will be started or served.
        program: what `compile_definition` made of it in this process.
    """
    _kept[canonical_json(definition)] = program


@lru_cache(maxsize=128)
def _compiled(text: str) -> Program:
    if text in _kept:
        return _kept[text]
    compiled = compile_definition(json.loads(text))
    errors = [fault for fault in compiled.faults if fault.severity is Severity.ERROR]
    if compiled.program is None or errors:
        shown = "; ".join(f"{fault.pointer or '/'}: {fault.message}" for fault in errors[:5])
        raise Problem.standard(
            "configuration", "The definition is not valid", detail=shown, error="DefinitionInvalid"
        ).to_failure()
    return compiled.program
