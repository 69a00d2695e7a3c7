"""What of a server's answer reaches whom, for every kind of error: the table of docs/errors-and-retries.md.

Each error is made by a real answer on loopback, and told by what tells it to people and programs.
"""

import json
import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import pytest
from temporalio.exceptions import ApplicationError

from httptask.activities.failure import to_application_error
from httptask.calls.problem import problem_of_failure
from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest
from httptask.cli.runs.showing import print_failure
from httptask.cli.terminal.failures import explain_failure
from httptask.client.edge import Edge
from httptask.dsl.loader import load_text
from httptask.http import errors
from httptask.http.errors import HttpTaskError
from httptask.http.models import HttpRequest, Limits
from httptask.runs.records import FailureRecord
from httptask.testing import Reply, ScriptedServer
from httptask.workflows.failures import typed_error
from support.chat_streams import chunk, sse
from support.connections import local_connection, secret_store
from support.fences import ROOT

PAGE = ROOT / "docs/errors-and-retries.md"
BEGIN, END = "<!-- table of the server's words -->\n", "<!-- end -->"
HEAD = (
    "Error",
    "Made by",
    "`run`, `test-request`",
    "`runs show`",
    "`details` of the problem, `info` in Python",
)
HEADERS = {"X-Request-Id": "the-id", "Retry-After": "7"}
MARKS = {
    "status": "418",
    "words": "the-words",
    "body": "the-rest",
    "headers": "retry-after",
    "request id": "the-id",
    "text": "the-text",
    "usage": "4321",
}
ADDRESS = re.compile(r"127\.0\.0\.1:\d+")
"""Whose port may hold the digits of a mark."""
SAID = {"message": "the-words", "code": "c", "metadata": {"raw": "the-rest"}}
USAGE = {"prompt_tokens": 1, "completion_tokens": 4320, "total_tokens": 4321}
STREAM = {**HEADERS, "Content-Type": "text/event-stream"}
CUT = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Request-Id: the-id\r\nRetry-After: 7\r\nContent-Length: 9999\r\n\r\n"
LOADED = load_text(
    "document: { dsl: 1.0.3, namespace: n, name: n, version: 1.0.0 }\ndo: [{ a: { set: 1 } }]\n", "a"
)


class Row(NamedTuple):
    """One kind of error.

    Attributes:
        chat: fields of a chat request; None for a plain one.
        mark: of the status, where that is another.
    """

    error: str
    by: str
    reply: Reply
    chat: dict[str, Any] | None = None
    mark: str = ""


def status(code: int, body: Any = SAID) -> Reply:
    return Reply.json({"error": body}, status=code, headers=HEADERS)


def answer(reason: str, **message: Any) -> Reply:
    said = {"role": "assistant", "content": "the-text", **message}
    choices = [{"index": 0, "finish_reason": reason, "message": said}]
    return Reply.json({"model": "m", "choices": choices, "usage": USAGE}, headers=HEADERS)


def streamed(*events: Any) -> Reply:
    return Reply.of(sse(chunk({"content": "the-text"}), *events), headers=STREAM)


