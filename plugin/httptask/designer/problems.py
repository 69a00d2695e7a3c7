"""What is told of a request that can't be served: a problem of RFC 9457."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from httptask.http.files import cure_of

__all__ = ["MEDIA_TYPE", "Problem", "not_written", "problem_response"]

MEDIA_TYPE: Final = "application/problem+json"


class Problem(Exception):
    """A request that can't be served.

    Attributes:
        status: of HTTP.
        detail: what is wrong, in a sentence for a person.
        facts: further members of the answer, as `hint`: what to do.
    """

    def __init__(self, status: int, detail: str, hint: str | None = None, **facts: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.facts: Mapping[str, Any] = {**({} if hint is None else {"hint": hint}), **facts}

    def response(self) -> Response:
        """The answer that tells it."""
        return problem_response(self.status, self.detail, **self.facts)


def not_written(name: str, error: OSError) -> Problem:
    """What is told of a file that can't be written."""
    return Problem(422, f"{name} can't be written: {error.strerror}", cure_of(error))


def problem_response(status: int, detail: str, **facts: Any) -> Response:
    """An answer with a problem in it."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **facts,
    }
    return Response(json.dumps(body, default=str), status, media_type=MEDIA_TYPE)
