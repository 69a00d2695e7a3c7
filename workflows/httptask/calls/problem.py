"""Errors of a run: RFC 7807 problem details with the standard's types (dsl-reference.md, Standard Error Types)."""

from functools import partial
from typing import Annotated, Any, NoReturn

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from temporalio.exceptions import ApplicationError, CancelledError, TerminatedError, TimeoutType
from temporalio.exceptions import TimeoutError as TemporalTimeoutError

from httptask.diagnostics.cutting import shortened
from httptask.dsl.standard_patterns import ERROR_TYPE_PREFIX, STANDARD_ERRORS
from httptask.json.types import is_object

__all__ = [
    "ERROR_TYPE_PREFIX",
    "NO_WORKER",
    "Problem",
    "TaskFault",
    "heading_of",
    "problem_of_failure",
    "problem_of_run",
]

_MAX_CHARACTERS = 4_000

NO_WORKER = "No worker took the call from its task queue"
"""Title of the problem of a call that nobody took."""

_KIND_OF_ERROR = {
    "RequestInvalid": "validation",
    "OutputInvalid": "validation",
    "SelectionFailed": "expression",
    "ResponseInvalid": "validation",
    "SecretUnavailable": "authorization",
    "AddressForbidden": "authorization",
    "ActivityNotAllowed": "authorization",
    "Forbidden": "authorization",
    "Unauthorized": "authentication",
    "TokenUnavailable": "authentication",
    "ConnectionUnknown": "configuration",
    "DefinitionUnknown": "configuration",
    "FixtureMissing": "configuration",
    "Timeout": "timeout",
    "WorkerMissing": "timeout",
}
_ENDED_FROM_OUTSIDE = {
    CancelledError: "it was cancelled",
    TerminatedError: "it was terminated",
    TemporalTimeoutError: "it did not end within the time that it had",
}

_OWN_TYPES = {
    "AnswerTruncated": "urn:httptask:error:answer-truncated",
    "AnswerFiltered": "urn:httptask:error:answer-filtered",
    "AnswerRefused": "urn:httptask:error:answer-refused",
}
"""Outcomes that the standard has no type for; their status is 422, Unprocessable Content (RFC 9110, 15.5.21)."""


BoundedText = Annotated[str, AfterValidator(partial(shortened, most=_MAX_CHARACTERS))]


class Problem(BaseModel):
    """One error of a run. Long texts are cut: a failure of a few MB would be lost, and its run hang for ever.

    Attributes:
        instance: JSON Pointer of the task that raised it.
        error: the typed error of the HTTP edge behind it, such as `RateLimited`.
        details: what that error knows: status, headers, body excerpt.
    """

    model_config = ConfigDict(extra="allow")

    type: BoundedText
    status: int
    title: BoundedText
    detail: BoundedText | None = None
    instance: BoundedText | None = None
    error: str | None = None
    details: dict[str, Any] | None = None

    @classmethod
    def standard(cls, kind: str, title: str, **fields: Any) -> "Problem":
        """A problem of one of the standard's types, with that type's status unless another is given."""
        standard = {"type": ERROR_TYPE_PREFIX + kind, "status": STANDARD_ERRORS[kind], "title": title}
        return cls.model_validate({**standard, **fields})

    def to_json(self) -> dict[str, Any]:
        """The RFC 7807 object, without absent members."""
        return self.model_dump(exclude_none=True)

    def to_failure(self) -> ApplicationError:
        """The failure that ends a workflow: its type is the problem's type, its first detail the whole object."""
        heading = heading_of(self.title, self.error)
        message = f"{heading}: {self.detail}" if self.detail else heading
        return ApplicationError(shortened(message, 2000), self.to_json(), type=self.type, non_retryable=True)


class TaskFault(Exception):
    """A task ended in an error.

    Attributes:
        ends: pointer of the task or task list that the error ends as a whole, where that is a timeout's: nothing in it
            may catch it.
    """

    def __init__(self, problem: Problem, *, ends: str | None = None) -> None:
        super().__init__(problem.title)
        self.problem = problem
        self.ends = ends

    def locate(self, pointer: str) -> None:
        """Say which task it was, unless that is known already."""
        if self.problem.instance is None:
            self.problem = self.problem.model_copy(update={"instance": pointer})

    def add(self, more: str) -> None:
        """Say more of what it was."""
        self.problem = self.problem.model_copy(update={"detail": f"{self.problem.detail}: {more}"})

    @classmethod
    def raise_standard(cls, kind: str, title: str, **fields: Any) -> NoReturn:
        """Raise a fault of one of the standard's types."""
        raise cls(Problem.standard(kind, title, **fields))


def heading_of(title: str, error: str | None) -> str:
    """A title, and the name by which the error is found in the documentation where that is another."""
    return title if error in (None, title) else f"{title} ({error})"


def problem_of_failure(cause: BaseException | None, kind: str = "communication") -> Problem:
    """What the failure of an activity means in the standard's terms.

    Args:
        cause: what failed it.
        kind: the standard's type of an error that this package does not know.
    """
    if isinstance(cause, TemporalTimeoutError):
        if cause.type == TimeoutType.SCHEDULE_TO_START:
            return Problem.standard("timeout", NO_WORKER, error="Timeout")
        silent = cause.type == TimeoutType.HEARTBEAT
        detail = "nothing was heard of its worker, which died or was too busy" if silent else None
        return Problem.standard("timeout", "The call did not end in time", detail=detail, error="Timeout")
    if not isinstance(cause, ApplicationError):
        return Problem.standard("runtime", "The call failed", detail=shortened(str(cause), 500))
    found = cause.details[0] if cause.details else None
    details = found if is_object(found) else {}
    kind = _KIND_OF_ERROR.get(cause.type or "", kind)
    status = details.get("status")
    fields: dict[str, Any] = {"status": status} if isinstance(status, int) and 100 <= status <= 599 else {}
    if cause.type in _OWN_TYPES:
        fields = {"type": _OWN_TYPES[cause.type], "status": 422}
    return Problem.standard(
        kind, cause.type or "Failure", detail=cause.message, error=cause.type, details=details, **fields
    )


def problem_of_run(cause: BaseException | None, run: str) -> Problem:
    """What the failure of a run within another is to that one: the same problem, with whose it is in its detail.

    Args:
        cause: what failed it.
        run: what the run is called.
    """
    for error, reason in _ENDED_FROM_OUTSIDE.items():
        if isinstance(cause, error):
            return Problem.standard("runtime", "The run did not complete", detail=f"{run}: {reason}")
    found = cause.details[0] if isinstance(cause, ApplicationError) and cause.details else None
    try:
        problem = Problem.model_validate(found)
    except ValidationError:
        problem = problem_of_failure(cause, "runtime")
    place = f" at {problem.instance}" if problem.instance else ""
    detail = f"{run}{place}: {problem.detail or problem.title}"
    return problem.model_copy(update={"detail": shortened(detail, _MAX_CHARACTERS), "instance": None})
