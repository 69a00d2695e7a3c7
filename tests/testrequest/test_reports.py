"""Golden reports: what a test request tells its author, word for word, of calls that are really made.

After a deliberate change run `PYTHONPATH=tests uv run python -m testrequest.test_reports`, and read each aloud: would somebody
who knows nothing of this code know what happened, what the workflow would do, and what to change?
"""

import asyncio
import io
import json
import re
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack, redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError, CancelledError, TimeoutType
from temporalio.exceptions import TimeoutError as ActivityTimeoutError
from temporalio.testing import ActivityEnvironment

from httptask.activities.calls import HttpActivities
from httptask.activities.connection_profile import profile_of
from httptask.activities.names import HTTP_REQUEST
from httptask.calls.problem import Problem
from httptask.catalog.catalog import Catalog
from httptask.cli.runs.report_view import print_answer, print_prepared
from httptask.client.edge import Edge
from httptask.connections.connection import Connection
from httptask.dsl.event_selection import select_events
from httptask.dsl.loader import Loaded, load_text
from httptask.fixtures.transport import Fixture, Fixtures
from httptask.http.limits import Limits
from httptask.testing import Reply, ScriptedServer
from httptask.testrequest import (
    Outcome,
    PlannedRequest,
    Report,
    Reporter,
    Sample,
    plan_request,
)
from httptask.testrequest.outcome import outcome_of_failure, outcome_of_result
from httptask.testrequest.wording import problem_in_words
from support.api_documents import openapi
from support.certificates import Certificates
from support.connections import secret_store

import_module("httptask.transport.network")  # a first call would load it, within its deadlines

GOLDEN = Path(__file__).parent / "golden"
DEFINITION = """\
document: { dsl: 1.0.3, namespace: desk, name: tickets, version: 1.0.0 }
use: { secrets: [TOKEN] }
do:
  - file:
      call: httpRequest
      with:
        method: post
        connection: tickets
        path: /tickets
        headers: { X-Token: "${ $secrets.TOKEN }" }
        body: { title: Lamp }
      output: { as: "${ .id }" }
      export: { as: "${ { ticket: $output } }" }
  - look: { call: httpRequest, with: { method: get, connection: tickets, path: /tickets/7, query: { limt: 5 } } }
  - listen: { call: httpRequest, with: { method: get, connection: tickets, path: /events, stream: { format: sse } } }
  - ask:
      call: chatCompletion
      with:
        connection: model
        model: m
        messages: [{ role: user, content: Which colour has the lamp? }]
        max_completion_tokens: 100
        fallback: [{ connection: other }]
  - close:
      call: httpRequest
      with: { method: put, connection: tickets, path: /closed, body: { ticket: "${ $workflow.input.id }" } }
  - hurry:
      call: httpRequest
      with: { method: get, connection: tickets, path: /tickets/7 }
      timeout: { after: PT2S }
  - plain: { call: httpRequest, with: { method: get, endpoint: SERVER/tickets/7 } }
  - guarded:
      try: [{ buy: { call: httpRequest, with: { method: get, connection: tickets, path: /tickets/9 } } }]
      catch:
        errors: { with: { status: 503 } }
        retry: { delay: PT2S, limit: { attempt: { count: 3 } } }
        do: [{ tell: { set: "${ {} }" } }]
  - sort:
      call: chatCompletion
      with:
        connection: model
        model: m
        messages: [{ role: user, content: Which colour has the lamp? }]
        response_format: { type: json_object }
  - switch:
      call: chatCompletion
      with:
        connection: model
        model: m
        messages: [{ role: user, content: Is the lamp on? }]
        tools:
          - type: function
            function: { name: lamp, parameters: { type: object, required: [room], properties: { room: { type: string } } } }
        handlers: { lamp: { do: [{ tell: { set: "${ {} }" } }] } }
        maxTurns: 3
      output: { as: "${ .text | ascii_upcase }" }
"""
TICKET = {
    "type": "object",
    "required": ["id", "title"],
    "properties": {"id": {"type": "integer"}, "title": {"type": "string"}},
}
ANSWERS = {"200": {"description": "A ticket", "content": {"application/json": {"schema": TICKET}}}}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
NEW = {"type": "object", "required": ["title", "urgency"], "properties": {"title": {"type": "string"}}}
PATHS = {
    "/tickets/{id}": {"get": {"operationId": "getTicket", "parameters": [LIMIT], "responses": ANSWERS}},
    "/tickets": {
        "post": {
            "operationId": "fileTicket",
            "requestBody": {"content": {"application/json": {"schema": NEW}}},
            "responses": ANSWERS,
        }
    },
}
HTML = {"Content-Type": "text/html"}
SSE = {"Content-Type": "text/event-stream"}