ROWS = [
    Row("HttpStatusError", "a status", status(418)),
    Row("HttpStatusError", "an error under 200", status(200, {**SAID, "code": 418}), {}),
    Row("HttpStatusError", "an error in a stream", streamed({"error": {**SAID, "code": 418}}), {"stream": True}),
    *(
        Row(name, str(code), status(code), mark=str(code))
        for name, code in (("Unauthorized", 401), ("QuotaExhausted", 402), ("Forbidden", 403), ("RateLimited", 429))
    ),
    Row("ResponseInvalid", "an error without a code under 200", status(200, {**SAID, "code": None}), {}, "200"),
    Row("ResponseInvalid", "a body that is not JSON", Reply.of(b"the-words the-rest", headers={**HEADERS, "Content-Type": "application/json"}), mark="200"),
    Row("ResponseInvalid", "an answer that is no completion", Reply.json(["the-words the-rest"], headers=HEADERS), {}, "200"),
    Row("ResponseInvalid", "what is no HTTP", Reply(b"the-words the-rest\r\n\r\n", close=True)),
    Row("ResponseInterrupted", "a stream that is cut", Reply(CUT + sse(chunk({"content": "the-text"}), {"choices": [], "usage": USAGE}, end=b""), close=True), {"stream": True}),
    Row("ResponseInterrupted", "a body that is cut", Reply(CUT.replace(b"text/event-stream", b"text/plain") + b"the-rest", close=True)),
    Row("ResponseTooLarge", "a body over its limit", Reply.of(b"the-rest" * 100, headers=HEADERS)),
    Row("Timeout", "silence in a stream", Reply.silence(after=CUT + sse(chunk({"content": "the-text"}), end=b"")), {"stream": True}),
    Row("OutputInvalid", "text that fits no schema", answer("stop"), {"response_format": {"type": "json_object"}}),
    Row("AnswerTruncated", "the token limit", answer("length"), {"response_format": {"type": "json_object"}}),
    Row("AnswerFiltered", "a filter", answer("content_filter"), {"response_format": {"type": "json_object"}}),
    Row("AnswerFiltered", "a prompt that is held back", status(400, {**SAID, "code": "content_filter"}), {}, "400"),
    Row("AnswerRefused", "a refusal", answer("stop", refusal="the-words"), {}),
]  # fmt: skip
WITHOUT = {
    "RequestInvalid", "SecretUnavailable", "ConnectionUnknown", "AddressForbidden", "Postponed", "ConnectFailed",
    "FixtureMissing", "HttpTaskError",
    "TokenUnavailable",  # the words of another server, which may hold a credential
    "SelectionFailed",  # an expression's
}  # fmt: skip
"""Errors in which there is no answer of the server."""


async def sent(edge: Edge, row: Row) -> object:
    if row.chat is None:
        limits = Limits(response_bytes=400)
        return await edge.send(HttpRequest(method="GET", url="/", connection="s", limits=limits))
    body = {"model": "m", "messages": [{"role": "user", "content": "JSON"}], **row.chat}
    return await complete(
        edge, ChatRequest(body=body, connection="s", limits=Limits(idle=0.2), incomplete="error")
    )


async def failure_of(row: Row) -> ApplicationError:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(ScriptedServer([row.reply]))
        edge = Edge({"s": local_connection("s", server.url)}, secret_store({}))
        stack.push_async_callback(edge.aclose)
        with pytest.raises(HttpTaskError) as caught:
            await sent(edge, row)
    assert type(caught.value).__name__ == row.error, row.by
    return to_application_error(caught.value, attempt=1)


def marks_in(text: str, row: Row) -> str:
    marks = {**MARKS, **({"status": row.mark} if row.mark else {})}
    said = ADDRESS.sub("", text.lower())
    return ", ".join(name for name, mark in marks.items() if mark in said) or "nothing"


async def cells(row: Row, capsys: pytest.CaptureFixture[str]) -> Sequence[str]:
    failure = await failure_of(row)
    problem = problem_of_failure(failure)
    info = dict(typed_error(failure).info)
    assert info == problem.details
    print_failure(
        "failure", FailureRecord(type=failure.type, message=failure.message, details=failure.details[0])
    )
    shown = capsys.readouterr().out
    told = explain_failure(problem.to_json(), LOADED)
    texts = (told, shown, json.dumps([problem.detail, problem.details]))
    return f"`{row.error}`", row.by, *(marks_in(text, row) for text in texts)


async def test_the_table_is_what_reaches_whom(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [HEAD, ("---",) * len(HEAD), *[await cells(row, capsys) for row in ROWS]]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    told = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    assert told == table, f"write into {PAGE.name} what is so:\n{table}"


def test_every_kind_of_error_is_in_it() -> None:
    assert {row.error for row in ROWS} | WITHOUT == set(errors.__all__)
