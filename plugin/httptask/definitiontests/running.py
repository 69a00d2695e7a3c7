"""Runs tests of definitions by the engine that runs definitions, on a Temporal server, with nothing sent."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import version
from typing import Any, Final, Never

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from httptask.activities.event_sink import EventSink
from httptask.config import Config
from httptask.definitiontests.comparing import Difference
from httptask.definitiontests.loading import LoadedTest
from httptask.definitiontests.outcome import Outcome, judge
from httptask.definitiontests.simulation import Answers, activity_of, plugin_of
from httptask.dsl.canonical import qualified_name, sha256
from httptask.events import new_event
from httptask.interpreter.fetch_status import SIMULATED_MEMO
from httptask.interpreter.inbox import EVENT_SIGNAL
from httptask.interpreter.status import STATUS_QUERY, RunStatus, TaskStatus
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, RunInput, keep_program
from httptask.json.types import is_object
from httptask.testing.time_skipping import skipped_too_far, skipping_time

__all__ = ["TestResult", "run_tests", "unended"]

_MOST_SECONDS: Final = 120.0
_PAUSE: Final = 0.2
_LOOK_SECONDS: Final = 0.5
_HEALTH_TIME: Final = timedelta(seconds=10)
_END_TIME: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class TestResult:
    """What came of one test.

    Attributes:
        loaded: the test.
        differences: all that is not as expected; none of them where it passed.
        outcome: what the run did.
        seconds: how long it took.
    """

    loaded: LoadedTest
    differences: Sequence[Difference]
    outcome: Outcome
    seconds: float

    __test__ = False  # pytest takes what is called so for tests

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not self.differences


async def run_tests(
    client: Client, tests: Sequence[LoadedTest], config: Config, *, at_once: int = 4
) -> AsyncGenerator[TestResult]:
    """Run tests, several at once, and give the result of each when it and those before it have ended.

    Nothing is sent: every request is answered by the fixtures of its test, or fails, and so is every activity of the
    user's own. Secrets have made-up values. Time that a run only waits is skipped, each run having a clock of its own.
    Everything else is as in a run.

    Args:
        client: of a server that lets time be skipped (`frontend.WorkflowTimeSkippingEnabled`), without plugins.
        tests: without errors.
        config: of the project; its credentials are not used, nor its storage.
        at_once: how many tests run at a time.

    Raises:
        RPCError: the server does not answer, or does not let time be skipped.
    """
    skipping = skipping_time(client)
    room = asyncio.Semaphore(at_once)

    async def run(test: LoadedTest) -> TestResult:
        async with room:
            return await _result(skipping, test, config)

    lost = asyncio.ensure_future(_until_lost(client))
    tasks = [asyncio.ensure_future(run(test)) for test in tests]
    try:
        for task in tasks:
            await asyncio.wait((task, lost), return_when=asyncio.FIRST_COMPLETED)
            yield await (task if task.done() else lost)
    finally:
        for each in (lost, *tasks):
            each.cancel()
        await asyncio.gather(lost, *tasks, return_exceptions=True)


async def _until_lost(client: Client) -> Never:
    """Ask the server whether it is there; the SDK asks one that is not for a result without end."""
    unanswered = 0
    while True:
        try:
            await client.service_client.check_health(timeout=_HEALTH_TIME)
            unanswered = 0
        except RPCError as error:
            unanswered += 1 if error.status is RPCStatusCode.UNAVAILABLE else 0
            if unanswered > 1:
                raise
        await asyncio.sleep(_LOOK_SECONDS)


async def _result(client: Client, test: LoadedTest, config: Config) -> TestResult:
    """Run a test, and run it again where it failed for time that Temporal should not have skipped."""
    began = time.perf_counter()
    for last in (False, False, True):
        queue = f"httptask-test-{secrets.token_hex(4)}"
        outcome = await _outcome(client, test, config, queue)
        differences = judge(test, outcome)
        if not differences or last or not await _was_rushed(client, queue):
            break
    return TestResult(test, differences, outcome, time.perf_counter() - began)


async def _was_rushed(client: Client, id_: str) -> bool:
    try:
        return skipped_too_far((await client.get_workflow_handle(id_).fetch_history()).events)
    except RPCError:  # then the test has failed, for what reason ever
        return False


async def _outcome(client: Client, test: LoadedTest, config: Config, queue: str) -> Outcome:
    answers = Answers(test.fixtures)
    async with _collecting(client, test, f"{queue}-events") as collector:
        settings = client.config()
        sink = EventSink(run=None if collector is None else collector.id)
        settings["plugins"] = [plugin_of(test, config, answers, sink)]
        own = Client(**settings)
        worker = Worker(
            own,
            task_queue=queue,
            activities=[activity_of(test.test.activities)],
            build_id=f"httptask-{version('httptask')}",  # without a name the SDK reads the code of every module
        )
        async with worker:
            outcome = await _run(own, test, queue)
        emitted = [] if collector is None else [event async for event in _signalled(client, collector)]
    return replace(outcome, requests=answers.requests, missing=answers.missing, emitted=emitted)


def unended(test: LoadedTest, why: str) -> TestResult:
    """The result of a test that was given up, or never began."""
    outcome = Outcome(unended=why)
    return TestResult(test, judge(test, outcome), outcome, 0.0)


@asynccontextmanager
async def _collecting(
    client: Client, test: LoadedTest, id_: str
) -> AsyncGenerator[WorkflowHandle[Any, Any] | None]:
    """A workflow whose history keeps the events that a test emits, if it may emit any. No worker has it."""
    programs = [one.program for one in (test.definition, *test.inside)]
    if not any(program is not None and program.emits for program in programs):
        yield None
        return
    collector: WorkflowHandle[Any, Any] = await client.start_workflow("events", id=id_, task_queue=id_)
    try:
        yield collector
    finally:
        with suppress(RPCError):
            await collector.terminate(reason="the test is over", rpc_timeout=_END_TIME)


async def _signalled(client: Client, collector: WorkflowHandle[Any, Any]) -> AsyncGenerator[dict[str, Any]]:
    async for event in collector.fetch_history_events():
        if event.HasField("workflow_execution_signaled_event_attributes"):
            payloads = event.workflow_execution_signaled_event_attributes.input.payloads
            for each in await client.data_converter.decode(payloads):
                yield each


async def _run(client: Client, test: LoadedTest, queue: str) -> Outcome:
    data, program = test.definition.data, test.definition.program
    assert program is not None  # a file with an error has no tests
    keep_program(data, program)
    events = [
        new_event(each.type, **each.model_dump(exclude={"type"})).written() for each in test.test.events
    ]
    handle: WorkflowHandle[Any, Any] = await client.start_workflow(
        WORKFLOW_TYPE,
        RunInput(definition=data, sha256=sha256(data), input=test.input),
        id=queue,
        task_queue=queue,
        memo={"definition": qualified_name(data), SIMULATED_MEMO: True},
        request_eager_start=not events,  # its worker is this one
        start_signal=EVENT_SIGNAL if events else None,
        start_signal_args=[events] if events else [],
    )
    try:
        async with asyncio.timeout(_MOST_SECONDS):
            outcome = await _ended(handle)
            return replace(outcome, tasks=await _tasks(handle))
    except TimeoutError:
        return Outcome(unended=f"it has not ended within {_MOST_SECONDS:g} s of real time")
    finally:
        with suppress(RPCError):
            await handle.terminate(reason="the test is over", rpc_timeout=_END_TIME)


async def _tasks(handle: WorkflowHandle[Any, Any]) -> Sequence[TaskStatus]:
    """The tasks of a run that has ended; a busy machine may need several times a query's time for them."""
    while True:
        with suppress(RPCError):
            status: RunStatus = await handle.query(STATUS_QUERY, result_type=RunStatus)
            return status.tasks
        await asyncio.sleep(_PAUSE)


async def _ended(handle: WorkflowHandle[Any, Any]) -> Outcome:
    try:
        return Outcome(output=await handle.result())
    except WorkflowFailureError as failure:
        cause = failure.cause
        if isinstance(cause, ApplicationError) and cause.details and is_object(cause.details[0]):
            return Outcome(problem=cause.details[0])
        return Outcome(problem={"title": "Failed", "detail": str(cause)})
