"""`try`: tasks whose errors may be caught (dsl-reference.md, Try)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, Field

from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.expressions import has_expression
from httptask.dsl.model import (
    Backoff,
    DefinitionModel,
    DurationLiteral,
    RetryLimit,
    RetryPolicy,
    TaskBase,
    Use,
)
from httptask.dsl.standard_patterns import STANDARD_ERROR_TYPES, is_same_error_type, meant_error_type
from httptask.dsl.tasks.kind import Body, Jump, TaskKind, TaskNode
from httptask.dsl.value_shape import ValueShape
from httptask.json.pointer import child_pointer

if TYPE_CHECKING:
    from httptask.dsl.tasks import TaskList

__all__ = [
    "ATTEMPT_DURATION",
    "CATCH",
    "DELAY",
    "EXCEPT_WHEN",
    "JITTER_FROM",
    "JITTER_TO",
    "LONGEST",
    "RETRY_EXCEPT_WHEN",
    "RETRY_WHEN",
    "TRY",
    "WHEN",
    "durations_of_policy",
    "meant_in_catch",
    "policy_faults",
]

CATCH: Final = "catch"
"""Key of the tasks that run when an error is caught."""

WHEN: Final = Part("catch/when", is_condition=True)
EXCEPT_WHEN: Final = Part("catch/exceptWhen", is_condition=True)
RETRY_WHEN: Final = Part("retry/when", is_condition=True)
RETRY_EXCEPT_WHEN: Final = Part("retry/exceptWhen", is_condition=True)
DELAY: Final = Part("retry/delay")
LONGEST: Final = Part("retry/limit/duration")
ATTEMPT_DURATION: Final = Part("retry/limit/attempt/duration")
JITTER_FROM: Final = Part("retry/jitter/from")
JITTER_TO: Final = Part("retry/jitter/to")

_TEXT: Final = {"type": "string"}
_ERROR: Final = ValueShape.of(
    {
        "type": "object",
        "properties": {
            **dict.fromkeys(("type", "title", "detail", "instance", "error"), _TEXT),
            "status": {"type": "integer"},
            "details": {"type": "object"},
        },
        "additionalProperties": False,
    }
)
"""What is caught: an RFC 7807 problem, with what is known of the call behind it."""


class ErrorFilter(DefinitionModel):
    """What an error has to have to be caught: all of what is given here, to the letter."""

    type: str | None = Field(default=None, examples=STANDARD_ERROR_TYPES)
    """URI of the kind of error; the standard's own are the same under each of its addresses."""
    status: int | None = None
    """HTTP status."""
    instance: str | None = None
    """JSON Pointer of the task that raised it."""
    title: str | None = None
    """Short text."""
    detail: str | None = None
    """What happened that time."""


class CatchErrors(DefinitionModel):
    """Which errors are caught, by what they are."""

    with_: ErrorFilter | None = Field(default=None, alias="with")
    """What an error has to have."""

    def fit(self, error: Mapping[str, Any]) -> bool:
        """Whether an RFC 7807 problem is one of them."""
        wanted = {} if self.with_ is None else self.with_.model_dump(exclude_none=True)
        type_ = wanted.pop("type", None)
        if type_ is not None and not is_same_error_type(type_, error["type"]):
            return False
        return all(error.get(key) == value for key, value in wanted.items())


class Catch(DefinitionModel):
    """Which errors are caught, and what is done then."""

    errors: CatchErrors | None = None
    """Which errors are caught, by what they are; left out: all."""
    as_: str = Field(default="error", alias="as")
    """Variable that holds the error."""
    when: str | None = None
    """Condition under which an error is caught."""
    except_when: str | None = Field(default=None, alias="exceptWhen")
    """Condition under which it is not."""
    retry: RetryPolicy | str | None = None
    """By which policy the tasks are tried again; or the name of one under `use.retries`."""
    do: "TaskList | None" = None
    """Tasks to run when an error was caught, and nothing is tried again any more."""
    then: str | None = None
    """What comes next after that: `continue`, `exit`, `end` or a task of the same list."""


class TryTask(TaskBase):
    """Runs tasks, and catches errors that they end in."""

    try_: "TaskList" = Field(alias="try")
    """Tasks to run."""
    catch: Catch
    """Which of their errors are caught, and what is done then."""