@dataclass
class Case:
    """A call, and what its server does."""

    replies: list[Reply] = field(default_factory=list[Reply])
    task: str = "file"
    attempt: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secrets: Mapping[str, str] = field(default_factory=lambda: {"TOKEN": "tok-0123456789"})
    failure: BaseException | None = None
    """What Temporal says in place of an answer."""
    url: str | None = None
    """In place of that of a server that runs."""
    base_path: str = ""
    is_secured: bool = False
    in_catalogue: bool = False
    dry: bool = False
    is_simulated: bool = False
    cancelled: bool = False


BUSY = {"error": {"message": "busy"}}
SLOW_DOWN = Reply.json(
    {"error": {"message": "slow down", "type": "requests"}}, status=429, headers={"Retry-After": "1"}
)
ELSEWHERE = {"redirects": 3, "redirects_elsewhere": True}
CLIENT = {"id": "httptask", "secret": "$secrets.TOKEN"}
WITH_TOKEN = {
    "authentication": {
        "oauth2": {
            "authority": "SERVER",
            "endpoints": {"token": "/token"},
            "grant": "client_credentials",
            "client": CLIENT,
        }
    }
}
CUT_OFF = ActivityTimeoutError("", type=TimeoutType.START_TO_CLOSE, last_heartbeat_details=[])
NO_WORKER = ActivityTimeoutError("", type=TimeoutType.SCHEDULE_TO_START, last_heartbeat_details=[])
CASES = {
    "200": Case([Reply.json({"id": 7})]),
    "202 with a location": Case([Reply.json({"id": 7}, status=202, headers={"Location": "/jobs/7"})]),
    "302 that is followed": Case(
        [Reply.of(status=302, headers={"Location": "/tickets/8"}), Reply.json({"id": 8})],
        task="look",
        settings={"redirects": 3},
    ),
    "400 with a body": Case([Reply.json({"error": {"message": "title is too short"}}, status=400)]),
    "401": Case([Reply.json({"message": "bad token"}, status=401)]),
    "404 with HTML": Case([Reply.of(b"<html>Nothing here</html>", status=404, headers=HTML)], task="look"),
    "429 with Retry-After": Case([Reply.json(BUSY, status=429, headers={"Retry-After": "7"})], attempt=2),
    "500": Case([Reply.json(BUSY, status=500)]),
    "500 at the last attempt": Case([Reply.json(BUSY, status=500)], attempt=5),
    "timeout": Case([Reply.silence()], settings={"limits": Limits(first_byte=0.1)}),
    "timeout of the task": Case(task="hurry", failure=CUT_OFF),
    "a wait beyond the timeout": Case(
        [Reply.json(BUSY, status=429, headers={"Retry-After": "7"})], task="hurry"
    ),
    "a redirect that is not followed": Case([Reply.of(status=302, headers={"Location": "/8"})], task="look"),
    "429 with a long wait": Case([Reply.status(429, retry_after=3600)], task="look"),
    "429 at the last attempt": Case([Reply.status(429, retry_after=7)], task="look", attempt=5),
    "503 that a try takes": Case([Reply.status(503)], task="buy"),
    "404 that a try does not take": Case([Reply.of(status=404)], task="buy"),
    "404 without a connection": Case([Reply.of(status=404)], task="plain"),
    "429 without a connection": Case([Reply.status(429, retry_after=7)], task="plain"),
    "a simulated answer that breaks off": Case(task="look", is_simulated=True),
    "a forbidden address without a connection": Case(task="plain", settings={"allow_private": ()}, dry=True),
    "a forbidden address and no secret": Case(
        settings={"allow_private": ()}, secrets={"TOKEN": ""}, dry=True
    ),
    "303 to a forbidden address": Case(
        [Reply.of(status=303, headers={"Location": "http://169.254.169.254/x"})], settings=ELSEWHERE
    ),
    "303 to a server that does not answer": Case(
        [Reply.of(status=303, headers={"Location": "http://127.0.0.1:1/x"})], settings=ELSEWHERE
    ),
    "307 that would take the body elsewhere": Case(
        [Reply.of(status=307, headers={"Location": "http://127.0.0.1:1/x"})], settings=ELSEWHERE
    ),
    "a refused client": Case([Reply.json({"error": "invalid_client"}, status=401)], settings=WITH_TOKEN),
    "a token and no connection": Case(
        [Reply.json({"access_token": "t-0123456789", "token_type": "Bearer"})],
        settings=WITH_TOKEN,
        url="http://127.0.0.1:1",
    ),
    "refused connection": Case(url="http://127.0.0.1:1"),
    "TLS failure": Case([Reply.json({})], is_secured=True),
    "invalid JSON": Case([Reply.of(b'{"id": 7', headers={"Content-Type": "application/json"})], task="look"),
    "text in another charset": Case(
        [Reply.of(b"Gr\xf6\xdfe", headers={"Content-Type": "text/csv"})], task="look"
    ),
    "no HTTP": Case([Reply(b"HTTP/1.1 200 OK\r\nX Y: 1\r\n\r\n")], task="look"),
    "302 that would take the credential elsewhere": Case(
        [Reply.of(status=302, headers={"Location": "http://127.0.0.1:1/x"})], settings={"redirects": 3}
    ),
    "JSON that nests too deeply": Case(
        [Reply.of(b"[" * 5000 + b"]" * 5000, headers={"Content-Type": "application/json"})], task="look"
    ),
    "more than is taken of an answer": Case([Reply.json("x" * 1_100_000)], task="look"),
    "no answer": Case([Reply.hang_up()]),
    "SSE": Case([Reply.of(b'data: {"n": 1}\n\ndata: {"n": 2}\n\n', headers=SSE)], task="listen"),
    "a forbidden address": Case([Reply.json({})], settings={"allow_private": ()}),
    "a forbidden address in a dry run": Case(settings={"allow_private": ()}, dry=True),
    "a missing secret": Case([Reply.json({})], secrets={"TOKEN": ""}),
    "a missing secret in a dry run": Case(secrets={"TOKEN": ""}, dry=True),
    "a value that nobody gives": Case([Reply.of(status=404)], task="close"),
    "no worker on the queue": Case(failure=NO_WORKER),
    "cancelled in the middle": Case([Reply.silence()], cancelled=True),
    "an expression that fails": Case([Reply.json([7])]),
    "unlike the reference": Case([Reply.json({"id": "7", "colour": "red"})], in_catalogue=True, task="look"),
    "a path that repeats the base URL": Case(base_path="/tickets", dry=True),
    "a body unlike the reference": Case([], in_catalogue=True, dry=True),
    "chat": Case([Reply.chat("Red.")], task="ask"),
    "chat whose answer is cut": Case([Reply.chat('{"colour": ', finish_reason="length")], task="sort"),
    "chat whose answer is no JSON": Case([Reply.chat("Red.")], task="sort"),
    "chat that calls a tool": Case([Reply.chat(calls=[("lamp", {"room": "hall"})])], task="switch"),
    "chat that calls a tool wrongly": Case([Reply.chat(calls=[("lamp", {})])], task="switch"),
    "chat with 429": Case([SLOW_DOWN], task="ask", attempt=5),
}


