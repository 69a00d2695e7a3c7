"""Schedules the activities of a definition, within the sizes that Temporal allows."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ChildWorkflowError,
    FailureError,
    RetryState,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

from httptask.activities.connection_profile import ConnectionProfile, RunConfiguration
from httptask.activities.local_fallback import NotLocal, wait_of_workflow
from httptask.calls.activity_call import (
    ActivityCall,
    activity_options,
    after,
    counted,
    ending_attempts,
    fitting_summary,
)
from httptask.calls.problem import Problem, TaskFault, problem_of_failure, problem_of_run
from httptask.connections.connection import Calls
from httptask.scheduling.command_limits import CommandLimits
from httptask.scheduling.deadlines import Deadline
from httptask.scheduling.local_calls import ShowWait, Wait, execute_local, is_local, wait_shown
from httptask.scheduling.payloads import payload_of
from httptask.scheduling.polling import execute_allowed, execute_call
from httptask.scheduling.spending_state import DEPTH_MEMO, PART_MEMO

__all__ = ["Leaves", "Scheduler", "make_call"]

_MOST_INSIDE = 16
"""Runs inside each other: the ids of all stand in that of the last, and in what its error tells."""
_LATEST_RUN = "httptask-cancel-latest-run"
"""Where it is not in a history, a child was asked to end in its first run alone."""
_JSON_ENCODINGS = ("json/plain", "binary/null")

Result = TypeVar("Result", bound=BaseModel)
Leaves = Callable[[Problem], bool]
"""Whether an error of a call is for the definition to try again, so that nothing else does."""


class Scheduler:
    """Runs activities for one workflow, at most so many and so large at once.

    Attributes:
        configuration: what the run knows of the connections and activities that its calls name.
    """

    def __init__(self) -> None:
        self.configuration = RunConfiguration()
        self._limits = CommandLimits()

    async def execute(
        self,
        call: ActivityCall[Result],
        calls: Calls | None,
        deadline: Deadline | None,
        show: ShowWait | None = None,
        leaves: Leaves | None = None,
    ) -> Result:
        """Make a call, to its end or the deadline.

        Args:
            call: the call.
            calls: how the definition wants it to be made; None leaves it to its connection.
            deadline: the nearest that it has to keep.
            show: is told of waits that the server does not know.
            leaves: says after which errors there is no other attempt; None where its connection alone does.

        Raises:
            TaskFault: the call failed for good, or its input is too large for Temporal.
        """
        profile = self.profile_of(call)
        options: dict[str, Any] = {
            **activity_options(call, profile, label=f"{call.id}: "),
            "activity_id": call.id,
        }
        what, limits, attempts = f"the request of {call.id}", self._limits, profile.retry.attempts
        if leaves is not None:
            call = ending_attempts(call)
        async with _faults(deadline):
            while True:
                try:
                    return await make_call(
                        call,
                        attempts,
                        profile,
                        options,
                        limits,
                        what,
                        calls=calls,
                        deadline=deadline,
                        show=show,
                    )
                except ActivityError as error:
                    wait = _wait_after(error, deadline, leaves)
                    if wait is None:
                        raise
                await wait_shown(wait, show)
                call = after(call, wait.attempt - 1)

    async def execute_allowed(
        self,
        name: str,
        arguments: Sequence[Any],
        id_: str,
        deadline: Deadline | None,
        leaves: Leaves | None = None,
    ) -> Any:
        """Run an activity of the user's own, to its end or the deadline.

        Args:
            name: its activity type, one that the worker allows.
            arguments: its arguments.
            id_: of the activity, unique within the run.
            deadline: the nearest that it has to keep.
            leaves: says after which errors there is no other attempt; None where its worker alone does.

        Raises:
            TaskFault: it failed for good, or its arguments or its result can't be carried.
        """
        payloads = [await payload_of(argument, f"an argument of {id_}") for argument in arguments]
        raw = [RawValue(payload) for payload in payloads]
        async with self._limits.turn(payloads), _faults(deadline, "runtime"):
            shown = {"activity_id": id_, "summary": fitting_summary(f"{id_}: {name}")}
            allowed = self.configuration.activities[name]
            result = await execute_allowed(allowed, raw, shown, deadline, leaves and _of_causes(leaves))
        encoding = result.payload.metadata.get("encoding", b"").decode()
        if encoding not in _JSON_ENCODINGS:
            TaskFault.raise_standard(
                "runtime", "Not JSON", detail=f"the activity {name} has a result that is no JSON: {encoding}"
            )
        return workflow.payload_converter().from_payload(result.payload)

    async def execute_part(
        self, arguments: Sequence[Payload], id_: str, result_type: type[Result], began: Callable[[str], None]
    ) -> Result:
        """Run a part of this run in a child workflow of its type.

        Args:
            arguments: of the workflow.
            id_: of the workflow.
            result_type: what it returns.
            began: is called with its id when it has.

        Raises:
            TaskFault: somebody ended it, or it could not be started.
        """
        raw = [RawValue(payload) for payload in arguments]
        faults = _faults_of_child(partial(problem_of_failure, kind="runtime"))
        async with self._limits.turn(arguments), faults:
            part: workflow.ChildWorkflowHandle[Any, Result] = await workflow.start_child_workflow(
                workflow.info().workflow_type,
                args=raw,
                id=id_,
                result_type=result_type,
                memo={PART_MEMO: True, DEPTH_MEMO: _depth()},
            )
            began(id_)
            return await _end_of(part, id_)

    async def execute_definition(
        self, name: str, argument: Any, id_: str, label: str, *, leave: bool = False
    ) -> Any:
        """Run a definition in a child workflow, to its end.

        Args:
            name: of the definition, `NAMESPACE/NAME:VERSION`.
            argument: its input.
            id_: of the workflow.
            label: of the task, for who reads the history.
            leave: whether it is left to itself once it has begun: neither the end of this workflow nor a cancelled task
                ends it, and nobody here is told how it ends.

        Raises:
            TaskFault: its run ended in an error or from outside, it could not be started, its input is too large, or
                too many runs wait for each other.
        """
        depth = 0 if leave else _depth() + 1
        if depth > _MOST_INSIDE:
            end = "one that runs itself needs an end, as by an `if`"
            detail = f"{name} would run inside of more than {_MOST_INSIDE} others; {end}"
            raise TaskFault(Problem.standard("runtime", "Runs nest too deep", detail=detail))
        payload = await payload_of(argument, f"the input of {name}")
        async with (
            self._limits.turn([payload]),
            _faults_of_child(partial(problem_of_run, run=f"{name} ({id_})")),
        ):
            summary = fitting_summary(f"{label}: {name}")
            if not leave:
                child: workflow.ChildWorkflowHandle[Any, Any] = await workflow.start_child_workflow(
                    name, RawValue(payload), id=id_, static_summary=summary, memo={DEPTH_MEMO: depth}
                )
                return await _end_of(child, id_)
            # Temporal starts no child of a workflow that ends first, so its start is waited for.
            run: workflow.ChildWorkflowHandle[Any, Any] = await workflow.start_child_workflow(
                name,
                RawValue(payload),
                id=id_,
                static_summary=summary,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                cancellation_type=workflow.ChildWorkflowCancellationType.ABANDON,
            )
            run.add_done_callback(_passed_over)
            return None

    def profile_of(self, call: ActivityCall[Any]) -> ConnectionProfile:
        """The profile of the connection that a call is sent through."""
        return self.configuration.connections.get(call.connection or "", ConnectionProfile())


async def make_call(
    call: ActivityCall[Result],
    attempts: int | None,
    profile: ConnectionProfile,
    options: dict[str, Any],
    limits: CommandLimits,
    what: str,
    *,
    calls: Calls | None = None,
    deadline: Deadline | None = None,
    show: ShowWait | None = None,
) -> Result:
    """Make a call: as a local activity where that is wanted and suits it, otherwise as an activity.

    Args:
        call: the call.
        attempts: how many it has; None leaves the count to Temporal.
        profile: of the connection that it is sent through.
        options: of the activity.
        limits: of the run.
        what: names its request in an error.
        calls: how the definition wants it to be made; None leaves it to its connection.
        deadline: the nearest that it has to keep.
        show: is told of waits that the server does not know.

    Raises:
        ActivityError: the call failed for good.
        ApplicationError: of type `WorkerMissing`; no worker polls the queue of its connection.
        TaskFault: its request is too large for Temporal.
    """
    call = counted(call, attempts, profile)
    payload = await payload_of(call.argument, what)
    if deadline is None and is_local(call, payload.ByteSize(), calls, profile, options):
        if options.get("activity_id") is None:  # also of the activity that may follow
            options = {**options, "activity_id": str(workflow.uuid4())}
        answer = await execute_local(call, payload, options, limits, show)
        if not isinstance(answer, NotLocal):
            return answer
        call = after(call, answer.attempts)
        payload = await payload_of(call.argument, what)
    async with limits.turn([payload]):
        return await execute_call(call, RawValue(payload), profile, options, deadline)


def _depth() -> int:
    """How many runs that wait for it this one is inside of; none where nothing tells."""
    return int(workflow.memo_value(DEPTH_MEMO, default=0))


def _of_causes(leaves: Leaves) -> Callable[[BaseException | None], bool]:
    """The same of what failed an activity of the user's."""
    return lambda cause: leaves(problem_of_failure(cause, "runtime"))


