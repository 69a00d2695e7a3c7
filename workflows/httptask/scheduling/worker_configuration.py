"""What a workflow asks of its worker's configuration: the answers are in its history."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from httptask.activities.connection_profile import RunConfiguration
from httptask.activities.names import RESOLVE_CONFIGURATION

__all__ = ["ask_worker", "resolve_configuration"]

ANSWER_TIME = timedelta(seconds=10)

Answer = TypeVar("Answer", bound=BaseModel)


async def resolve_configuration(
    connections: Iterable[str],
    activities: Iterable[str] = (),
    known: RunConfiguration | None = None,
    *,
    emits: bool = False,
    definitions: Iterable[str] = (),
) -> RunConfiguration:
    """Look up on this worker what is not known yet, through a recorded local activity.

    Args:
        connections: names of all that the run uses.
        activities: names of those of the user's own that it calls.
        known: what it knows already.
        emits: whether it emits events, and has to know where they go.
        definitions: names of those that it has runs of.

    Raises:
        ApplicationError: of type `ConnectionUnknown`, `ActivityNotAllowed` or `DefinitionUnknown`; the worker lacks one
            of the names.
        RuntimeError: another worker may have it; the workflow task fails, and another worker may take it.
    """
    known = known or RunConfiguration()
    missing: list[Any] = [
        sorted(set(connections) - known.connections.keys()),
        sorted(set(activities) - known.activities.keys()),
    ]
    asks_for_sink = emits and known.event_sink is None
    missing_definitions = sorted(set(definitions) - known.definitions.keys())
    if asks_for_sink or missing_definitions:
        missing.append(asks_for_sink)
    if missing_definitions:
        missing.append(missing_definitions)
    if not any(missing):
        return known
    found = await ask_worker(RESOLVE_CONFIGURATION, missing, RunConfiguration)
    return RunConfiguration(
        connections={**known.connections, **found.connections},
        activities={**known.activities, **found.activities},
        event_sink=known.event_sink or found.event_sink,
        definitions={**known.definitions, **found.definitions},
    )


async def ask_worker(activity: str, arguments: Sequence[Any], answer: type[Answer]) -> Answer:
    """Ask once, through a local activity: what changes on the worker later never reaches this run.

    Args:
        activity: name of the local activity.
        arguments: of the question.
        answer: the model of what comes back.

    Raises:
        ApplicationError: the answer is a refusal for good.
        RuntimeError: this worker can't answer; the workflow task fails, and another worker may take it.
    """
    try:
        found: Answer = await workflow.execute_local_activity(
            activity,
            args=arguments,
            result_type=answer,
            start_to_close_timeout=ANSWER_TIME,
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
    except FailureError as error:  # a local activity's own failure comes without an ActivityError around it
        if is_cancelled_exception(error) or (isinstance(error, ApplicationError) and error.non_retryable):
            raise
        raise RuntimeError(error.message) from None
    return found