async def called(case: Case, edge: Edge, planned: PlannedRequest, server: ScriptedServer) -> Outcome:
    """What the activity of runs makes of a call."""
    if case.failure is not None:
        return outcome_of_failure(planned, case.failure)
    activities, environment = HttpActivities(lambda: edge, select_events), ActivityEnvironment()
    call: Any = (
        activities.http_request if planned.call.activity == HTTP_REQUEST else activities.chat_completion
    )
    calling = asyncio.ensure_future(environment.run(call, planned.call.argument))
    if case.cancelled:
        await server.requests_received(1)
        environment.cancel()
    try:
        return outcome_of_result(planned, await calling)
    except ApplicationError as error:
        return outcome_of_failure(planned, error)
    except asyncio.CancelledError:
        return outcome_of_failure(planned, CancelledError("Cancelled"))


async def reported(case: Case, folder: Path) -> str:
    """The report of a case, as a person reads it."""
    async with AsyncExitStack() as stack:
        tls = Certificates(folder).server("127.0.0.1") if case.is_secured else None
        server = await stack.enter_async_context(ScriptedServer(case.replies or [Reply.json({})], tls=tls))
        url = (case.url or server.url) + case.base_path
        loaded = load_text(DEFINITION.replace("SERVER", url), "tickets.yaml")
        assert loaded.program is not None, loaded.reports
        settings: dict[str, Any] = {"base_url": url, "allow_private": ("loopback",), **case.settings}
        if "authentication" in settings:
            written = json.dumps(settings["authentication"]).replace("SERVER", server.url)
            settings["authentication"] = json.loads(written)
        price = {"input": 1, "output": 10}
        connections = {
            "tickets": Connection(name="tickets", **settings),
            "model": Connection.model_validate({**settings, "name": "model", "price": price}),
            "other": Connection(name="other", base_url=url),
        }
        fixtures = None
        if case.is_simulated:
            cut = {"status": 200, "text": "abc", "error": "interrupted"}
            of = {"request": {"method": "GET", "url": f"{url}/tickets/7?limt=5"}, "responses": [cut]}
            fixtures = Fixtures([(folder / "cut.yaml", Fixture.model_validate(of))])
        # What a plain endpoint may reach is the policy's.
        edge = Edge(
            connections,
            secret_store(case.secrets),
            fixtures=fixtures,
            allow_private=settings["allow_private"],
        )
        stack.push_async_callback(edge.aclose)
        profiles = {name: profile_of(connection) for name, connection in connections.items()}
        planned = plan_request(loaded.program, case.task, Sample(), profiles, attempt=case.attempt)
        reporter = Reporter(
            loaded.program, planned, edge, catalogue(folder, url) if case.in_catalogue else None
        )
        prepared = await reporter.prepared(dry=case.dry, sent_here=True)
        report = Report(prepared=prepared)
        if not case.dry:
            report = reporter.report(prepared, await called(case, edge, planned, server))
    return settled(printed(report, loaded))