def _wait_after(error: ActivityError, deadline: Deadline | None, leaves: Leaves | None) -> Wait | None:
    """The wait before another attempt of a call that ends with each; None where there is none.

    Raises:
        TaskFault: it would come after the deadline.
    """
    failure = error.cause
    seconds = None if failure is None else wait_of_workflow(failure)
    if leaves is None or seconds is None or leaves(problem_of_failure(failure)):
        return None
    assert isinstance(failure, ApplicationError)  # others have no wait
    until = workflow.now() + seconds
    if deadline is not None and until.timestamp() >= deadline.at:
        raise deadline.fault(failure)
    return Wait(failure.details[0]["attempt"] + 1, until, failure)


def _passed_over(run: "asyncio.Task[Any]") -> None:
    """Take note of how a run ended that nobody waits for: Python reports an error that nobody has looked at."""
    if not run.cancelled():
        run.exception()


async def _end_of(child: workflow.ChildWorkflowHandle[Any, Result], id_: str) -> Result:
    """How a child ends; where it is cancelled, whichever run it is in.

    Temporal asks the run to end that the child began with, which has ended already where it has continued as new
    (`findings/continued-child-is-not-cancelled.sh`).
    """
    if not workflow.patched(_LATEST_RUN):
        return await child
    try:
        return await asyncio.shield(child)
    except asyncio.CancelledError:
        if not child.done():
            child.cancel()
            with suppress(FailureError):  # it may have ended meanwhile
                await workflow.get_external_workflow_handle(id_).cancel()
        return await child


@asynccontextmanager
async def _faults_of_child(problem_of: Callable[[BaseException | None], Problem]) -> AsyncGenerator[None]:
    """Turns the failure of a child workflow into a fault of its task."""
    try:
        yield
    except ChildWorkflowError as error:
        task = asyncio.current_task()
        if is_cancelled_exception(error) and task is not None and task.cancelling():
            raise asyncio.CancelledError from None  # otherwise somebody has cancelled the child alone
        raise TaskFault(problem_of(error.cause)) from None
    except WorkflowAlreadyStartedError as error:
        raise TaskFault(problem_of(error)) from None


@asynccontextmanager
async def _faults(deadline: Deadline | None, kind: str = "communication") -> AsyncGenerator[None]:
    """Turns the failure of an activity into a fault of its task, by default of that type of the standard's."""
    try:
        yield
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise asyncio.CancelledError from None  # the only thing that a timeout around the call knows
        if deadline is not None and error.retry_state is RetryState.TIMEOUT:
            await deadline.cut_off(error.cause, kind)
        raise TaskFault(problem_of_failure(error.cause, kind)) from None
    except ApplicationError as error:
        raise TaskFault(problem_of_failure(error, kind)) from None