class _Try(TaskKind[TryTask]):
    keyword = "try"
    spec_model = TryTask
    does = "runs tasks, and [catches](#catching-errors) their errors: tries again, runs others, goes on elsewhere"
    yields = "the output of the tasks that ran last; its input if an error was caught and nothing run for it"
    passes_on = True
    keeps_input = True
    catches = True

    def compile(self, parts: PartsBuilder, pointer: str, spec: TryTask) -> None:
        catch, at, binds = spec.catch, f"{pointer}/catch", (spec.catch.as_,)
        parts.expression(WHEN, f"{at}/when", catch.when, binds=binds)
        parts.expression(EXCEPT_WHEN, f"{at}/exceptWhen", catch.except_when, binds=binds)
        retry, at = catch.retry, f"{at}/retry"
        if isinstance(retry, str):
            at, retry = child_pointer("/use/retries", retry), parts.use.retries.get(retry)
        if retry is None:
            return
        parts.expression(RETRY_WHEN, f"{at}/when", retry.when, binds=binds)
        parts.expression(RETRY_EXCEPT_WHEN, f"{at}/exceptWhen", retry.except_when, binds=binds)
        for part, place, written in _durations(retry):
            bound = () if part is ATTEMPT_DURATION else binds  # which begins before there is an error
            parts.duration(part, f"{at}{place}", written, binds=bound)

    def bodies(self, pointer: str, spec: TryTask) -> Iterator[Body]:
        yield Body("try", f"{pointer}/try", spec.try_, runs="as often as it is tried")
        if spec.catch.do is not None:
            variables = {f"{pointer}/catch/as": spec.catch.as_}
            yield Body(
                CATCH, f"{pointer}/catch/do", spec.catch.do, None, variables, "when an error is caught"
            )

    def jumps(self, node: TaskNode) -> Iterator[Jump]:
        then = self.spec(node).catch.then
        if then is not None:
            yield Jump(f"{node.pointer}/catch/then", then)

    def faults(self, node: TaskNode, use: Use) -> Iterator[Fault]:
        catch, at = self.spec(node).catch, f"{node.pointer}/catch"
        if catch.errors is not None and catch.errors.with_ is not None:
            wanted = catch.errors.with_.model_dump(exclude_none=True)
            yield from _filter_faults(f"{at}/errors/with", wanted)
        if isinstance(catch.retry, RetryPolicy):
            yield from policy_faults(f"{at}/retry", catch.retry)
        elif catch.retry is not None and catch.retry not in use.retries:
            hint = hint_for_unknown(catch.retry, use.retries, "names under `use.retries`")
            if not use.retries:
                hint = "write the policy here: retry: { delay: PT2S, limit: { attempt: { count: 3 } } }"
            yield Fault(f"{at}/retry", "unknown-retry", f"there is no retry policy `{catch.retry}`", hint)

    def durations(self, node: TaskNode) -> Mapping[str, DurationLiteral]:
        retry = self.spec(node).catch.retry
        if not isinstance(retry, RetryPolicy):
            return {}
        return durations_of_policy(f"{node.pointer}/catch/retry", retry)

    def takes(self, node: TaskNode, error: Mapping[str, Any]) -> str | None:
        catch = self.spec(node).catch
        of_catch = str(error.get("instance")).startswith(f"{node.pointer}/catch/")
        if of_catch or (catch.errors is not None and not catch.errors.fit(error)):
            return None
        conditions = [
            f"`{key}`"
            for key, written in (("when", catch.when), ("exceptWhen", catch.except_when))
            if written
        ]
        holds = f", if its {' and '.join(conditions)} let it" if conditions else ""
        does = ["tries its tasks again"] if catch.retry is not None else []
        does += ["runs `catch.do`"] if catch.do is not None else []
        does += [f"goes on with `then: {catch.then}`"] if catch.then is not None else []
        return f"catches the error{holds}, and {', then '.join(does) or 'goes on'}"

    def bound(self, node: TaskNode, variable: str) -> ValueShape | None:
        return _ERROR if variable == self.spec(node).catch.as_ else None

    def bounds(self, node: TaskNode, use: Use) -> dict[str, tuple[float | str, str]]:
        retry = self.spec(node).catch.retry
        policy = use.retries.get(retry) if isinstance(retry, str) else retry
        if policy is None:
            return {}
        without = "without end" if policy.limit.duration is None else "as long as its limit allows"
        count = policy.limit.attempt.count
        source = f"use.retries {retry}" if isinstance(retry, str) else "the task"
        return {"retries": (without if count is None else count, source)}

    def tries_again(self, node: TaskNode) -> bool:
        return self.spec(node).catch.retry is not None


