"""Local activities that can't bring their call to its end: what their workflow is told, and what is kept of them."""

from collections import OrderedDict
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Self

from pydantic_core import to_json
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from httptask.activities.api_operation import ApiOperation
from httptask.chat.models import Completion
from httptask.http.models import HttpAnswer
from httptask.json.types import is_object

__all__ = [
    "LONGEST_WAIT_INSIDE",
    "UNKNOWN_TO_WORKER",
    "KeptResults",
    "NotLocal",
    "left_to_workflow",
    "wait_of_workflow",
]

LONGEST_WAIT_INSIDE = timedelta(seconds=1)
"""Before another attempt of a local activity; from this on the wait is a timer of the workflow.

A local activity that waits by itself keeps its workflow task open: a cancellation, a query and a timer that fires come
to the run only at its end, and the calls that were answered in it stand in no history yet and are made again where the
worker is killed. A timer costs two events and a workflow task, which beside a wait of a second is nothing. Below that
the wait is no longer than a run takes to hear of anything while a call is in flight.
"""

_MAX_LOCAL_BYTES = 16 * 1024
"""All local activities of a workflow task send what they return in one message to the server."""
_MAX_KEPT_BYTES = 64 * 1024 * 1024
UNKNOWN_TO_WORKER = "NotFoundError"
"""Type of the SDK's failure where a worker does not have an activity."""


@dataclass(frozen=True, slots=True)
class NotLocal:
    """A call goes on as an activity.

    Attributes:
        attempts: how many it has had.
        run_over: whether that is because its run is cancelled, and has not heard of it.
    """

    attempts: int
    run_over: bool = False

    def failure(self) -> ApplicationError:
        """What a local activity raises, `from None`."""
        return ApplicationError(
            "goes on as an activity",
            asdict(self),
            type=type(self).__name__,
            non_retryable=True,
            category=ApplicationErrorCategory.BENIGN,  # the SDK logs others with a traceback
        )

    @classmethod
    def of(cls, failure: BaseException) -> Self | None:
        """What the failure of a local activity says of this; None when it is one of the call."""
        if not isinstance(failure, ApplicationError):
            return None
        if failure.type == UNKNOWN_TO_WORKER:
            return cls(0)
        if failure.type != cls.__name__:
            return None
        [facts] = failure.details
        return cls(**facts) if is_object(facts) else cls(0)


def left_to_workflow(failure: ApplicationError, *, always: bool = False) -> ApplicationError:
    """The failure of an attempt; where the next has to wait long, or always, it ends the activity."""
    wait = failure.next_retry_delay
    if wait is None or (wait < LONGEST_WAIT_INSIDE and not always):
        return failure
    return ApplicationError(
        failure.message,
        *failure.details,
        type=failure.type,
        non_retryable=True,
        next_retry_delay=wait,
        category=failure.category,
    )


def wait_of_workflow(failure: BaseException) -> timedelta | None:
    """How long a workflow waits after this failure of an activity until it begins another; None: for good."""
    return failure.next_retry_delay if isinstance(failure, ApplicationError) else None


class KeptResults:
    """Results of local activities that are too large for one.

    The activity that follows hands them over, if this worker gets it; another one makes the call again. Of more than
    64 MiB the oldest are dropped.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._results: OrderedDict[
            tuple[str | None, ...], tuple[HttpAnswer | Completion | ApiOperation, int]
        ] = OrderedDict()
        self._bytes = 0

    def keep_what_is_large(self, result: HttpAnswer | Completion | ApiOperation) -> None:
        """Let the result of an activity through, but a local one's that is too large.

        Raises:
            ApplicationError: it is kept.
        """
        info = activity.info()
        if not info.is_local or (size := len(to_json(result))) <= _MAX_LOCAL_BYTES:
            return
        self.take()  # where the same was made twice at one time
        self._results[_key(info)] = result, size
        self._bytes += size
        while self._bytes > _MAX_KEPT_BYTES:
            self._bytes -= self._results.popitem(last=False)[1][1]
        raise NotLocal(result.attempt - 1).failure()

    def take(self) -> Any:
        """What was kept for this activity; None when nothing was."""
        if not self._results:
            return None
        result, size = self._results.pop(_key(activity.info()), (None, 0))
        self._bytes -= size
        return result


def _key(info: activity.Info) -> tuple[str | None, ...]:
    return info.workflow_id, info.workflow_run_id, info.activity_id
