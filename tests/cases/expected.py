"""What is right for each case, as a machine can tell; `expected.md` of a case says it in words.

Several ways may be right: a definition that asks for what can't be is either refused with the cure, or made to work.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .right import Right

__all__ = ["EXPECTED"]

_OK = {"ok": 1}


def _messages(request: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(request.partition(b"\r\n\r\n")[2])["messages"]
    return found


def _arguments_are_objects(requests: Sequence[bytes]) -> bool:
    """Whether no arguments in a history are anything else than JSON of an object."""
    return all(
        _is_object(call["function"]["arguments"])
        for request in requests
        for message in _messages(request)
        for call in message.get("tool_calls") or ()
    )


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _broken_arguments_are_told(requests: Sequence[bytes]) -> bool:
    """Whether the model learns what was wrong, in a history that servers accept."""
    told = [message["content"] for message in _messages(requests[1]) if message["role"] == "tool"]
    return _arguments_are_objects(requests) and len(told) == 1 and "JSON" in told[0]


def _handler_answers(requests: Sequence[bytes]) -> bool:
    """Whether the tool ran each time, in a history that servers accept."""
    told = [message["content"] for message in _messages(requests[2]) if message["role"] == "tool"]
    return _arguments_are_objects(requests) and told == ["12:00"] * 2


EXPECTED: Mapping[str, Sequence[Right]] = {
    "304-called-a-redirect": [
        Right(
            error="HttpStatusError",
            says=("^HttpStatusError: 304 ", "(?i)not modified", "`success`"),
            never_says=("redirect",),
            requests=1,
        ),
    ],
    "body-behind-204": [Right(output=None, requests=1)],
    "content-encoding-utf-8": [Right(output=_OK, requests=1)],
    "csv-with-bom": [Right(output="id;name\r\n1;a\r\n", requests=1)],
    "digest-realm-not-ascii": [Right(output=_OK, sent=(rb"", rb'Digest .*realm="Ger\xc3\xa4t"'))],
    "digest-realm-with-quotes": [Right(output=_OK, sent=(rb"", rb'Digest .*realm="Camera \\"hall\\""'))],
    "error-member-empty": [Right(output={"text": "Hi", "finish_reason": "stop"}, requests=1)],
    "finish-reason-of-another-name": [Right(error="AnswerTruncated", requests=1)],
    "form-type-over-json-body": [
        Right(refused=("Content-Type", r"\bform\b")),
        Right(output=_OK, sent=(rb"\r\n\r\ngrant_type=client_credentials&scope=a(\+|%20)b$",)),
    ],
    "json-only-in-reasoning": [
        Right(
            error="OutputInvalid", says=("(?i)no text|empty", "reasoning"), never_says=("Expecting value",)
        ),
        Right(output={"json": {"a": 1}}, requests=1),
    ],
    "json-type-of-aws": [Right(output=_OK, requests=1)],
    "json-type-twice": [Right(output=_OK, requests=1)],
    "not-http-says-nothing": [Right(error="ResponseInvalid", says=("X-XSS-Protection=1;",), requests=1)],
    "output-reads-tasks": [Right(output={"a": 1, "b": 1}, requests=2)],
    "page-number-in-a-form": [
        Right(refused=(r"\bpage\b", r"\bform\b")),
        Right(
            output=[1, 1],
            sent=tuple(rb"^POST /search HTTP.*\r\n\r\nq=x&page=%d$" % number for number in (1, 2, 3)),
        ),
    ],
    "path-holds-a-url": [Right(refused=(r"\bpath\b", r"\bendpoint\b"))],
    "redirect-to-presigned": [
        Right(error="HttpStatusError", says=("credential", "set redirects_elsewhere = true"), requests=1),
        Right(
            output="UEs=",
            sent=(
                rb"^GET /artifacts/7 .*Bearer token-12345678",
                rb"^GET /bucket/(?!.*(Authorization|token-))",
            ),
        ),
        # A connection has to ask for it, and is told how.
        Right(error="HttpStatusError", says=("set redirects_elsewhere = true",), requests=1),
    ],
    "slow-first-byte": [Right(output="Hi", requests=1)],
    "text-in-latin-1": [
        Right(error="ResponseInvalid", says=("(?i)charset|encoding",), requests=1),
        Right(output="Größe;5", requests=1),
    ],
    "token-error-under-200": [
        Right(
            error="TokenUnavailable",
            says=("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect"),
            requests=1,
        ),
    ],
    "token-type-bearertoken": [
        Right(output=_OK, sent=(rb"^POST ", rb"Authorization: Bearer abcdefgh12345678\r\n")),
    ],
    "tool-arguments-broken-sent-back": [
        # The scripted server refuses the second request whatever it holds.
        Right(error="HttpStatusError", requests=2, holds=_broken_arguments_are_told),
    ],
    "tool-arguments-null-text": [
        # The scripted model calls its tool in every turn.
        Right(error="TurnsExceeded", requests=3, holds=_handler_answers),
    ],
    "url-with-line-break": [
        Right(refused=("(?i)line break|white ?space|space",)),
        Right(output=_OK, sent=(rb"^GET /x HTTP", rb"^GET /y HTTP")),
    ],
    "xml-declares-its-encoding": [
        Right(output='<?xml version="1.0" encoding="ISO-8859-1"?><n>Größe</n>', requests=1),
    ],
}