def catalogue(folder: Path, url: str) -> Catalog:
    made = Catalog(folder, folder / ".httptask")
    document = openapi(PATHS, servers=[{"url": url}])
    made.add("api.json", {"api.json": json.dumps(document).encode()}.get, name="desk")
    return made


def printed(report: Report, loaded: Loaded) -> str:
    with redirect_stdout(io.StringIO()) as shown:
        print_prepared(report.prepared, loaded)
        print_answer(report, loaded)
    return shown.getvalue()


def settled(text: str) -> str:
    """A report without what is different each time: ports, times, ids; and how often a connection is tried."""
    for pattern, name in (
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"[\d.]+ ms", "N ms"),
        (r"test-[0-9a-f]{12}", "test-ID"),
        (r"httptask/[\d.]+\w*", "httptask/VERSION"),
        (r"(?m)^(  POST .*\n)\1+", r"\1"),
        (r" A connection was tried \d+ times\.", " A connection was tried N times."),
    ):
        text = re.sub(pattern, name, text)
    return text


@pytest.mark.parametrize("name", CASES)
async def test_report(name: str, tmp_path: Path) -> None:
    assert await reported(CASES[name], tmp_path) == file_of(name).read_text()


def test_every_report_has_its_case() -> None:
    assert set(GOLDEN.iterdir()) == {file_of(name) for name in CASES}


@pytest.mark.parametrize(
    ("task", "safe", "expected"),
    [("file", [], True), ("file", ["fileTicket"], False), ("look", [], False), ("ask", [], False)],
)
def test_what_may_change_something(task: str, safe: list[str], expected: bool, tmp_path: Path) -> None:
    url = "https://desk.example.com"
    known = catalogue(tmp_path, url)
    entry = tmp_path / "catalog/desk/entry.json"
    entry.write_text(json.dumps({**json.loads(entry.read_text()), "safe": safe}))
    program = load_text(DEFINITION.replace("SERVER", url), "tickets.yaml").program
    assert program is not None
    connections = {name: Connection(name=name, base_url=url) for name in ("tickets", "model")}
    planned = plan_request(program, task, Sample())
    reporter = Reporter(program, planned, Edge(connections, secret_store({})), known)
    assert reporter.may_change_something is expected


def test_a_name_with_the_word_is_no_certificate() -> None:
    detail = "the name certificates.example.com can't be resolved"
    problem = Problem.standard("communication", "ConnectFailed", detail=detail, error="ConnectFailed")
    assert problem_in_words(problem, "tickets").happened == f"nothing was sent: {detail}"


def file_of(name: str) -> Path:
    return GOLDEN / f"{name.replace(' ', '-')}.txt"


if __name__ == "__main__":
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            file_of(name).write_text(asyncio.run(reported(case, Path(folder))))
