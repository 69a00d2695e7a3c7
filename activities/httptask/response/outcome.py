"""What a complete answer amounts to: a result, or the error that its status means."""

import re
from http import HTTPStatus
from typing import Any

from httptask.connections.connection import Connection
from httptask.diagnostics.cutting import first_characters, shortened
from httptask.http.api_error import error_of, names_of
from httptask.http.errors import (
    HttpStatusError,
    HttpTaskError,
    ResponseInterrupted,
    ResponseInvalid,
    ResponseTooLarge,
)
from httptask.http.excerpt import excerpt, request_id
from httptask.http.headers import media_type
from httptask.json.types import is_object
from httptask.resilience.classify import classify, error_text
from httptask.response.content import Content
from httptask.transport.exchange import Answer

__all__ = ["name_server", "status_error"]

_MAX_MESSAGE = 300
_MAX_MEMBER = 500
_ANSWER = re.compile(r"\bthe (?:answer|response|stream)\b")


def name_server(error: HttpTaskError, server: str) -> None:
    """Tell whose answer can't be used: whoever reads one does not know where it came from."""
    unusable = isinstance(error, ResponseInterrupted | ResponseInvalid | ResponseTooLarge)
    if unusable and server not in error.message:
        error.message = _ANSWER.sub(lambda found: f"{found[0]} of {server}", error.message, count=1)


def status_error(
    answer: Answer,
    content: Content,
    headers: dict[str, str],
    host: str,
    connection: Connection | None = None,
) -> HttpStatusError:
    """The error that a status which is not a success means, by the rules of the connection if there is one."""
    rules = connection or Connection(name="")
    verdict = classify(
        answer.status,
        answer.headers,
        content.value,
        also_retryable=rules.retryable_statuses,
        longest_retry_after=rules.retry.longest_retry_after,
    )
    message = f"{answer.status} from {host}"
    for addition in (error_text(content.value), verdict.note):
        if addition:
            message += f": {addition}"
    return verdict.error(
        shortened(message, _MAX_MESSAGE),
        details={
            "status": answer.status,
            "reason": _reason(answer.status),
            "host": host,
            "headers": headers,
            "body_excerpt": excerpt(content.value),
            "request_id": request_id(headers),
            **_error(content),
            **_problem(answer, content),
        },
        retryable=verdict.retryable,
        retry_after=verdict.retry_after,
    )


def _error(content: Content) -> dict[str, Any]:
    """What the API calls the error, if it does."""
    error = error_of(content.value)
    names = {} if error is None else names_of(error)
    return {"error": names} if any(name is not None for name in names.values()) else {}


def _problem(answer: Answer, content: Content) -> dict[str, Any]:
    """The members of a problem (RFC 9457, section 3.1); what is not of the right kind counts as absent."""
    kind, _ = media_type(answer.headers.get("content-type", ""))
    found = content.value
    if kind != "application/problem+json" or not is_object(found):
        return {}
    members = {"type": "about:blank"} | {
        name: first_characters(found[name], _MAX_MEMBER)
        for name in ("type", "title", "detail", "instance")
        if isinstance(found.get(name), str)
    }
    status = found.get("status")
    return {"problem": members | ({"status": status} if isinstance(status, int) else {})}


def _reason(status: int) -> str:
    """The standard's phrase: a server's own is free text."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
