"""What became of a request, in the words of who wrote the definition: what happened, and what to change."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from httptask.calls.problem import NO_WORKER, Problem
from httptask.egress.address import permission
from httptask.http.headers import media_type
from httptask.interpreter.schemas import NOT_VALID
from httptask.resilience.classify import REDIRECTS

__all__ = [
    "NOTHING",
    "Unsent",
    "Words",
    "answer_in_words",
    "broken_off_in_words",
    "duration",
    "handled_in_words",
    "is_wait_refused",
    "problem_in_words",
    "timeout_of",
]


class Unsent(NamedTuple):
    """What became of a request that could not be sent, or not sent on, and what to change about it."""

    words: str
    change: str | None = None


NOTHING: Final = Unsent("nothing was sent")
_CHECK_BODY: Final = "compare the request with the API's reference, beginning with what the server names"
_RETRY_CURES: Final = "nothing, if this passes; if it does not, ask whoever runs the server"
_WAIT_CURES: Final = (
    "nothing, if a run may wait; if it comes often, set `requests_per_minute` {of_connection}"
)
_NO_TOKEN: Final = "no token: "  # noqa: S105 - a message
_CURED_BY_NEXT_ATTEMPT: Final = (_RETRY_CURES, _WAIT_CURES)


class Words(NamedTuple):
    """What happened, and what to change, in which `{address}` and `{of_connection}` stand for what the task has."""

    happened: str
    change: str | None = None
    takes_detail: bool = True
    """Whether the detail of the problem says more."""
    is_unsent: bool = False
    """Whether it happened before the request could be sent: `happened` says why, if there is more to say."""


def _unsent(why: str = "", change: str | None = None) -> Words:
    return Words(why, change, is_unsent=True)


_OF_STATUS: Final[Mapping[int, Words]] = {
    400: Words("the server says that the request is wrong", _CHECK_BODY),
    402: Words("the server wants to be paid first", "see to the account at the provider"),
    404: Words(
        "the server has nothing at this address",
        "check the path, the values that are put into it, and {address}",
    ),
    405: Words("the server does not take this method at this address", "check `method` and the path"),
    406: Words("the server can't answer in a form that was asked for", "check the header `Accept`"),
    408: Words("the server waited too long for the request", _RETRY_CURES),
    409: Words("the request clashes with what the server has already", "see what the server names"),
    410: Words("what was at this address is gone for good", "check the path"),
    413: Words("the request is larger than the server takes", "send less"),
    415: Words("the server does not take a body of this kind", "check the kind of `body`, or `Content-Type`"),
    422: Words("the server understands the request, and rejects what is in it", _CHECK_BODY),
    501: Words("the server does not have this", "check `method` and the path"),
}
_OF_ERROR: Final[Mapping[str, Words]] = {
    "AddressForbidden": _unsent("requests may not go there"),
    "AnswerFiltered": Words("a content filter held the answer back", "word the messages in another way"),
    "AnswerRefused": Words("the model refused to answer", "word the messages in another way"),
    "AnswerTruncated": Words(
        "the answer was cut off at its bound of tokens", "raise `max_completion_tokens`, or ask for less"
    ),
    "Cancelled": Words(
        "the call was cancelled before its answer was there",
        "nothing; before it is sent again, see whether its server has acted on it already",
        takes_detail=False,
    ),
    "ConnectFailed": _unsent("", "check {address}, and that the server runs and can be reached from here"),
    "ConnectionUnknown": _unsent(),
    "FixtureMissing": Words(
        "no recorded answer is for this request",
        "record one with `--record DIR`, or correct what the request is by now",
    ),
    "Forbidden": Words(
        "the server knows who asks, and does not allow it",
        "give the credential the permission at the provider, or use another credential",
    ),
    "OutputInvalid": Words(
        "the model's answer does not have the form that was asked for",
        "say in the messages what is wanted; with `reask: N` the model is shown what is wrong and asked again",
    ),
    "PayloadsTooLarge": _unsent(),
    "QuotaExhausted": Words(
        "the account has no quota left",
        "add credit or raise the limit at the provider: waiting does not help",
    ),
    "RateLimited": Words("the server asks for fewer requests", _WAIT_CURES),
    "RequestInvalid": _unsent("the request is not one that can be sent"),
    "ResponseInterrupted": Words("no whole answer came", _RETRY_CURES),
    "ResponseInvalid": Words(
        "the answer is not what it says it is",
        "ask whoever runs the server; where the content is wanted as it came, `output: raw` takes it",
    ),
    "ResponseTooLarge": Words("the answer is larger than it may be", "ask for less, or raise the bound"),
    "SecretUnavailable": _unsent("", "give the secret a value that can be used, where the worker reads it"),
    "SelectionFailed": Words("an expression on the events of the stream failed", "correct it"),
    "TokenUnavailable": Words(
        "no access token could be had, so the request was not sent",
        "check the client's id and secret, and the address of the authorization server",
    ),
    "Unauthorized": Words(
        "the server refuses the credential",
        "check the value of the secret, and that it is sent in the way that the API wants",
    ),
}
_NO_WORKER: Final = _unsent(
    "no worker took the request from its task queue",
    "start a worker for that queue: `httptask worker`",
)
_TIMED_OUT: Final = Words("a timeout of the definition passed before the call had ended")
_SILENT_WORKER: Final = Words(
    "nothing more was heard of the worker that sent the request", "look at the worker's log"
)
_DEADLINES: Final[Mapping[str, Words]] = {
    "connect": _unsent("the server took no connection in time", "check {address}"),
    "first_byte": Words("the request was sent, and no answer came in time"),
    "idle": Words("the answer began, and did not go on"),
    "total": Words("no complete answer came in time"),
}
_KINDS: Final[Mapping[str, str]] = {
    "": "data whose kind it does not tell",
    "text/event-stream": "events (SSE)",
    "text/html": "HTML, a web page",
    "text/plain": "text",
}
_OF_NEW_CONNECTION: Final = (
    "of a connection: declare it as [connections.NAME] in httptask.toml, and name it with `connection: NAME`"
)
_CONNECTING: Final[Mapping[str, Words]] = {
    "certificate": _unsent(
        "the server can't show that it is the one that was meant",
        "see to its certificate; one of an authority of your own is trusted with `tls` {of_connection}",
    ),
    "tls": _unsent("", "check {address}"),
    "tls_files": _unsent("", "correct `tls` {of_connection}"),
}
"""By the step of connecting that failed."""
_LONG_WAIT: Final = Words(
    "the server asks for a longer wait than a run may make",
    "if a run may wait so long, raise `retry.longest_retry_after` {of_connection}",
)
_NO_HTTP: Final = Words(
    "the answer can't be read",
    "ask whoever runs the server: what it answers is not what the standard of HTTP says",
)
_REFUSED_REDIRECT: Final = Words(
    "the server leads to another address, and the request may not follow",
    "if that address is meant, give it to the task in place of this one",
)
_EXPRESSION: Final = Words(
    "the answer came, and an expression of the task failed on it",
    "correct the expression; `httptask eval` tries it on the same data",
)
_NOT_VALID: Final = Words(
    "the answer came, and the task's output is not what its schema asks for",
    "correct `output.as` or the schema",
)


def problem_in_words(problem: Problem, connection: str | None, unsent: Unsent = NOTHING) -> Words:
    """What went wrong, with the detail that is known of it, and the cure where there is one.

    Args:
        problem: what went wrong.
        connection: that the request is sent through, if it has one.
        unsent: what became of a request that could not be sent.
    """
    words, detail, details = _of(problem), problem.detail, problem.details or {}
    words = words._replace(change=_filled(words.change, connection))
    if words.is_unsent:
        happened = f"{unsent.words}, for {words.happened}" if words.happened else unsent.words
        words = words._replace(happened=happened, change=unsent.change or words.change)
    if detail is None or not words.takes_detail:
        return words
    if isinstance(cure := details.get("cure"), str):
        detail, address = detail.removesuffix(f": {cure}"), details.get("address")
        if problem.error == "AddressForbidden" and isinstance(address, str):
            cure = permission(address, f"[connections.{connection}]" if connection else "[policy]")
        words = words._replace(change=cure)
    return words._replace(happened=f"{words.happened}: {detail.removeprefix(_NO_TOKEN)}")


def is_wait_refused(details: Mapping[str, Any]) -> bool:
    """Whether a server asks for a longer wait than a run may make."""
    return details.get("retry_after") is not None and not details.get("retryable")


def _filled(change: str | None, connection: str | None) -> str | None:
    """A cure, for a task that names a connection or none."""
    if change is None:
        return None
    if connection is None:
        return change.format(address="`endpoint`", of_connection=_OF_NEW_CONNECTION)
    return change.format(address="`base_url` of the connection", of_connection="of the connection")


def _of(problem: Problem) -> Words:
    details, error = problem.details or {}, problem.error or ""
    if error == "Timeout":
        return _of_timeout(problem, details)
    if error == "ConnectFailed" and details.get("step") in _CONNECTING:
        return _CONNECTING[details["step"]]
    if is_wait_refused(details):
        return _LONG_WAIT
    if "redirect_refused" in details:
        return _REFUSED_REDIRECT
    if error == "ResponseInvalid" and "headers" not in details:
        return _NO_HTTP
    words = _of_error(problem, details, error)
    is_last = details.get("retryable") and details.get("attempt") == details.get("attempts")
    if is_last and words.change in _CURED_BY_NEXT_ATTEMPT:
        change = "if a run is to try for longer, raise `retry.attempts` {of_connection}"
        return words._replace(change=change)
    return words


def _of_error(problem: Problem, details: Mapping[str, Any], error: str) -> Words:
    if error in _OF_ERROR:
        return _OF_ERROR[error]
    status = details.get("status")
    if error == "HttpStatusError" and isinstance(status, int):
        return _of_status(status)
    if problem.type.endswith("/timeout"):
        return _TIMED_OUT
    if problem.type.endswith("/expression"):
        return _EXPRESSION
    if problem.title == NOT_VALID:
        return _NOT_VALID
    return Words(problem.title)


def _of_timeout(problem: Problem, details: Mapping[str, Any]) -> Words:
    deadline = details.get("deadline")
    if isinstance(deadline, str) and deadline in _DEADLINES:
        words = _DEADLINES[deadline]
        longer = f"if the server needs longer, raise `limits.{deadline}` {{of_connection}}"
        return words._replace(change=words.change or longer)
    return _NO_WORKER if problem.title == NO_WORKER else _SILENT_WORKER


def _of_status(status: int) -> Words:
    if status in _OF_STATUS:
        return _OF_STATUS[status]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Words("the server failed", _RETRY_CURES)
    if status in REDIRECTS:
        return Words(
            "the server leads to another address, and redirects are not followed",
            "to follow it, set `redirects` {of_connection}; `redirect: true` takes it as the result",
        )
    if status < HTTPStatus.BAD_REQUEST:
        return Words(
            "the answer is none of those that count as a success",
            "name the status in `success` if it is one",
        )
    return Words("the server rejects the request", _CHECK_BODY)


def handled_in_words(calls: Sequence[tuple[str, str | None]], turns: int) -> tuple[str, str]:
    """What happened, and what a run would do, where a model calls tools that the task answers.

    Args:
        calls: names of the tools, each with what is wrong with its call.
        turns: how often the task asks at most.
    """
    names = ", ".join(dict.fromkeys(name for name, _ in calls))
    wrong = "".join(
        f" The call of {name} can't be answered: {fault}." for name, fault in calls if fault is not None
    )
    answers = "tell the model what is wrong" if all(fault for _, fault in calls) else "answer by `handlers`"
    if turns == 1:
        return (
            f"The model calls tools: {names}.{wrong}",
            f"{answers}, and end in TurnsExceeded, for `maxTurns` is 1",
        )
    most = "once more" if turns == 2 else f"up to {turns - 1} times more"
    return f"The model calls tools: {names}.{wrong}", f"{answers}, and ask again, {most}"


def broken_off_in_words(status: int) -> str:
    """What came back where an answer did not come to its end."""
    return f"{_named(status)}: the answer broke off before its end"


def answer_in_words(
    status: int, headers: Mapping[str, str], *, size: int | None, empty: bool, connection: str | None
) -> Words:
    """What came back.

    Args:
        status: of the answer.
        headers: of the answer.
        size: of its body in bytes, None where that is not known.
        empty: whether it has no body.
        connection: that the request was sent through, if there is one.
    """
    kind, _ = media_type(headers.get("content-type", ""))
    what = "JSON" if kind.endswith(("/json", "+json")) else _KINDS.get(kind, kind)
    body = "without a body" if empty else what if size is None else f"{size} bytes of {what}"
    happened = f"{_named(status)}: {body}"
    if status == HTTPStatus.ACCEPTED:
        where = "; the header Location says where to ask for it" if "location" in headers else ""
        return Words(
            f"{happened}. The server took the job, and has not done it yet{where}",
            "where the result is needed, ask for it in a loop: the recipe `Wait for a job` of docs/recipes.md does",
        )
    if kind == "text/html" and not empty:
        cure = "see that {address} and the path are those of the API: a web page is what its web site answers"
        return Words(happened, _filled(cure, connection))
    return Words(happened)


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def timeout_of(pointer: str) -> str:
    """A timeout, by what it belongs to: a task, or with an empty pointer the workflow."""
    whose = f"the task {pointer.rpartition('/')[2]}" if pointer else "the workflow"
    return f"`timeout` of {whose}"


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 120:
        return f"{seconds:g} s"
    return f"{seconds / 60:.3g} min"
