"""How much of a server's words an error carries: cut only once the values of secrets are out, none is cut in two."""

import json
from typing import Any, Final

from httptask.diagnostics.cutting import first_bytes, shortened
from httptask.http.errors import HttpTaskError, ResponseInvalid
from httptask.http.headers import Headers, allowed
from httptask.json.tree import parse

__all__ = ["REQUEST_IDS", "bound", "end_of_json", "excerpt", "request_id", "tell", "tell_head"]

REQUEST_IDS: Final = ("x-request-id", "request-id")
"""Headers of answers, in the order of their worth."""

_MAX_MESSAGE: Final = 500
_MAX_EXCERPT_BYTES: Final = 2048
_SHOWN_CHARACTERS: Final = 80


def excerpt(body: Any) -> str:
    """The beginning of a body: of its JSON, or of the text that it is."""
    if body is None:
        return ""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return first_bytes(text, _MAX_EXCERPT_BYTES)


def end_of_json(text: str) -> str:
    """Where a text that is no JSON stops being it, and how it goes on there. No value of a secret is in it any more."""
    try:
        parse(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        rest = text[error.pos : error.pos + _SHOWN_CHARACTERS]
        if not rest:
            return f"JSON that is cut at {place}"
        return f"not JSON from {place} on: {json.dumps(rest, ensure_ascii=False)}"
    except ValueError as unusable:
        return f"not JSON that can be read: {unusable}"
    return "not JSON"


def bound(error: HttpTaskError) -> None:
    """Cut what an error says, and what it holds of the body that it is about."""
    error.message = shortened(error.message, _MAX_MESSAGE)
    error.args = (error.message,)
    if "body_excerpt" in error.details:
        error.details["body_excerpt"] = excerpt(error.details["body_excerpt"])


def tell(error: HttpTaskError, more: str) -> None:
    """Add to what an error says what else is known, in front of its cure."""
    end = "" if error.cure is None else f": {error.cure}"
    error.message = error.message.removesuffix(end) + more + end


def tell_head(error: HttpTaskError, status: int, headers: Headers) -> None:
    """Tell in an error about an answer what its head says: `headers` that may be stored, and the `request_id` in them.

    One that can't be read tells its status and media type too. Values of secrets are taken out afterwards.
    """
    if isinstance(error, ResponseInvalid):
        tell(error, f" (status {status}, {headers.get('content-type') or 'no media type'})")
    error.details.setdefault("headers", allowed(headers))
    error.details.setdefault("request_id", request_id(headers))


def request_id(headers: Headers) -> str | None:
    """By which the server's operator finds the request."""
    return next((headers[name] for name in REQUEST_IDS if headers.get(name)), None)