_POLICY: Final = "retry: { delay: PT2S, backoff: { exponential: {} }, limit: { attempt: { count: 3 } } }"
_COUNT: Final = "write how often to try again: limit: { attempt: { count: 3 } }"
_FILTER: Final = "write which errors: errors: { with: { status: 503 } }; conditions stand in `when`"
_TASKS: Final = "write them as a list: [ { NAME: { … } } ]"
_MEANT: Final[Mapping[type[BaseModel], Mapping[str, str]]] = {
    TryTask: {
        "try": _TASKS,
        "catch": "write one object: catch: { errors: { with: … }, do: [ … ] }; for other errors put a `try` around",
        "finally": "write the tasks behind this one: with a `catch` it goes on in either case",
    },
    Catch: {
        **dict.fromkeys(("errors", "error", "status", "type", "with", "codes"), _FILTER),
        "do": _TASKS,
        "retry": f"write {_POLICY}, or the name of a policy under `use.retries`",
        **dict.fromkeys(
            ("retries", "attempts", "maxAttempts", "limit", "delay", "backoff"), f"it is a part of {_POLICY}"
        ),
    },
    CatchErrors: dict.fromkeys(("with", "status", "type", "title", "detail", "instance"), _FILTER),
    RetryPolicy: {
        "limit": _COUNT,
        **dict.fromkeys(("count", "attempts", "maxAttempts", "max", "retries"), _COUNT),
        "backoff": "write backoff: { exponential: {} }, { linear: {} } or { constant: {} }",
        "jitter": "write jitter: { from: PT0S, to: PT2S }",
        **dict.fromkeys(("interval", "initialInterval", "wait"), "it is called `delay`: delay: PT2S"),
    },
    RetryLimit: dict.fromkeys(("attempt", "count", "attempts"), _COUNT),
    Backoff: dict.fromkeys(("constant", "exponential", "linear"), "it has no settings: write {}"),
}


def meant_in_catch(owner: type[BaseModel], key: str) -> str | None:
    """What to write in place of a key of a `try` or retry policy, or of its value, that is none."""
    return _MEANT.get(owner, {}).get(key)


def durations_of_policy(pointer: str, policy: RetryPolicy) -> Mapping[str, DurationLiteral]:
    """The durations of a retry policy, by their pointers."""
    return {f"{pointer}{place}": written for _, place, written in _durations(policy)}


def _durations(policy: RetryPolicy) -> Iterator[tuple[Part, str, DurationLiteral]]:
    limit, jitter = policy.limit, policy.jitter
    written: Iterable[tuple[Part, str, DurationLiteral | None]] = (
        (DELAY, "/delay", policy.delay),
        (LONGEST, "/limit/duration", limit.duration),
        (ATTEMPT_DURATION, "/limit/attempt/duration", limit.attempt.duration),
        (JITTER_FROM, "/jitter/from", None if jitter is None else jitter.from_),
        (JITTER_TO, "/jitter/to", None if jitter is None else jitter.to),
    )
    yield from ((part, place, value) for part, place, value in written if value is not None)


def policy_faults(pointer: str, policy: RetryPolicy) -> Iterator[Fault]:
    """What is wrong with a retry policy, in a task or under `use.retries`."""
    backoff, limit = policy.backoff, policy.limit
    if backoff is not None and len(backoff.model_fields_set) != 1:
        kinds = "`constant: {}`, `exponential: {}` or `linear: {}`"
        count = "several kinds" if backoff.model_fields_set else "no kind"
        yield Fault(f"{pointer}/backoff", "wrong-form", f"`backoff` has {count}", f"write one of {kinds}")
    elif backoff is not None and policy.delay is None:
        message = "`backoff` has no `delay` that it could make longer: nothing waits"
        hint = "add a first delay: delay: PT2S"
        yield TextFault(f"{pointer}/backoff", "no-delay", message, hint, Severity.WARNING, at_key=True)
    if limit.attempt.count is None and limit.duration is None:
        message = "nothing limits how often this is tried again"
        hint = "add `limit: { attempt: { count: 5 } }`, or `limit: { duration: PT10M }`"
        yield TextFault(pointer, "no-limit", message, hint, Severity.WARNING, at_key=True)


def _filter_faults(pointer: str, wanted: Mapping[str, Any]) -> Iterator[Fault]:
    if not wanted:
        hint = "write what an error has to have: with: { status: 503 }; leave it out to catch all"
        yield TextFault(pointer, "empty", "`with` names nothing", hint, at_key=True)
    for key, value in wanted.items():
        if isinstance(value, str) and has_expression(value):
            message = "an expression can't stand here: the standard compares what is written"
            hint = f"write a condition: when: ${{ $error.{key} == … }}"
            yield Fault(f"{pointer}/{key}", "literal-only", message, hint)
    meant = meant_error_type(wanted["type"]) if "type" in wanted else None
    if meant is not None:
        message = f"no error has the type `{wanted['type']}`"
        yield Fault(f"{pointer}/type", "unknown-error-type", message, f"write {meant}")


TRY: Final = _Try()
